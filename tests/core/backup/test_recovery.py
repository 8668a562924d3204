"""What a backup holds can be looked at where it is, and any part of it be put back."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    Backups,
    CorruptionError,
    DataError,
    EntryType,
    ExistsError,
    InvalidPathError,
    Keep,
    NotFoundError,
    Pond,
    ReadFS,
    Recipe,
    ReplicaError,
    SnapshotForgottenError,
    Transaction,
    Window,
    WrongTypeError,
    from_us,
    open_backup,
    put_back,
    restore_part,
)
from pond_core.storage import Durability, Folder, Place, Sealed
from tests.conformance.copying import CHANGES, apply_changes, below, windows, write_tree
from tests.conformance.filesystem import readings
from tests.core.backup import dying
from tests.core.backup.counting import Counting
from tests.core.backup.histories import LARGE, TXNS, shown, write_more
from tests.core.dying import dies, nursery
from tests.golden.make import told
from tests.s3 import server as s3

KEY = "correct horse battery staple"


@pytest.fixture(params=["plain", "sealed"])
def backups(request: pytest.FixtureRequest, target: Place) -> Backups:
    return Backups(target, key=None if request.param == "plain" else KEY, durability="process")


@pytest.fixture
def folder(tmp_path: Path) -> Backups:
    """For what does not depend on where it is."""
    return Backups(tmp_path / "folder", durability="process")


@pytest.fixture
def grown(pond: Pond) -> Pond:
    """A pond with one of each below `/a`."""
    pond.transact(write_tree)
    return pond


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def digests(fs: ReadFS) -> Mapping[str, str]:
    return {path: node.digest for path, node in told(fs).items()}


def remove(pond: Pond, path: str) -> None:
    pond.transact(lambda tx: tx.remove(path, recursive=True))


def head(pond: Pond) -> int:
    return pond.snapshot().txn


# Looking


def test_every_moment_reads_as_in_the_pond(lived: Pond, backups: Backups, temporary: Path) -> None:
    lived.push(backups)
    for txn in range(TXNS + 1):
        with open_backup(backups, as_of=txn) as snapshot:
            assert snapshot.txn == txn
            assert digests(snapshot) == shown(lived, txn)
    assert list(temporary.iterdir()) == []


def test_an_object_is_fetched_when_it_is_first_wanted(grown: Pond, tmp_path: Path) -> None:
    place = Counting(Folder(tmp_path / "backup", durability=Durability(full=False)))
    backups = Backups(place)
    grown.push(backups)
    place.calls.clear()
    with open_backup(backups) as snapshot:
        assert len(list(snapshot.walk("/"))) == 17
        assert place.calls["download"] == 0
        for _ in range(2):
            assert snapshot.read_data("/a/b/large") == LARGE
        assert place.calls["download"] == 1


def test_it_is_asked_by_sql(grown: Pond, folder: Backups) -> None:
    grown.push(folder)
    statement = 'SELECT count(*) AS n FROM "/a/series"'
    with open_backup(folder) as snapshot:
        for engine in ("duckdb", "datafusion"):
            assert snapshot.sql(statement, engine=engine)["n"].to_pylist() == [8_984]
        assert snapshot.scan("/a/computed").collect().height == 8_984


def test_what_is_damaged_is_told_when_it_is_read(
    grown: Pond, backups: Backups, target: Place
) -> None:
    grown.push(backups)
    damage_objects(backups, target)
    with open_backup(backups) as snapshot:
        assert snapshot.read_data("/a/small") == b""
        with pytest.raises(CorruptionError, match="is damaged"):
            snapshot.read_data("/a/b/large")


def damage_objects(backups: Backups, target: Place) -> None:
    """Flip a bit of each object, and of nothing else."""
    place = backups._place
    folder = f"ponds/{backups.ponds()[0]}/objects" if backups.is_sealed else "objects"
    for each in list(place.files(folder)):
        name = place._sealed(each.name) if isinstance(place, Sealed) else each.name
        data = target.read(name) or b""
        target.write(name, data[:-1] + bytes([data[-1] ^ 1]))


# Into a pond that goes on


@pytest.mark.parametrize(
    "path", ["/a", "/a/b/large", "/a/table", "/a/series", "/a/link", "/a/computed", "/start"]
)
def test_what_was_removed_is_put_back_as_it_was(grown: Pond, backups: Backups, path: str) -> None:
    grown.push(backups)
    before = grown.snapshot()
    remove(grown, path)
    done = put_back(backups, path, grown, path)
    after = grown.snapshot()
    assert below(after, "/") == below(before, "/")
    assert (done.txn, done.as_of, done.pond, done.parent) == (3, 1, grown.id, grown.id)
    assert grown.verify().findings == ()
    if path == "/a/series":
        assert windows(after, path) == windows(before, path)


def test_it_is_one_transaction_that_says_what_it_was(grown: Pond, folder: Backups) -> None:
    grown.push(folder)
    done = put_back(folder, "/a/b", grown, "/restored/from/b")
    [header] = grown.log(limit=1)
    assert header.txn == done.txn == 2
    assert header.provenance.author == "pond backup restore"
    message = f"/a/b of pond {grown.id} as of txn 1, to /restored/from/b"
    assert header.provenance.message == message
    assert (done.source, done.path, done.nodes) == ("/a/b", "/restored/from/b", 3)
    snapshot = grown.snapshot()
    assert below(snapshot, "/restored/from/b") == below(snapshot, "/a/b")


def test_any_moment_of_the_past_is_put_back(lived: Pond, backups: Backups) -> None:
    lived.push(backups)
    for header in reversed(lived.log()):
        for as_of in (header.txn, from_us(header.ts_us)):
            done = put_back(backups, "/", lived, f"/at/{header.txn}/{len(str(as_of))}", as_of=as_of)
            assert done.as_of == header.txn
            expected = below(lived.snapshot(header.txn), "/")
            found = below(lived.snapshot(), done.path)
            assert found == {path.rstrip("/"): each for path, each in expected.items()}


def test_a_part_costs_its_own_objects_alone(grown: Pond, tmp_path: Path) -> None:
    place = Counting(Folder(tmp_path / "backup", durability=Durability(full=False)))
    backups = Backups(place)
    grown.push(backups)
    for path, objects in {"/a/small": 0, "/a/b": 1, "/a/link": 0, "/a/computed": 0}.items():
        place.calls.clear()
        done = put_back(backups, path, grown, f"/restored{path}")
        assert (done.objects, place.calls["download"]) == (objects, objects)
        assert done.bytes > objects * len(LARGE)


def test_what_is_there_stays_unless_it_is_to_be_replaced(grown: Pond, folder: Backups) -> None:
    grown.push(folder)
    with grown.transaction() as changes:
        changes.write_window("/a/series", None, Window(0, 5_000))
        changes.write_data("/a/more", b"more")
    before = grown.snapshot()
    with pytest.raises(ExistsError, match=r"/a is there, and is not what the backup has"):
        put_back(folder, "/a", grown, "/a")
    assert head(grown) == before.txn
    done = put_back(folder, "/a", grown, "/a", replace=True)
    assert (done.txn, head(grown)) == (3, 3)
    assert below(grown.snapshot(), "/a") == below(grown.snapshot(1), "/a")
    assert below(grown.snapshot(2), "/a") == below(before, "/a")
    assert not grown.snapshot().exists("/a/more")


def test_a_series_is_the_same_however_upkeep_has_put_its_windows_together(
    pond: Pond, folder: Backups
) -> None:
    with pond.transaction() as changes:
        changes.create_series("/s", attributes={"key": ["timestamp"]})
        for at in range(0, 1000, 10):
            changes.write_window("/s", readings({at: float(at)}), Window(at, at + 10))
        changes.write_window("/s", readings({2000: 1.0}), Window(2000, 2010))
    pond.push(folder)
    for _ in range(2):
        pond.maintain()
    assert len(pond.snapshot().node("/s").pieces) < 100
    assert put_back(folder, "/s", pond, "/s").txn is None
    for change, window in (
        ({505: 1.0}, Window(500, 510)),
        ({}, Window(1000, 1010)),
        ({}, Window(2010, 2020)),
    ):
        with pond.transaction() as changes:
            changes.write_window("/s", readings(change) if change else None, window)
        with pytest.raises(ExistsError):
            put_back(folder, "/s", pond, "/s")
        assert put_back(folder, "/s", pond, "/s", replace=True).txn == head(pond)


@pytest.mark.parametrize("replace", [False, True])
def test_what_is_there_already_is_not_written_again(
    grown: Pond, folder: Backups, *, replace: bool
) -> None:
    grown.push(folder)
    done = put_back(folder, "/a", grown, "/a", replace=replace)
    schemas = 3  # no content: digests tell
    assert (done.txn, done.objects, head(grown)) == (None, schemas, 1)
    # Windows that were cut are stored as what was left of them.
    assert put_back(folder, "/a", grown, "/b", replace=replace).txn == 2
    assert put_back(folder, "/a", grown, "/b", replace=replace).txn is None
    assert head(grown) == 2


def test_what_is_damaged_in_the_pond_is_replaced(pond: Pond, folder: Backups) -> None:
    rows = readings({us: us * 0x9E3779B97F4A7C15 % 2**53 / 7 for us in range(10_000)})
    with pond.transaction() as changes:
        changes.write_window("/s", rows, Window(0, 10_000))
        changes.write_window("/s", None, Window(0, 1_000))
    pond.push(folder)
    put_back(folder, "/s", pond, "/copy")  # what was cut is another object now
    for path in (pond.path / "objects").rglob("*"):
        if path.is_file() and path.stat().st_size > 50_000:
            path.write_bytes(b"no object")
    assert put_back(folder, "/s", pond, "/copy", replace=True).txn == 3
    assert pond.snapshot().read_series("/copy") == rows.slice(1_000)


CHANGED: list[Callable[[Transaction], object]] = [
    lambda tx: tx.write_data("/a/small", b"x"),
    lambda tx: tx.write_data("/a/b/empty/f", b""),
    lambda tx: tx.remove("/a/b/empty"),
    lambda tx: tx.rename("/a/b/large", "/a/b/larger"),
    lambda tx: tx.mark("/a", {}),
    lambda tx: tx.mark("/a/series", {}, Window(0, 10)),
    lambda tx: tx.write_window("/a/series", readings({5: 3.0}, "other"), Window(3, 10)),
    lambda tx: tx.write_window("/a/series", readings({5: 2.0}, "another"), Window(3, 10)),
    lambda tx: tx.write_window("/a/series", None, Window(3, 10)),
    lambda tx: tx.write_window("/a/series", None, Window(30, 40)),
    lambda tx: tx.write_table("/a/table", pa.table({"y": pa.array([1, None], pa.int32())})),
    lambda tx: tx.write_table("/a/no rows", pa.table({"y": pa.array([], pa.int32())})),
    lambda tx: tx.write_recipe(
        "/a/computed", Recipe(EntryType.SERIES, "sql", {"query": "SELECT 1"})
    ),
    lambda tx: [tx.remove("/a/link"), tx.symlink("/a/link", "other")],  # type: ignore[func-returns-value]  # one after the other
    lambda tx: [tx.remove("/a/small"), tx.mkdir("/a/small")],  # type: ignore[func-returns-value]  # as above
]


@pytest.mark.parametrize("change", CHANGED)
def test_whatever_differs_is_seen(
    grown: Pond, folder: Backups, change: Callable[[Transaction], object]
) -> None:
    grown.push(folder)
    grown.transact(change)
    assert put_back(folder, "/a", grown, "/a", replace=True).txn == 3
    assert below(grown.snapshot(), "/") == below(grown.snapshot(1), "/")


def test_the_root_is_no_place_to_put_something(grown: Pond, folder: Backups) -> None:
    grown.push(folder)
    for path in ("/", "/a/..", "."):
        with pytest.raises(InvalidPathError, match="cannot take the place of the root"):
            put_back(folder, "/a", grown, path, replace=True)
    assert head(grown) == 1


def test_it_goes_where_a_symlink_on_the_way_leads(grown: Pond, folder: Backups) -> None:
    grown.push(folder)
    put_back(folder, "/a/small", grown, "/start/b/again")
    assert grown.snapshot().read_data("/a/b/again") == b""
    with pytest.raises(ExistsError, match="/start is there"):
        put_back(folder, "/a/b", grown, "/start")
    put_back(folder, "/a/b", grown, "/start", replace=True)  # the symlink itself
    assert grown.snapshot().entry_type("/start") is EntryType.DIRECTORY
    assert grown.snapshot().exists("/a/b/again")


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("/a/nowhere/z", NotFoundError, "/a/nowhere -> /no/such"),
        ("/a/small/z", WrongTypeError, "/a/small is a data file"),
        ("/a/shown/z", WrongTypeError, "its directory is computed"),
        ("/\0", InvalidPathError, "NUL"),
    ],
)
def test_a_way_that_leads_nowhere_is_refused(
    grown: Pond, folder: Backups, path: str, error: type[Exception], message: str
) -> None:
    grown.push(folder)
    with pytest.raises(error, match=message):
        put_back(folder, "/a/b", grown, path)
    assert head(grown) == 1


class Meanwhile(Counting):
    """A place where somebody does something at the first download."""

    def __init__(self, place: Place, act: Callable[[], object]) -> None:
        super().__init__(place)
        self._acts = [act]

    def download(self, *arguments: Any) -> bool:  # noqa: ANN401 -- those of a place
        while self._acts:
            self._acts.pop()()
        done: bool = self._place.download(*arguments)
        return done


@pytest.mark.parametrize("replace", [False, True])
def test_a_name_that_is_taken_meanwhile_is_not_lost(
    grown: Pond, tmp_path: Path, *, replace: bool
) -> None:
    files = Folder(tmp_path / "backup", durability=Durability(full=False))
    grown.push(Backups(files))
    remove(grown, "/a")
    place = Meanwhile(files, lambda: grown.transact(lambda tx: tx.write_data("/a", b"mine")))
    backups = Backups(place)
    if replace:
        assert put_back(backups, "/a", grown, "/a", replace=True).txn == 4
    else:
        with pytest.raises(ExistsError, match="/a is there"):
            put_back(backups, "/a", grown, "/a")
    assert grown.snapshot(3).read_data("/a") == b"mine"


# What is refused


def test_a_path_that_was_not_there_is_told_with_the_moment(lived: Pond, backups: Backups) -> None:
    lived.push(backups)
    moment = f"as of txn 3 of pond {lived.id}"
    with pytest.raises(NotFoundError, match=f"/larg does not exist, in .* {moment}"):
        put_back(backups, "/larg", lived, "/z", as_of=3)
    with pytest.raises(NotFoundError, match=moment) as told_of:
        put_back(backups, "/computed", lived, "/z", as_of=3)
    assert "--as-of" in told_of.value.hint
    with pytest.raises(NotFoundError, match=f"/d/small is a data file, no directory.* {moment}"):
        put_back(backups, "/d/small/f", lived, "/z", as_of=3)
    assert head(lived) == TXNS


def test_a_moment_that_expired_is_refused(lived: Pond, backups: Backups, tmp_path: Path) -> None:
    for _ in range(2):
        lived.push(backups)
        write_more(lived)
    lived.push(backups)
    backups.expire(Keep(daily=1))
    with pytest.raises(SnapshotForgottenError, match="txn 3 has expired"):
        put_back(backups, "/d", lived, "/z", as_of=3)
    with pytest.raises(SnapshotForgottenError, match="txn 3 has expired"):
        restore_part(backups, "/d", tmp_path / "new", as_of=3)
    with pytest.raises(NotFoundError, match="no txn 99"):
        put_back(backups, "/d", lived, "/z", as_of=99)
    assert not (tmp_path / "new").exists()


def test_a_damaged_object_is_put_nowhere(
    grown: Pond, backups: Backups, target: Place, tmp_path: Path
) -> None:
    grown.push(backups)
    damage_objects(backups, target)
    with pytest.raises(CorruptionError, match="is damaged"):
        put_back(backups, "/a", grown, "/z")
    with pytest.raises(CorruptionError, match="is damaged"):
        restore_part(backups, "/a", tmp_path / "new")
    assert (head(grown), (tmp_path / "new").exists()) == (1, False)
    put_back(backups, "/a/small", grown, "/z")  # what does not need it


def test_a_sealed_backup_needs_its_key(grown: Pond, target: Place, tmp_path: Path) -> None:
    grown.push(Backups(target, key=KEY))
    with pytest.raises(DataError, match="are sealed"):
        put_back(Backups(target), "/a", grown, "/z")
    with pytest.raises(DataError, match="are sealed"):
        restore_part(Backups(target), "/a", tmp_path / "new")


def test_a_replica_takes_nothing_back(grown: Pond, folder: Backups, tmp_path: Path) -> None:
    grown.push(folder)
    folder.pull(tmp_path / "replica")
    with pytest.raises(ReplicaError):
        put_back(folder, "/a", Pond.open(tmp_path / "replica"), "/z")
    with pytest.raises(ExistsError, match="there is a pond at"):
        restore_part(folder, "/a", tmp_path / "replica")


def test_where_there_are_several_ponds_it_is_its_own_or_one_is_named(
    grown: Pond, folder: Backups, tmp_path: Path
) -> None:
    other = Pond.init(tmp_path / "other", durability="process")
    write_more(other)
    grown.push(folder)
    other.push(folder)
    assert put_back(folder, "/a", grown, "/z").parent == grown.id
    third = Pond.init(tmp_path / "third", durability="process")
    with pytest.raises(DataError, match="of 2 ponds"):
        put_back(folder, "/a", third, "/z")
    with pytest.raises(DataError, match="of 2 ponds"):
        restore_part(folder, "/a", tmp_path / "new")
    done = put_back(folder, "/", grown, "/other", pond=other.id)
    assert (done.parent, done.pond) == (other.id, grown.id)
    assert grown.snapshot().read_data("/other/more-0") == b"0"


# Into a new pond


@pytest.mark.parametrize("path", ["/a", "/a/b", "/a/series", "/a/link", "/a/computed", "/"])
def test_a_new_pond_has_the_part_at_its_path_and_nothing_else(
    grown: Pond, backups: Backups, tmp_path: Path, path: str
) -> None:
    grown.transact(lambda tx: tx.mark("/", {"of": "the root"}))
    grown.push(backups)
    done = restore_part(backups, path, tmp_path / "new", durability="process")
    made = Pond.open(tmp_path / "new")
    assert (done.pond, done.parent, done.path, done.txn) == (made.id, grown.id, path, 1)
    assert made.id != grown.id
    assert below(made.snapshot(), path) == below(grown.snapshot(), path)
    outside = [each for each in digests(made.snapshot()) if not each.startswith(path)]
    assert all(path.startswith(each) for each in outside)
    assert len(made.log()) == 1
    report = made.verify()
    assert (report.findings, report.left_over, report.unreferenced) == ((), (), ())


def test_a_new_pond_is_made_in_a_bucket(
    grown: Pond, folder: Backups, s3_server: s3.Server, bucket_url: str
) -> None:
    grown.push(folder)
    url = f"{bucket_url}/part"
    for _ in range(2):  # asked again, it is there
        done = restore_part(folder, "/a", url, access=s3_server.access)
        assert (done.txn, done.path) == (1, "/a")
    made = Pond.open(url, access=s3_server.access)
    assert below(made.snapshot(), "/a") == below(grown.snapshot(), "/a")
    assert len(made.log()) == 1


def test_a_pond_without_transactions_is_gone_on_with(
    grown: Pond, folder: Backups, tmp_path: Path
) -> None:
    grown.push(folder)
    begun = Pond.init(tmp_path / "new", durability="process")
    assert restore_part(folder, "/a", tmp_path / "new").pond == begun.id


def test_a_new_pond_is_made_over_nothing(grown: Pond, folder: Backups, tmp_path: Path) -> None:
    grown.push(folder)
    with pytest.raises(ExistsError, match="there is a pond at"):
        restore_part(folder, "/a", grown.path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    with pytest.raises(ExistsError, match="is not empty"):
        restore_part(folder, "/a", tmp_path / "mine")
    restore_part(folder, "/a", tmp_path / "new")
    with pytest.raises(ExistsError, match="there is a pond at"):  # another part
        restore_part(folder, "/a/b", tmp_path / "new")
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["file"]


def test_what_is_not_there_makes_no_pond(grown: Pond, folder: Backups, tmp_path: Path) -> None:
    grown.push(folder)
    with pytest.raises(NotFoundError, match="/b does not exist"):
        restore_part(folder, "/b", tmp_path / "new")
    assert not (tmp_path / "new").exists()


# Any tree


@settings(max_examples=15)
@given(before=CHANGES, after=CHANGES)
def test_any_tree_is_put_back_into_any_other(
    before: list[tuple[object, ...]], after: list[tuple[object, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        backups = Backups(Path(directory) / "backup", durability="process")
        one, other = (Pond.init(Path(directory) / name, durability="process") for name in "ab")
        for changes in (before, after):
            one.transact(lambda tx, changes=changes: apply_changes(tx, changes))  # type: ignore[misc]  # mypy cannot infer a lambda's default
        one.push(backups)
        for txn in range(head(one) + 1):
            done = put_back(backups, "/", other, f"/old/{txn}", as_of=txn)
            assert put_back(backups, "/", other, done.path, as_of=txn).txn is None
            expected = below(one.snapshot(txn), "/")
            found = below(other.snapshot(), done.path)
            assert found == {path.rstrip("/"): each for path, each in expected.items()}


# Killed


def begin(start: Path) -> Pond:
    """Make a pond that lies in few files, and its backup."""
    pond = Pond.init(start / "pond", durability="process")
    with pond.transaction() as changes:
        changes.mkdir("/a")
        changes.write_data("/a/large", LARGE)
        changes.write_window("/a/series", readings({5: 2.0}), Window(3, 10))
        changes.mark("/a/series", {"state": "asked"}, Window(3, 10))
    pond.push(Backups(start / "backup", durability="process"))
    return pond


def test_a_part_that_was_put_back_and_killed_at_any_step_is_there_or_not(tmp_path: Path) -> None:
    start = tmp_path / "start"
    pond = begin(start)
    expected = shown(pond, 1)
    pond.transact(lambda tx: tx.write_data("/a/large", b"changed"))
    changed = shown(pond, 2)
    context = nursery(dying.__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        shutil.copytree(start, place)
        died = dies(context, dying.put, place, steps)
        restored = Pond.open(place / "pond", durability="process")
        assert shown(restored, head(restored)) == (changed if head(restored) == 2 else expected)
        backups = Backups(place / "backup", durability="process")
        put_back(backups, "/a", restored, "/a", replace=True)
        assert (head(restored), shown(restored, 3)) == (3, expected)
        assert restored.verify().findings == ()
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 30


def test_a_new_pond_that_was_killed_at_any_step_is_made_when_it_is_asked_for_again(
    tmp_path: Path,
) -> None:
    start = tmp_path / "start"
    expected = below(begin(start).snapshot(), "/a")
    context = nursery(dying.__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        shutil.copytree(start, place)
        died = dies(context, dying.restore_a_part, place, steps)
        new = place / "new"
        assert not Pond.exists(new) or head(Pond.open(new)) in (0, 1)
        done = restore_part(Backups(place / "backup"), "/a", new, durability="process")
        made = Pond.open(new)
        assert (made.id, done.txn, head(made)) == (done.pond, 1, 1)
        assert below(made.snapshot(), "/a") == expected
        assert made.verify().findings == ()
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 30
