"""Upkeep beside everything else: it takes nothing away that anybody still needs."""

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from pond_core import (
    ConflictError,
    CorruptionError,
    Pond,
    SnapshotForgottenError,
    Transaction,
    Window,
)
from pond_core.oplog import delta_log
from tests.conformance.filesystem import readings, values

HOUR_US = 3_600_000_000
LARGE = bytes(range(256)) * 400
"""More than fits into the log: it is an object."""


def age(pond: Pond, pattern: str, *, hours: float) -> None:
    """Let files look as if they had been written long ago."""
    for path in pond.path.glob(pattern):
        os.utime(path, (time.time() - 3600 * hours,) * 2)


def objects(pond: Pond) -> list[Path]:
    return [path for path in (pond.path / "objects").rglob("*") if path.is_file()]


class AbandonedError(Exception):
    """What ends a transaction that shall not be committed."""


def abandon(pond: Pond, change: Callable[[Transaction], None]) -> None:
    with contextlib.suppress(AbandonedError), pond.transaction() as tx:
        change(tx)
        raise AbandonedError


def write_all(pond: Pond, numbers: Iterable[int], data: bytes) -> None:
    with pond.transaction() as tx:
        for number in numbers:
            tx.write_data(f"/{number}", data)


def hour(number: int, *, encoded: bool = False) -> tuple[pa.Table, Window]:
    window = Window(number * HOUR_US, (number + 1) * HOUR_US)
    instants = pa.array([number * HOUR_US, number * HOUR_US + 1], pa.timestamp("us", tz="UTC"))
    words = pa.array(["a", "b"])
    return pa.table(
        {"timestamp": instants, "word": words.dictionary_encode() if encoded else words}
    ), window


def test_an_object_that_nothing_names_goes_after_a_day(pond: Pond) -> None:
    abandon(pond, lambda tx: tx.write_data("/a", LARGE))
    (left,) = objects(pond)
    assert (pond.maintain().waiting, left.exists()) == (1, True)
    age(pond, "objects/*/*", hours=25)
    foreseen = pond.maintain(dry_run=True)
    assert (foreseen.deleted, foreseen.freed, left.exists()) == (1, len(LARGE), True)
    assert (pond.maintain().deleted, left.exists()) == (1, False)


def test_an_object_that_is_put_again_stays(pond: Pond) -> None:
    abandon(pond, lambda tx: tx.write_data("/a", LARGE))
    age(pond, "objects/*/*", hours=25)
    with pond.transaction() as tx:
        tx.write_data("/a", LARGE)
        assert pond.maintain().deleted == 0
    assert pond.snapshot().read_data("/a") == LARGE


def test_a_transaction_whose_object_was_cleaned_up_runs_again(pond: Pond) -> None:
    """Its machine may have slept for a day: the clock that it goes by stood still."""
    other = Pond.open(pond.path, durability="process")

    def put_and_sleep() -> None:
        with pond.transaction() as tx:
            tx.write_data("/a", LARGE)
            age(pond, "objects/*/*", hours=30)
            other.maintain()

    with pytest.raises(ConflictError, match="was cleaned up"):
        put_and_sleep()
    pond.transact(lambda tx: tx.write_data("/a", LARGE))
    assert pond.snapshot().read_data("/a") == LARGE
    assert pond.verify().ok


def test_a_schema_that_was_cleaned_up_is_put_again(pond: Pond) -> None:
    table, _ = hour(1)
    abandon(pond, lambda tx: tx.write_table("/a", table))
    age(pond, "objects/*/*", hours=30)
    pond.maintain()
    assert objects(pond) == []
    pond.transact(lambda tx: tx.write_table("/a", table))
    assert Pond.open(pond.path).snapshot().read_table("/a").equals(table)


def test_a_damaged_object_is_mended_by_who_writes_the_same_again(pond: Pond) -> None:
    pond.transact(lambda tx: tx.write_data("/a", LARGE))
    objects(pond)[0].write_bytes(LARGE[::-1])
    with pytest.raises(CorruptionError):
        pond.snapshot().read_data("/a")
    pond.transact(lambda tx: tx.write_data("/b", LARGE))
    assert pond.snapshot().read_data("/a") == LARGE


def test_a_snapshot_from_before_a_forgetting_says_so_and_never_shows_less(pond: Pond) -> None:
    write_all(pond, range(40), b"old")
    late = Pond.open(pond.path, durability="process").snapshot(1)  # nothing of it is read yet
    with pond.transaction() as tx:
        for number in range(20):
            tx.remove(f"/{number}")
    write_all(pond, range(20, 40), b"new")
    pond.maintain(forget_before=3)
    age(pond, "oplog/tier=*/*/*", hours=2)
    pond.maintain()
    with pytest.raises(SnapshotForgottenError):
        list(late.glob("/*"))


def test_one_damaged_window_does_not_keep_the_pond_from_upkeep(pond: Pond) -> None:
    with pond.transaction() as tx:
        for number in range(70):
            tx.write_window("/s", *hour(number, encoded=True))
    max(objects(pond), key=lambda path: path.stat().st_size).unlink()
    for number in range(80, 120):
        table, window = hour(number, encoded=True)
        with pond.transaction() as tx:
            tx.write_window("/s", table, window)
    assert delta_log.checkpoints(pond.path / "oplog" / "_delta_log")
    pond.maintain()
    assert pond.snapshot().read_series("/s", Window(80 * HOUR_US, None)).num_rows == 80


def test_a_dry_run_writes_nothing(pond: Pond) -> None:
    for number in range(70):
        with pond.transaction() as tx:
            tx.write_window("/s", *hour(number))
    before = sorted(pond.path.rglob("*"))
    pond.maintain(dry_run=True)
    assert sorted(pond.path.rglob("*")) == before


def test_a_commit_that_was_on_disk_and_lacks_its_end_is_damage(tmp_path: Path) -> None:
    """A power loss cannot have cut it: it was synced before it had its name."""
    pond = Pond.init(tmp_path / "pond", durability="full")
    pond.transact(lambda tx: tx.write_data("/a", b"acknowledged"))
    newest = max((tmp_path / "pond" / "oplog" / "_delta_log").glob("*.json"))
    newest.write_bytes(newest.read_bytes()[:-30])
    with pytest.raises(CorruptionError, match="is damaged"):
        Pond.open(tmp_path / "pond")
    Pond.repair(tmp_path / "pond")
    assert Pond.open(tmp_path / "pond").snapshot().read_data("/a") == b"acknowledged"


def test_series_of_several_directories_that_grow_together_are_condensed(pond: Pond) -> None:
    """Their ids begin with any digit, so that they lie in several parts of the log."""
    places = [f"/d{number}" for number in range(6)]
    with pond.transaction() as tx:
        for place in places:
            tx.mkdir(place)
    for start in range(100):

        def grow(tx: Transaction, start: int = start) -> None:
            for number, place in enumerate(places):
                table = readings({start: float(start + 1000 * number)})
                tx.write_window(f"{place}/s", table, Window(start, start + 1))

        pond.transact(grow)
    pond.maintain()
    snapshot = Pond.open(pond.path).snapshot()
    for number, place in enumerate(places):
        expected = {start: float(start + 1000 * number) for start in range(100)}
        assert values(snapshot.read_series(f"{place}/s")) == expected
        assert len(snapshot.node(f"{place}/s").pieces) < 100
    assert pond.verify().findings == ()


def test_a_checkpoint_leaves_out_files_that_merges_replaced(pond: Pond) -> None:
    for number in range(100):
        with pond.transaction() as tx:
            tx.write_data("/f", b"%d" % number)
    newest = max((pond.path / "oplog" / "_delta_log").glob("*.checkpoint.parquet"))
    assert pq.read_table(newest)["remove"].null_count == pq.read_metadata(newest).num_rows


def test_a_foreign_vacuum_of_all_files_spares_young_ones(pond: Pond) -> None:
    for number in range(20):
        with pond.transaction() as tx:
            tx.write_data("/f", b"%d" % number)
    stray = pond.path / "oplog" / "tier=hot" / "part=0" / f"{'0' * 64}.parquet"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"of a commit that is under way")
    gone = DeltaTable(str(pond.path / "oplog")).vacuum(full=True, dry_run=True)
    assert not any(stray.name in path for path in gone)


def test_a_dry_run_foresees_what_is_forgotten(pond: Pond) -> None:
    for number in range(40):
        with pond.transaction() as tx:
            tx.write_data("/f", b"%d" % number)
    foreseen = pond.maintain(forget_before=30, dry_run=True)
    assert pond.snapshot(10).read_data("/f") == b"9"
    done = pond.maintain(forget_before=30)
    assert (foreseen.forgotten, foreseen.horizon) == (done.forgotten, 30)
    assert done.forgotten > 20
