"""Repair where log files are damaged, gone, or were never committed: only the proven counts."""

import pytest

from pond_core import Pond
from pond_core.oplog import HEADERS, Header, Operation, OpKind
from pond_core.oplog.operation import encode, number, rows_hash
from pond_core.oplog.parquet import write_rows
from pond_core.oplog.schema import HOT
from pond_core.storage import Durability
from tests.core.oplog.wreck import (
    TXNS,
    check_same,
    give_a_past,
    lose,
    make_upkeep_busy,
    reopened,
    repair,
    shown,
    whats,
)
from tests.faults.portrait import portrait

PROCESS = Durability(full=False)


@pytest.fixture(autouse=True)
def _busy_upkeep(monkeypatch: pytest.MonkeyPatch) -> None:
    make_upkeep_busy(monkeypatch)


@pytest.fixture
def pond(pond: Pond) -> Pond:
    return give_a_past(pond)


def test_a_forgotten_past_of_which_nothing_tells_is_reported_as_missing(pond: Pond) -> None:
    pond.maintain(forget_before=6)
    for file in list((pond.path / "oplog").glob("tier=*/part=*/*.parquet")):
        if f"{file.parent.parent.name}/{file.parent.name}/{file.name}" not in {
            each.path for each in pond._log.files()
        }:
            file.unlink()
    now = portrait(pond.snapshot())
    lose(pond)
    report = repair(pond)
    assert {what for what, _ in whats(report)} == {"rows missing", "not proven"}
    assert report.proven < TXNS
    assert portrait(reopened(pond).snapshot()) == now
    assert {finding.what for finding in reopened(pond).verify().findings} >= {"rows missing"}
    reopened(pond).maintain(forget_before=6)
    assert reopened(pond).verify().findings == ()


def test_a_damaged_log_file_is_set_aside_and_what_it_held_is_named(pond: Pond) -> None:
    chosen = {file.path: file for file in pond._log.files() if file.part != HEADERS}
    path = pond.path / "oplog" / min(chosen)
    for old in (pond.path / "oplog").glob("tier=*/part=*/*.parquet"):
        # Replaced files still hold the same rows, for an hour.
        if old.relative_to(pond.path / "oplog").as_posix() not in {
            file.path for file in pond._log.files()
        }:
            old.unlink()
    path.write_bytes(path.read_bytes()[:-7])
    report = repair(pond)
    assert report.set_aside == (f"oplog/{min(chosen)}",)
    assert list((pond.path / "set-aside").rglob(path.name))
    missing = {where for what, where in whats(report) if what == "rows missing"}
    assert report.proven == TXNS - len(missing) < TXNS
    assert ("log file damaged", min(chosen)) in whats(report)
    found = {(f.what, f.where) for f in reopened(pond).verify().findings}
    assert {where for what, where in found if what == "rows missing"} == missing


def test_a_damaged_log_file_costs_nothing_while_those_it_replaced_are_there(pond: Pond) -> None:
    before = shown(pond)
    log = pond._log
    with log.exclusive():
        for part in range(HEADERS + 1):
            log.upkeep.thorough(part, gone=())
    for file in log.files():
        (pond.path / "oplog" / file.path).write_bytes(b"")
    report = repair(pond)
    assert (report.txns, report.proven) == (TXNS, TXNS)
    assert {what for what, _ in whats(report)} == {"log file damaged"}
    check_same(pond, before)


def test_headers_that_are_lost_are_made_anew_and_say_so(pond: Pond) -> None:
    now = portrait(pond.snapshot())
    for path in (pond.path / "oplog").glob("tier=*/part=16/*"):
        path.write_bytes(b"")
    report = repair(pond)
    lost = {where for what, where in whats(report) if what == "header lost"}
    assert lost == {f"txn {txn}" for txn in range(1, TXNS + 1)}
    assert report.proven == 0
    again = reopened(pond)
    assert portrait(again.snapshot()) == now
    assert {header.provenance.author for header in again.log()} == {"pond repair"}
    findings = again.verify().findings
    assert [finding.what for finding in findings] == ["not proven"] * TXNS
    with again.transaction() as tx:
        tx.write_data("/next", b"next")


def attempt(pond: Pond, *, txn: int, ts_us: int | None = None, parts: int = 17) -> Header:
    """Leave what a writer leaves that was refused, or died, before its commit."""
    log = pond._log
    before = log.headers(after=txn - 2, upto=txn - 1)
    previous = before[0].hash if before else ""
    root, node = "0" * 32, "0" + "a" * 31
    rows = number(
        [
            Operation(OpKind.LINK, 0, parent_id=root, name="x", node_id=node, entry_type="series"),
            Operation(OpKind.ATTRIBUTES, 0, node_id=node, attributes="{}"),
        ],
        txn=txn,
        ts_us=ts_us or before[0].ts_us + 1,
    )
    header = Header(
        txn,
        rows[0].ts_us,
        "f" * 32,
        pond=pond.id,
        operations=2,
        rows_hash=rows_hash(rows),
        previous=previous,
    )
    for part, some in {HEADERS: [header.to_operation()], 0: rows}.items():
        if part == HEADERS or parts > 1:
            place = (log.table.path, encode(some))
            write_rows(*place, part=part, tier=HOT, durability=PROCESS, tmp=pond.path / "tmp")
    return header


@pytest.mark.parametrize("gone", [False, True])
def test_an_attempt_at_a_txn_that_another_took_does_not_count(pond: Pond, gone: bool) -> None:  # noqa: FBT001
    before = shown(pond)
    attempt(pond, txn=4)
    attempt(pond, txn=TXNS)
    if gone:
        lose(pond)
    report = repair(pond)
    assert report.proven == TXNS
    assert len(report.set_aside) == 2, "the rows of both, for a person to look at"
    check_same(pond, before)


def test_an_attempt_with_the_time_of_the_one_that_won_does_not_count(pond: Pond) -> None:
    """Where the clock is behind, both take the last time and a microsecond."""
    before = shown(pond)
    (won,) = pond._log.headers(after=3, upto=4)
    attempt(pond, txn=4, ts_us=won.ts_us)
    lose(pond)
    report = repair(pond)
    assert report.proven == TXNS
    check_same(pond, before)


def test_an_attempt_at_the_next_txn_that_is_not_whole_does_not_count(pond: Pond) -> None:
    before = shown(pond)
    attempt(pond, txn=TXNS + 1, parts=1)
    assert repair(pond).txns == TXNS
    check_same(pond, before)


def test_a_whole_attempt_at_the_next_txn_counts_and_is_not_proven(pond: Pond) -> None:
    before = shown(pond)
    attempt(pond, txn=TXNS + 1)
    report = repair(pond)
    assert whats(report) == [("not proven", f"txn {TXNS + 1}")]
    assert shown(reopened(pond))[:-1] == before
    assert reopened(pond).verify().findings == ()
