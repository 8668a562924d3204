"""Upkeep: few files however many transactions, and every snapshot as it was."""

import json
import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pond_core.errors import CorruptionError
from pond_core.oplog import HEADERS, LogFile, Merged, Operation, OpLog, Shown, maintenance, read_all
from pond_core.oplog.delta_log import checkpoints, commits
from pond_core.oplog.operation import encode
from pond_core.oplog.parquet import add_action, write_rows
from pond_core.oplog.schema import HOT
from pond_core.storage import Durability
from tests.core.oplog.rows import (
    DIRECTORY,
    PART,
    Amount,
    amount,
    amount_of,
    append,
    bare,
    delta_log,
    link,
    reopened,
    unlink,
    window,
    write,
)

COMMITS = 150


def commit_some(log: OpLog, count: int) -> None:
    for number in range(count):
        row = unlink(f"{number - 3}") if number % 5 == 4 else link(f"{number}")
        append(log, row, window(number, number + 4, version=number + 1), link("last"))


def files(log: OpLog, part: int, *, tier: str | None = None) -> list[LogFile]:
    return [f for f in log.files() if f.part == part and tier in (None, f.tier)]


def rows_of(log: OpLog) -> list[Operation]:
    return [bare(row) for row in log.operations(after=0, upto=log.head())]


def assert_snapshots(log: OpLog, rows: Sequence[Operation]) -> None:
    """Compare every snapshot with a replay of rows that were read before."""
    for txn in range(log.head() + 1):
        expected = amount(rows, upto=txn)
        assert amount_of(log.state(PART, txn=txn), expected) == expected


def maintain(log: OpLog) -> Merged:
    """Merge all that can be merged."""
    merged = Merged()
    for part in (PART, HEADERS):
        with log.exclusive():
            log.head()
            merged += log.upkeep.thorough(part, gone=())
    return merged


def age(log: OpLog, seconds: float) -> None:
    """Make all log files that old."""
    then = time.time() - seconds
    for path in log.table.path.glob("tier=*/part=*/*.parquet"):
        os.utime(path, (then, then))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pond past many merges, to be copied."""
    log = OpLog.create(tmp_path_factory.mktemp("m") / "pond", durability=Durability(full=False))
    commit_some(log, COMMITS)
    return log.pond


@pytest.fixture
def merged(grown: Path, tmp_path: Path) -> OpLog:
    shutil.copytree(grown, tmp_path / "grown")
    return OpLog(tmp_path / "grown", durability=Durability(full=False))


@pytest.fixture
def unmerged(log: OpLog, monkeypatch: pytest.MonkeyPatch) -> OpLog:
    """A log with ten small files, never merged."""
    with monkeypatch.context() as patch:
        patch.setattr(maintenance, "MERGE_FILES", 1000)
        commit_some(log, 10)
    return log


def test_a_checkpoint_is_there_after_thirty_two_versions(log: OpLog) -> None:
    while log.table.version < 31:
        commit_some(log, 1)
    assert not list(delta_log(log).glob("*.checkpoint.parquet"))
    commit_some(log, 2)
    (version,) = checkpoints(log.table.log)
    last = json.loads((delta_log(log) / "_last_checkpoint").read_text(encoding="utf-8"))
    assert last["version"] == version >= 32


def test_a_log_opened_from_a_checkpoint_is_the_same(log: OpLog) -> None:
    commit_some(log, 40)
    other = reopened(log)
    by_path = {file.path: file for file in log.files()}
    assert {file.path: file for file in other.files()} == by_path
    assert any(file.max_until for file in by_path.values())
    assert (other.headers(), other.head()) == (log.headers(), 40)


def test_the_number_of_files_stays_small_however_many_commits(merged: OpLog) -> None:
    assert merged.head() == COMMITS
    for part in (PART, HEADERS):
        for tier in ("hot", "cold"):
            assert len(files(merged, part, tier=tier)) < maintenance.MERGE_FILES + 4
    kept = [*checkpoints(merged.table.log), *commits(merged.table.log)]
    assert len(kept) < 3 * (maintenance.CHECKPOINT_EVERY + 2)


def test_many_commits_keep_every_transaction_and_the_present(merged: OpLog) -> None:
    rows = rows_of(merged)
    assert [header.txn for header in merged.headers()] == list(range(1, COMMITS + 1))
    assert len(rows) == 3 * COMMITS
    for txn in (0, 1, 17, 100, COMMITS - 1, COMMITS):
        expected = amount(rows, upto=txn)
        assert amount_of(merged.state(PART, txn=txn), expected) == expected


def test_files_of_any_size_are_merged(log: OpLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each too large to count as small, and none larger than the others together."""
    monkeypatch.setattr(maintenance, "_SMALL_BYTES", 1000)
    monkeypatch.setattr(maintenance, "MERGE_FILES", 4)
    for number in range(40):
        append(log, write(os.urandom(1500 + 40 * number), node_id=f"7{number}"))
    assert len(files(log, PART)) < 20


def test_a_large_file_is_left_alone(unmerged: OpLog, monkeypatch: pytest.MonkeyPatch) -> None:
    append(unmerged, write(os.urandom(9000), node_id="7b", version=1))
    sealed = max(unmerged.files(), key=lambda file: file.size)
    monkeypatch.setattr(maintenance, "SEALED_BYTES", sealed.size - 1)
    monkeypatch.setattr(maintenance, "MERGE_FILES", 4)
    append(unmerged, link("now"))
    maintain(unmerged)
    assert sealed in files(unmerged, PART)
    assert len(files(unmerged, PART)) < 5


def test_a_large_file_is_rewritten_for_rows_that_count_no_more(
    unmerged: OpLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(unmerged, write(os.urandom(9000), node_id="7b", version=1))
    sealed = max(unmerged.files(), key=lambda file: file.size)
    append(unmerged, write(b"", node_id="7b", version=2))
    rows = rows_of(unmerged)
    monkeypatch.setattr(maintenance, "SEALED_BYTES", sealed.size - 1)
    maintain(unmerged)
    assert sealed not in files(unmerged, PART)
    assert_snapshots(reopened(unmerged), rows)


def test_a_thorough_merge_keeps_every_snapshot_for_old_and_new_handles(unmerged: OpLog) -> None:
    rows = rows_of(unmerged)
    reader, behind = reopened(unmerged), reopened(unmerged)
    assert_snapshots(reader, rows)
    before = [unmerged.content(row) for row in unmerged.operations(after=0, upto=10)]
    maintain(unmerged)
    assert [len(files(unmerged, PART, tier=tier)) for tier in ("hot", "cold")] == [1, 1]
    for log in (unmerged, reader, behind, reopened(unmerged)):
        assert_snapshots(log, rows)
        assert rows_of(log) == rows
        assert [log.content(row) for row in log.operations(after=0, upto=10)] == before


def test_a_merge_is_no_transaction(unmerged: OpLog) -> None:
    headers, version = unmerged.headers(), unmerged.table.version
    maintain(unmerged)
    assert (unmerged.head(), unmerged.headers()) == (10, headers)
    text = (delta_log(unmerged) / f"{version + 1:020}.json").read_text(encoding="utf-8")
    actions = [json.loads(line) for line in text.splitlines()]
    assert {kind for action in actions for kind in action} == {"commitInfo", "add", "remove"}
    changes = [a[kind]["dataChange"] for a in actions for kind in a if kind != "commitInfo"]
    assert set(changes) == {False}


def test_a_second_thorough_merge_has_nothing_to_do(unmerged: OpLog) -> None:
    maintain(unmerged)
    version = unmerged.table.version
    assert maintain(unmerged) == Merged()
    assert unmerged.table.version == version


def test_a_merge_says_what_it_did(unmerged: OpLog) -> None:
    before = unmerged.files()
    found = maintain(unmerged)
    after = unmerged.files()
    cold = sum(file.rows for file in after if not file.is_hot)
    assert (found.replaced, found.written, found.superseded) == (len(before), len(after), cold)
    assert found.forgotten == 0
    assert found.saved == sum(f.size for f in before) - sum(f.size for f in after)


def test_a_dry_run_foresees_and_changes_nothing(unmerged: OpLog) -> None:
    version = unmerged.table.version
    foreseen = [unmerged.upkeep.foreseen(part, gone=(), shown=Shown()) for part in (PART, HEADERS)]
    assert unmerged.table.version == version
    done = maintain(unmerged)
    assert sum(one.superseded for one in foreseen) == done.superseded > 0
    assert sum(one.replaced for one in foreseen) == done.replaced


def test_a_part_that_holds_nothing_is_no_trouble(unmerged: OpLog) -> None:
    assert unmerged.upkeep.thorough(3, gone=()) == Merged()


def test_readers_of_the_present_open_no_cold_file(unmerged: OpLog) -> None:
    rows = rows_of(unmerged)
    maintain(unmerged)
    for file in files(unmerged, PART, tier="cold"):
        (unmerged.table.path / file.path).unlink()
    reader = reopened(unmerged)
    expected = amount(rows, upto=10)
    assert amount_of(reader.state(PART, txn=10), expected) == expected
    with pytest.raises(CorruptionError, match="is missing"):
        reader.state(PART, txn=5).entries(DIRECTORY)


def test_rows_of_nodes_that_are_gone_are_not_of_the_present(unmerged: OpLog) -> None:
    with unmerged.exclusive():
        unmerged.upkeep.thorough(PART, gone={"7a"})
    reader = reopened(unmerged)
    assert reader.state(PART, txn=10).node("7a").pieces == ()
    assert reader.state(PART, txn=9).node("7a").pieces != ()


def test_rows_that_only_forgotten_snapshots_show_are_dropped(unmerged: OpLog) -> None:
    rows = rows_of(unmerged)
    maintain(unmerged)
    unmerged.forget_before(8)
    found = maintain(unmerged)
    assert found.forgotten > 0
    reader = reopened(unmerged)
    for txn in (8, 9, 10):
        expected = amount(rows, upto=txn)
        assert amount_of(reader.state(PART, txn=txn), expected) == expected


def test_a_reader_that_was_away_while_history_was_dropped_sees_the_present(log: OpLog) -> None:
    append(log, link("a"))
    reader = reopened(log)
    assert set(reader.state(PART, txn=reader.head()).entries(DIRECTORY)) == {"a"}
    append(log, unlink("a"))
    append(log, link("b"))
    log.forget_before(3)
    maintain(log)
    assert set(reader.state(PART, txn=reader.head()).entries(DIRECTORY)) == {"b"}


def test_a_reader_that_was_away_sees_a_removal_that_was_merged_meanwhile(log: OpLog) -> None:
    append(log, link("a"))
    reader = reopened(log)
    assert set(reader.state(PART, txn=reader.head()).entries(DIRECTORY)) == {"a"}
    append(log, unlink("a"))
    maintain(log)
    assert set(reader.state(PART, txn=reader.head()).entries(DIRECTORY)) == set()
    assert set(reader.state(PART, txn=1).entries(DIRECTORY)) == {"a"}


def test_replaced_files_stay_for_an_hour(unmerged: OpLog) -> None:
    before = {unmerged.table.path / file.path for file in unmerged.files()}
    age(unmerged, 10_000)
    maintain(unmerged)
    assert list(unmerged.upkeep.replaced()) == []
    assert all(path.is_file() for path in before)
    age(unmerged, 3700)
    assert set(unmerged.upkeep.replaced()) == before


def test_the_writer_deletes_replaced_files_when_their_time_is_over(unmerged: OpLog) -> None:
    maintain(unmerged)
    listed = {unmerged.table.path / file.path for file in unmerged.files()}
    age(unmerged, 3700)
    commit_some(unmerged, 20)
    left = set(unmerged.table.path.glob("tier=*/part=*/*.parquet"))
    current = {unmerged.table.path / file.path for file in unmerged.files()}
    young = {path for path in left if path.stat().st_mtime > time.time() - 3600}
    assert left - current <= young, "and what was replaced just now stays"
    assert len(listed) == 3


def test_a_handle_that_slept_over_clean_ups_reads_and_writes(
    log: OpLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "_REPLACED_S", -1)
    monkeypatch.setattr(maintenance, "_CLEARED_EVERY_S", -1)
    commit_some(log, 5)
    sleeper = reopened(log)
    view, rows = sleeper.state(PART, txn=5), rows_of(log)
    commit_some(log, 60)
    assert min(commits(log.table.log)) > 5
    assert amount_of(view, amount(rows, upto=5)) == amount(rows, upto=5)
    assert append(sleeper, link("awake")).txn == 66
    assert rows_of(sleeper) == rows_of(log)
    assert_snapshots(reopened(log), rows_of(log))


def test_a_reader_that_looks_often_and_sleeps_between_writes_can_write(log: OpLog) -> None:
    reader = reopened(log)
    for number in range(50):
        append(log, link(f"{number}"))
        reader.head()
    assert append(reader, link("mine")).txn == 51


def test_a_view_outlives_the_files_that_it_was_read_from(
    unmerged: OpLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "_REPLACED_S", -1)
    rows = rows_of(unmerged)
    reader = reopened(unmerged)
    views = [reader.state(PART, txn=txn) for txn in range(11)]
    maintain(unmerged)
    for path in list(unmerged.upkeep.replaced()):
        path.unlink()
    found: list[Amount] = []
    for txn, view in enumerate(views):
        found.append(amount_of(view, amount(rows, upto=txn)))
    assert found == [amount(rows, upto=txn) for txn in range(11)]
    assert reader.state(PART, txn=10).entry(DIRECTORY, "last") is not None


def test_rows_that_are_there_twice_count_once_and_are_merged_into_one(unmerged: OpLog) -> None:
    rows = rows_of(unmerged)
    repeat(unmerged)
    assert rows_of(unmerged) == rows
    assert_snapshots(reopened(unmerged), rows)
    maintain(unmerged)
    found = [row for f in files(unmerged, PART) for row in read_all(unmerged.table.path, f)]
    assert sorted((row.txn, row.seq) for row in found) == [(row.txn, row.seq) for row in rows]


def test_a_transaction_is_committed_though_its_upkeep_fails(
    unmerged: OpLog, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MERGE_FILES", 4)
    damaged = unmerged.table.path / files(unmerged, PART)[0].path
    damaged.write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        header = append(unmerged, link("kept"))
    assert reopened(unmerged).headers()[-1] == header
    assert "upkeep of" in caplog.text
    with pytest.raises(CorruptionError):
        reopened(unmerged).operations(after=0, upto=11)


def repeat(log: OpLog) -> None:
    """Add the rows of a part once more, as two merges at once by other tools would."""
    rows = [row for file in files(log, PART) for row in read_all(log.table.path, file)]
    tmp = log.pond / "tmp"
    durability, table = log.durability, log.table
    file = write_rows(table.path, encode(rows), part=PART, tier=HOT, durability=durability, tmp=tmp)
    assert table.commit([add_action(replace(file), data_change=False)], txn_uuid="e" * 32)
