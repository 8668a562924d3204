from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond, Tally


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    """One with a table that is an object, and a small one that is in the log."""
    pond = Pond.init(tmp_path / "pond", durability="process")
    with pond.transaction() as tx:
        tx.write_table("/large", pa.table({"n": range(50_000), "m": range(50_000)}))
        tx.write_data("/small", b"in the log")
    return pond


def test_what_is_read_is_counted_once_by_file_and_always_by_bytes(pond: Pond) -> None:
    snapshot = Pond.open(pond.path).snapshot()
    with Tally.counting() as tally:
        snapshot.read_table("/large", ["n"])
        once = (tally.objects, tally.object_bytes)
        snapshot.read_table("/large", ["n"])
    assert tally.log_files > 0
    assert tally.log_bytes > 0
    # The schema is an object, too; it is read once.
    assert (tally.objects, once[0]) == (2, 2)
    assert once[1] < tally.object_bytes < 2 * once[1]


def test_columns_that_are_not_read_are_not_counted(pond: Pond) -> None:
    with Tally.counting() as few:
        Pond.open(pond.path).snapshot().read_table("/large", ["n"])
    with Tally.counting() as all_of_it:
        Pond.open(pond.path).snapshot().read_table("/large")
    assert few.object_bytes < all_of_it.object_bytes


def test_of_what_an_engine_reads_the_whole_object_is_counted(pond: Pond) -> None:
    [size] = [
        each.stat().st_size
        for each in (pond.path / "objects").rglob("*")
        if each.is_file() and each.stat().st_size > 10_000
    ]
    with Tally.counting() as tally:
        pond.snapshot().sql('SELECT sum(n) FROM "/large"')
    assert tally.object_bytes >= size


def test_what_is_written_and_committed_is_counted(pond: Pond) -> None:
    with Tally.counting() as tally:
        with pond.transaction() as tx:
            tx.write_data("/other", bytes(200_000))
        with pond.transaction():
            pass
    assert tally.transactions == 1
    assert tally.files_written >= 3  # an object, rows of the log, the commit
    assert tally.bytes_written > 200_000


def test_nothing_is_counted_outside(pond: Pond) -> None:
    with Tally.counting() as tally:
        pass
    pond.snapshot().read_table("/large")
    assert tally == Tally()
