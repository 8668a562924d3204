"""What a backup holds is looked at where it is; and what of it cannot be had is refused."""

from pathlib import Path

import pytest

from pond_core import (
    Backups,
    CorruptionError,
    DataError,
    ExistsError,
    Keep,
    NotFoundError,
    Pond,
    ReplicaError,
    SnapshotForgottenError,
    open_backup,
    put_back,
    restore_part,
)
from pond_core.storage import Durability, Folder, Place, Sealed
from tests.core.backup.counting import Counting
from tests.core.backup.histories import LARGE, TXNS, shown, write_more
from tests.core.backup.recovery.parts import KEY, digests, head


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
