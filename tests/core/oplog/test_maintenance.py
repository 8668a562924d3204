"""Upkeep: few files however many transactions, and every snapshot as it was."""

import json
import logging
from pathlib import Path

import pytest

from pond_core.errors import CorruptionError
from pond_core.oplog import HEADERS, Durability, OpLog, maintenance, read_all, table
from pond_core.oplog.fold import PartState
from pond_core.oplog.parquet import add_action, write_rows
from tests.core.oplog.rows import PART, append, delta_log, link, reopened, unlink, window, write

COMMITS = 70


def commit_some(log: OpLog, count: int) -> None:
    for number in range(count):
        row = unlink(f"{number - 3}") if number % 5 == 4 else link(f"{number}")
        append(log, row, window(number, number + 4, version=number + 1), write(b"%d" % number))


def part_files(log: OpLog, part: int) -> list[str]:
    return [file.path for file in log.table.files() if file.part == part]


def states(log: OpLog, upto: int) -> list[PartState]:
    return [log.state(PART, txn=txn) for txn in range(upto + 1)]


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> OpLog:
    """A log past its first merge."""
    log = OpLog.create(tmp_path_factory.mktemp("m") / "pond", durability=Durability(full=False))
    commit_some(log, COMMITS)
    return log


@pytest.fixture
def unmerged(log: OpLog, monkeypatch: pytest.MonkeyPatch) -> OpLog:
    """A log with ten small files, never merged."""
    monkeypatch.setattr(maintenance, "_MERGE_FILES", 1000)
    commit_some(log, 10)
    monkeypatch.setattr(maintenance, "_MERGE_FILES", 4)
    return log


def test_a_checkpoint_is_there_after_sixteen_versions(log: OpLog) -> None:
    commit_some(log, 15)
    assert not list(delta_log(log).glob("*.checkpoint.parquet"))
    commit_some(log, 1)
    assert (delta_log(log) / f"{16:020}.checkpoint.parquet").is_file()
    last = json.loads((delta_log(log) / "_last_checkpoint").read_text(encoding="utf-8"))
    assert last["version"] == 16


def test_a_log_opened_from_a_checkpoint_is_the_same(merged: OpLog) -> None:
    other = reopened(merged)
    assert sorted(f.path for f in other.table.files()) == sorted(
        f.path for f in merged.table.files()
    )
    assert other.table.files()[0].min_txn >= 1
    assert other.headers() == merged.headers()


def test_the_number_of_files_stays_small(merged: OpLog) -> None:
    assert merged.head() == COMMITS
    for part in (PART, HEADERS):
        assert len(part_files(merged, part)) == 1 + COMMITS - 64


def test_a_merge_keeps_every_snapshot(unmerged: OpLog) -> None:
    before = states(reopened(unmerged), 10)
    contents = [unmerged.content(row) for row in unmerged.operations(after=0, upto=10)]
    maintain(unmerged)
    assert len(part_files(unmerged, PART)) == 1
    for log in (unmerged, reopened(unmerged)):
        assert states(log, 10) == before
        assert [log.content(row) for row in log.operations(after=0, upto=10)] == contents


def test_a_merge_is_no_transaction(unmerged: OpLog) -> None:
    headers, version = unmerged.headers(), unmerged.table.version
    maintain(unmerged)
    assert (unmerged.head(), unmerged.headers()) == (10, headers)
    assert unmerged.table.version == version + 2  # one merge per part
    text = (delta_log(unmerged) / f"{version + 1:020}.json").read_text(encoding="utf-8")
    actions = [json.loads(line) for line in text.splitlines()]
    kinds = {kind for action in actions for kind in action}
    assert kinds == {"commitInfo", "add", "remove"}
    changes = [a[kind]["dataChange"] for a in actions for kind in a if kind != "commitInfo"]
    assert set(changes) == {False}


def test_replaced_files_stay_for_readers_that_still_list_them(unmerged: OpLog) -> None:
    reader = reopened(unmerged)
    listed = reader.table.files()
    maintain(unmerged)
    assert {file.path for file in listed}.isdisjoint(f.path for f in unmerged.table.files())
    assert reader.operations(after=0, upto=10) == unmerged.operations(after=0, upto=10)


def test_vacuum_spares_files_that_were_replaced_today(unmerged: OpLog) -> None:
    listed = unmerged.table.files()
    maintain(unmerged)
    unmerged.table.vacuum()
    assert all((unmerged.table.path / file.path).is_file() for file in listed)


def test_vacuum_deletes_files_once_their_time_is_over(
    unmerged: OpLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = unmerged.table.files()
    maintain(unmerged)
    monkeypatch.setattr(table, "_RETENTION_HOURS", 0)
    unmerged.table.vacuum()
    assert not any((unmerged.table.path / file.path).exists() for file in listed)
    assert [header.txn for header in unmerged.headers()] == list(range(1, 11))


def test_a_large_file_is_left_alone(unmerged: OpLog, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = max(unmerged.table.files(), key=lambda file: file.size)
    monkeypatch.setattr(maintenance, "_SEALED_BYTES", sealed.size)
    maintain(unmerged)
    assert sealed.path in part_files(unmerged, sealed.part)
    assert len(part_files(unmerged, sealed.part)) < 10


def test_rows_that_are_there_twice_count_once_and_are_merged_into_one(unmerged: OpLog) -> None:
    rows = [(row.txn, row.seq) for row in unmerged.operations(after=0, upto=10)]
    repeat(unmerged)
    assert [(row.txn, row.seq) for row in unmerged.operations(after=0, upto=10)] == rows
    maintain(unmerged)
    (file,) = [file for file in unmerged.table.files() if file.part == PART]
    found = read_all(unmerged.table.path, file)
    assert sorted((row.txn, row.seq) for row in found) == rows


def test_a_transaction_is_committed_though_its_upkeep_fails(
    unmerged: OpLog, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = unmerged.table.path / part_files(unmerged, PART)[0]
    _overwrite(damaged, b"damaged")
    with caplog.at_level(logging.WARNING):
        header = append(unmerged, link("kept"))
    assert reopened(unmerged).headers()[-1] == header
    assert "upkeep of" in caplog.text
    with pytest.raises(CorruptionError):
        unmerged.operations(after=0, upto=11)


def repeat(log: OpLog) -> None:
    """Add the rows of a part once more, as two merges at once by other tools would."""
    files = [file for file in log.table.files() if file.part == PART]
    rows = [row for file in files for row in read_all(log.table.path, file)]
    file = write_rows(
        log.table.path, rows, part=PART, durability=log.durability, tmp=log.pond / "tmp"
    )
    assert log.table.commit([add_action(file, rows=len(rows), data_change=False)])


def maintain(log: OpLog) -> None:
    maintenance.maintain(log.table, durability=log.durability, tmp=log.pond / "tmp")


def _overwrite(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)
