"""Any part of a backup is put back into a pond that goes on."""

import itertools
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings

from pond_core import (
    Backups,
    EntryType,
    ExistsError,
    InvalidPathError,
    NotFoundError,
    Pond,
    Recipe,
    Transaction,
    Window,
    WrongTypeError,
    from_us,
    put_back,
)
from pond_core.storage import Durability, Folder, Place
from tests.conformance.copying import CHANGES, apply_changes, below, windows
from tests.conformance.filesystem import readings
from tests.core.backup import dying
from tests.core.backup.counting import Counting
from tests.core.backup.histories import LARGE, shown
from tests.core.backup.recovery.parts import begin, head, remove
from tests.core.dying import dies, nursery


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
