"""The chain of headers: what it proves, and what it tells apart."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pond_core.errors import CorruptionError
from pond_core.oplog import HEADERS, Header, Links, LogFile, Operation, OpLog, chain, check_rows
from pond_core.oplog.chain import is_counted, measured, read_header, transactions, with_contents
from tests.core.oplog.rows import append, link, window, write


@pytest.fixture
def log(log: OpLog) -> OpLog:
    append(log, link("a"), write(b"x", version=1))
    append(log, window(0, 5, version=2))
    append(log, link("b", "7b"), write(b"y", node_id="7b", version=1))
    return log


def files(log: OpLog) -> list[LogFile]:
    return sorted(log.files(), key=lambda file: file.path)


def headers(log: OpLog) -> Iterator[tuple[int, Operation]]:
    return ((header.txn, header.to_operation()) for header in log.headers())


def followed(log: OpLog, rows: dict[int, Operation | None]) -> list[tuple[str, str]]:
    """Return what the chain says of the headers of the log, some of them replaced."""
    links = Links(pond_id=log.pond_id)
    found = [f for txn, row in headers(log) for f in links.add(txn, rows.get(txn, row))[1]]
    return [(finding.what, finding.where) for finding in found]


def test_transactions_come_in_order_with_their_headers_first(log: OpLog) -> None:
    found = dict(transactions(log.table.path, files(log)))
    assert list(found) == [1, 2, 3]
    assert [[row.seq for _, row in placed] for placed in found.values()] == [
        [0, 1, 2],
        [0, 1],
        [0, 1, 2],
    ]
    assert [placed[0][1].part for placed in found.values()] == [HEADERS] * 3
    assert all(row.content is None for placed in found.values() for _, row in placed)


@pytest.mark.parametrize(("after", "upto", "txns"), [(1, 2, [2]), (0, 9, [1, 2, 3]), (3, None, [])])
def test_only_the_wanted_transactions_come(
    log: OpLog, after: int, upto: int | None, txns: list[int]
) -> None:
    found = transactions(log.table.path, files(log), after=after, upto=upto)
    assert [txn for txn, _ in found] == txns


def test_they_are_the_same_however_few_are_held_at_a_time(
    log: OpLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(transactions(log.table.path, files(log)))
    monkeypatch.setattr(chain, "_BATCH_ROWS", 1)
    assert list(transactions(log.table.path, files(log))) == whole


def test_a_row_that_lies_in_two_files_comes_twice(log: OpLog) -> None:
    ((_, placed),) = transactions(log.table.path, [*files(log), *files(log)], upto=1)
    assert [row.seq for _, row in placed] == [0, 0, 1, 1, 2, 2]


def test_a_file_is_measured_by_its_own_bytes(log: OpLog) -> None:
    assert [measured(log.table.path, file.path) for file in files(log)] == files(log)


def test_a_file_that_is_not_there_is_damage(log: OpLog) -> None:
    with pytest.raises(CorruptionError, match="is missing"):
        measured(log.table.path, f"tier=hot/part=7/{'0' * 64}.parquet")


def test_contents_come_with_their_rows(log: OpLog) -> None:
    rows = [row for file in files(log) for row in with_contents(log.table.path, file)]
    assert sorted(row.content for row in rows if row.content) == [b"x", b"y"]


def test_the_headers_of_a_log_make_a_chain(log: OpLog) -> None:
    assert followed(log, {}) == []
    links = Links(pond_id=log.pond_id)
    for txn, row in headers(log):
        links.add(txn, row)
    assert (links.head, list(links.missing(upto=3))) == (3, [])
    assert [finding.where for finding in links.missing(upto=5)] == ["txn 4", "txn 5"]


def test_an_altered_header_is_not_the_one_that_the_next_one_names(log: OpLog) -> None:
    row = replace(dict(headers(log))[2], ts_us=dict(headers(log))[2].ts_us + 1)
    assert followed(log, {2: row}) == [("chain broken", "txn 3")]


def test_a_header_with_a_hash_beside_it_has_that_one(log: OpLog) -> None:
    """Those of the first ponds of format 2 have."""
    row, header = dict(headers(log))[2], log.headers()[1]
    assert followed(log, {2: replace(row, sha256=header.hash)}) == []
    assert followed(log, {2: replace(row, sha256="0" * 64)}) == [("header altered", "txn 2")]


def test_a_header_of_another_history_breaks_the_chain(log: OpLog) -> None:
    header = replace(log.headers()[1], previous="0" * 64)
    assert followed(log, {2: header.to_operation()}) == [
        ("chain broken", "txn 2"),
        ("chain broken", "txn 3"),
    ]


def test_a_missing_header_is_told_once(log: OpLog) -> None:
    assert followed(log, {2: None}) == [("header missing", "txn 2")]


def test_a_header_of_another_pond_is_told(log: OpLog) -> None:
    last = replace(log.headers()[-1], pond="other")
    assert followed(log, {3: last.to_operation()}) == [("another pond's", "txn 3")]


def test_time_must_rise(log: OpLog) -> None:
    last = replace(log.headers()[-1], ts_us=log.headers()[1].ts_us)
    assert followed(log, {3: last.to_operation()}) == [("time altered", "txn 3")]


def test_a_row_that_is_no_header_is_unreadable() -> None:
    header, findings = read_header(link("a", txn=4))
    assert (header, [finding.what for finding in findings]) == (None, ["header unreadable"])


def rows_of(log: OpLog, txn: int) -> tuple[Header, list[Operation]]:
    (header,) = log.headers(after=txn - 1, upto=txn)
    return header, log.operations(after=txn - 1, upto=txn)


def whats(header: Header, rows: list[Operation]) -> list[str]:
    return [finding.what for finding in check_rows(header, rows)]


def test_the_rows_of_a_transaction_fit_its_header(log: OpLog) -> None:
    for txn in (1, 2, 3):
        header, rows = rows_of(log, txn)
        assert whats(header, rows) == []
        assert all(is_counted(row) for row in rows)
        assert not is_counted(header.to_operation())


def test_a_missing_row_is_named(log: OpLog) -> None:
    header, rows = rows_of(log, 1)
    (finding,) = check_rows(header, rows[1:])
    assert (finding.what, finding.detail) == ("rows missing", "1 of 2 are not there: row 1")


def test_an_altered_row_is_told(log: OpLog) -> None:
    header, (first, second) = rows_of(log, 1)
    assert whats(header, [replace(first, name="z"), second]) == ["rows altered"]
    assert whats(header, [first, replace(second, seq=9)]) == ["rows altered"]
    assert whats(header, [first, second, replace(second, seq=3)]) == ["rows altered"]
    assert whats(header, [replace(first, ts_us=1), second]) == ["time altered"]
