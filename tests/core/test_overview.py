"""What a pond is and how it stands, told without reading what it holds."""

import os
import time
from pathlib import Path

import pytest

from pond_core import NotAPondError, Overview, Pond, Provenance
from pond_core.oplog import maintenance
from pond_core.storage import Bucket
from tests.s3.server import Server

LARGE = bytes(range(256)) * 400
A_DAY_S = 24 * 3600


def write(pond: Pond, *names: str, run_id: str = "") -> None:
    """Commit a file each."""
    for name in names:
        made = Provenance(author="ada", run_id=run_id, asset=name if run_id else "")
        with pond.transaction(made) as changes:
            changes.write_data(name, name.encode())


def test_it_tells_what_the_pond_is(pond: Pond) -> None:
    write(pond, "/a", "/b")
    found = Overview(pond.path)
    assert (found.id, found.label, found.path) == (pond.id, pond.label, pond.path)
    assert (found.format, found.txn, found.horizon, found.kept) == (2, 2, 0, 0)
    assert found.newest == pond.log(limit=1)[0]
    assert found.snapshot.read_data("/b") == b"/b"
    assert not found.is_in_bucket


def test_an_empty_pond_has_no_newest_transaction(pond: Pond) -> None:
    found = Overview(pond.path)
    assert (found.txn, found.newest, found.newest_of_a_run) == (0, None, None)
    assert found.lag(0).txns == 0


def test_where_no_pond_is_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotAPondError):
        Overview(tmp_path / "nothing")


def test_the_newest_transaction_of_a_run_is_found_behind_others(pond: Pond) -> None:
    write(pond, "/a", run_id="run-1")
    write(pond, "/b", run_id="run-2")
    write(pond, "/c")
    of_a_run = Overview(pond.path).newest_of_a_run
    assert of_a_run is not None
    assert (of_a_run.txn, of_a_run.provenance.run_id, of_a_run.provenance.asset) == (
        2,
        "run-2",
        "/b",
    )


def test_sizes_are_those_of_the_files(pond: Pond) -> None:
    with pond.transaction() as changes:
        changes.write_data("/large", LARGE)
        changes.write_data("/larger", LARGE + b"x")
    sizes = Overview(pond.path).sizes()
    log = [each.stat().st_size for each in (pond.path / "oplog").glob("tier=*/*/*.parquet")]
    assert (sizes.log_files, sizes.log_bytes) == (len(log), sum(log))
    assert (sizes.objects, sizes.object_bytes) == (2, 2 * len(LARGE) + 1)
    assert sizes.free_bytes > 0


def test_what_was_forgotten_is_told(pond: Pond) -> None:
    write(pond, "/a", "/b", "/c")
    pond.maintain(forget_before=3, keep=[1])
    found = Overview(pond.path)
    assert (found.horizon, found.kept) == (3, 1)


def test_a_lag_counts_what_is_lacking_and_since_when(pond: Pond) -> None:
    write(pond, "/a", "/b", "/c")
    committed = {header.txn: header.ts_us for header in pond.log()}
    found = Overview(pond.path)
    lag = found.lag(1)
    assert (lag.txns, lag.ahead_us) == (2, committed[3] - committed[1])
    assert lag.since_us == committed[2]
    assert (found.lag(3).txns, found.lag(3).since_us) == (0, None)


def test_nothing_is_lacking_where_more_is_there_than_here(pond: Pond) -> None:
    write(pond, "/a")
    assert Overview(pond.path).lag(5).txns == 0


def test_upkeep_is_not_due_after_ordinary_commits(pond: Pond) -> None:
    write(pond, *(f"/{number}" for number in range(40)))
    assert not Overview(pond.path).is_upkeep_due()


def test_upkeep_is_due_where_a_crash_left_a_file_a_day_ago(pond: Pond) -> None:
    left = pond.path / "tmp" / "left"
    left.write_bytes(b"x")
    assert not Overview(pond.path).is_upkeep_due()
    os.utime(left, (time.time() - A_DAY_S,) * 2)
    assert Overview(pond.path).is_upkeep_due()
    pond.maintain()
    assert not Overview(pond.path).is_upkeep_due()


def test_upkeep_is_due_where_merging_stays_behind(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(pond, *(f"/{number}" for number in range(10)))
    monkeypatch.setattr(maintenance, "MERGE_FILES", 4)
    assert Overview(pond.path).is_upkeep_due()


def test_what_was_set_aside_is_counted(pond: Pond) -> None:
    assert Overview(pond.path).set_aside() == 0
    (pond.path / "set-aside" / "oplog").mkdir(parents=True)
    (pond.path / "set-aside" / "oplog" / "torn.json").write_bytes(b"{")
    assert Overview(pond.path).set_aside() == 1


def test_of_a_pond_in_a_bucket_objects_are_not_counted(s3_server: Server, bucket: Bucket) -> None:
    pond = Pond.init(bucket.url, access=s3_server.access)
    write(pond, "/a")
    found = Overview(bucket.url, access=s3_server.access)
    sizes = found.sizes()
    assert (found.is_in_bucket, found.label, found.txn) == (True, bucket.url, 1)
    assert (sizes.objects, sizes.object_bytes) == (None, None)
    assert sizes.log_bytes > 0
    assert not found.is_upkeep_due()
