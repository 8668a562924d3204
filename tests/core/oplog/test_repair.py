"""Repair: every snapshot as before, from any remains of a Delta log; and only what is proven."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_core import (
    ExistsError,
    FormatTooNewError,
    FormatTooOldError,
    NotAPondError,
    Pond,
    Provenance,
    Repaired,
    StoreError,
    Transaction,
    Window,
)
from pond_core.oplog import HEADERS, Durability, Header, Operation, OpKind, maintenance
from pond_core.oplog.operation import encode, number, rows_hash
from pond_core.oplog.parquet import write_rows
from pond_core.oplog.schema import HOT
from pond_core.tlogfs import condensing
from tests.conformance.filesystem import readings
from tests.core.steps import TRANSACTIONS, Step, take
from tests.faults.portrait import Portrait, portrait

TXNS = 12

PROCESS = Durability(full=False)


@pytest.fixture(autouse=True)
def busy_upkeep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small pond have merges, both tiers, checkpoints and condensed windows."""
    monkeypatch.setattr(maintenance, "CHECKPOINT_EVERY", 5)
    monkeypatch.setattr(maintenance, "MERGE_FILES", 3)
    monkeypatch.setattr(condensing, "_WINDOWS", 3)


@pytest.fixture
def pond(pond: Pond) -> Pond:
    for txn in range(TXNS):
        with pond.transaction(Provenance(author="ada", message=f"step {txn}")) as tx:
            step(tx, txn)
    return pond


def step(tx: Transaction, txn: int) -> None:
    if txn == 0:
        tx.mkdir("/d")
        tx.write_table("/d/table", pa.table({"n": [1, 2, 3]}))
        tx.write_data("/large", bytes(range(256)) * 300)
    if txn == 5:
        tx.rename("/d/table", "/d/other")
    if txn == 7:
        tx.remove("/d", recursive=True)
    tx.write_data("/again", b"%d" % txn)
    rows = {us: float(us + txn) for us in range(10 * txn, 10 * txn + 4)}
    tx.write_window("/series", readings(rows), Window(10 * txn, 10 * txn + 10))


def shown(pond: Pond) -> list[Portrait]:
    """Return what each snapshot shows that can be shown."""
    first = pond._log.horizon
    return [portrait(pond.snapshot(txn)) for txn in range(first, pond.snapshot().txn + 1)]


def delta_log(pond: Pond) -> Path:
    return pond.path / "oplog" / "_delta_log"


def lose(pond: Pond) -> None:
    shutil.rmtree(delta_log(pond))


def repair(pond: Pond, **options: Any) -> Repaired:  # noqa: ANN401 -- what `Pond.repair` takes
    return Pond.repair(pond.path, durability="process", **options)


def reopened(pond: Pond) -> Pond:
    return Pond.open(pond.path, durability="process")


def whats(report: Repaired) -> list[tuple[str, str]]:
    return [(finding.what, finding.where) for finding in report.findings]


def check_same(pond: Pond, before: list[Portrait]) -> Pond:
    """Check that a pond shows what it did, is sound, and goes on."""
    again = reopened(pond)
    assert shown(again) == before
    assert again.verify().findings == ()
    with again.transaction() as tx:
        tx.write_data("/next", b"next")
    assert reopened(pond).snapshot().read_data("/next") == b"next"
    return again


def test_a_sound_pond_reads_the_same_and_all_of_it_is_proven(pond: Pond) -> None:
    before, log, pond_id = shown(pond), pond.log(), pond.id
    report = repair(pond)
    assert (report.ok, report.txns, report.proven, report.pond_id) == (True, TXNS, TXNS, pond_id)
    assert report.set_aside == ()
    assert reopened(pond).log() == log
    assert reopened(pond).id == pond_id
    check_same(pond, before)


def test_a_dry_run_tells_and_changes_nothing(pond: Pond) -> None:
    files = sorted(pond.path.rglob("*"))
    report = repair(pond, dry_run=True)
    assert (report.txns, report.proven, sorted(pond.path.rglob("*"))) == (TXNS, TXNS, files)


def test_a_lost_delta_log_is_made_anew(pond: Pond) -> None:
    before, pond_id = shown(pond), pond.id
    lose(pond)
    with pytest.raises(NotAPondError) as refused:
        reopened(pond)
    assert "repair" in refused.value.hint
    report = repair(pond)
    assert (report.pond_id, report.txns, report.proven) == (pond_id, TXNS, TXNS)
    assert whats(report) == [("not proven", f"txn {TXNS}")]
    check_same(pond, before)


def test_no_new_pond_is_made_over_one_that_lost_its_delta_log(pond: Pond) -> None:
    lose(pond)
    with pytest.raises(NotAPondError, match="is gone"):
        Pond.init(pond.path.parent / "pond", exist_ok=True)


def test_a_lost_newest_commit_is_found_again(pond: Pond, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(pond)
    monkeypatch.setattr(maintenance, "MERGE_FILES", 1000)
    monkeypatch.setattr(maintenance, "CHECKPOINT_EVERY", 1000)
    with pond.transaction() as tx:
        tx.write_data("/acknowledged", b"yes")
    newest = max(path for path in delta_log(pond).glob("*.json"))
    newest.unlink()
    assert reopened(pond).snapshot().txn == TXNS, "nobody else can know"
    report = repair(pond)
    assert whats(report) == [("not proven", f"txn {TXNS + 1}")]
    assert shown(reopened(pond))[:-1] == before
    assert reopened(pond).snapshot().read_data("/acknowledged") == b"yes"


@settings(max_examples=25, deadline=None)
@given(transactions=TRANSACTIONS, seed=st.integers(0, 2**32))
def test_any_subset_of_the_delta_log_may_be_lost_or_damaged(
    tmp_path_factory: pytest.TempPathFactory, transactions: Sequence[Sequence[Step]], seed: int
) -> None:
    place = tmp_path_factory.mktemp("any") / "pond"
    pond = Pond.init(place, durability="process")
    with pond.transaction() as tx:  # without any there is nothing to make a log from
        tx.write_data("/first", b"")
    take(pond, [*transactions, *transactions, *transactions])
    before, pond_id = shown(pond), pond.id
    random = Random(seed)  # noqa: S311 -- no secret
    for path in list(delta_log(pond).iterdir()):
        harm(path, random)
    report = repair(pond)
    assert report.proven == report.txns == len(before) - 1
    assert report.pond_id == pond_id
    again = reopened(pond)
    assert shown(again) == before
    assert again.verify().findings == ()
    shutil.rmtree(place)


def harm(path: Path, random: Random) -> None:
    match random.randrange(4):
        case 0:
            path.unlink()
        case 1:
            data = bytearray(path.read_bytes())
            for _ in range(random.randrange(1, 4)):
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            path.write_bytes(data)
        case 2:
            path.write_bytes(path.read_bytes()[: random.randrange(path.stat().st_size)])
        case _:
            pass


def test_what_a_handle_opened_before_commits_is_not_lost(pond: Pond) -> None:
    other = reopened(pond)
    for _ in range(3):
        repair(pond)
        for each in (pond, other):
            with each.transaction() as tx:
                tx.write_data("/from-before", b"yes")
    assert reopened(pond).snapshot().txn == TXNS + 6
    assert reopened(pond).verify().findings == ()


def test_what_was_forgotten_stays_forgotten(pond: Pond) -> None:
    pond.maintain(forget_before=6)
    before = shown(pond)
    report = repair(pond)
    assert (report.horizon, report.txns) == (6, TXNS)
    again = check_same(pond, before)
    again.maintain()
    assert shown(again)[: len(before)] == before


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


class DeathError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("done", [False, True])
def test_it_may_die_at_any_step_and_be_run_again(pond: Pond, gone: bool, done: bool) -> None:  # noqa: FBT001
    before = shown(pond)
    (pond.path / "oplog/tier=hot/part=0/damaged.parquet").write_bytes(b"")
    if gone:
        lose(pond)
    steps = 0
    while True:
        steps += 1
        try:
            with pytest.MonkeyPatch.context() as patch:
                die_at(patch, steps, done=done)
                repair(pond)
        except DeathError:
            if (delta_log(pond)).exists():
                assert shown(reopened(pond)) == before, steps
            continue
        break
    assert steps > 2
    check_same(pond, before)


def die_at(patch: pytest.MonkeyPatch, step: int, *, done: bool) -> None:
    """End at the so many-th renaming or linking of a file, before or after it."""
    left = [step]
    for name in ("replace", "link"):
        patch.setattr(f"os.{name}", _dying(getattr(__import__("os"), name), left, done=done))


def _dying(call: Callable[..., None], left: list[int], *, done: bool) -> Callable[..., None]:
    def die(*args: Any, **options: Any) -> None:  # noqa: ANN401 -- those of the call
        left[0] -= 1
        if left[0] or done:
            call(*args, **options)
        if not left[0]:
            raise DeathError

    return die


def test_there_is_nothing_to_repair_where_no_pond_was(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotAPondError, match="nothing of a pond"):
            Pond.repair(place)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_pond_is_repaired(tmp_path: Path) -> None:
    pond = Pond.init(tmp_path / "empty", durability="process")
    pond_id = pond.id
    report = repair(pond)
    assert (report.ok, report.txns, report.pond_id) == (True, 0, pond_id)
    check_same(pond, [{**portrait(pond.snapshot())}])


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"pond.min_reader": "99"}, FormatTooNewError),
        ({"pond.format": "1"}, FormatTooOldError),
    ],
)
def test_a_pond_of_another_format_is_left_alone(
    pond: Pond, settings: dict[str, str], error: type[StoreError]
) -> None:
    DeltaTable(str(pond.path / "oplog")).alter.set_table_properties(
        settings, raise_if_not_exists=False
    )
    files = sorted(pond.path.rglob("*"))
    with pytest.raises(error):
        repair(pond)
    with pytest.raises(error):
        Pond.verify_at(pond.path)
    assert sorted(pond.path.rglob("*")) == files


@pytest.fixture
def cut(pond: Pond, monkeypatch: pytest.MonkeyPatch) -> Pond:
    """A pond that has lost the Delta commits of its three newest transactions."""
    monkeypatch.setattr(maintenance, "CHECKPOINT_EVERY", 1000)
    monkeypatch.setattr(maintenance, "MERGE_FILES", 1000)
    for each in range(3):
        with pond.transaction() as tx:
            tx.write_data("/more", b"%d" % each)
    for path in sorted(delta_log(pond).glob("*.json"))[-3:]:
        path.unlink()
    return pond


def test_newest_commits_that_are_lost_are_missed_by_verification(cut: Pond) -> None:
    found = reopened(cut).verify().findings
    assert [(finding.what, finding.where) for finding in found] == [
        ("commits missing", f"txn {TXNS + 1}")
    ]
    assert repair(cut).txns == TXNS + 3
    assert reopened(cut).verify().findings == ()


def test_a_commit_that_another_chain_displaces_is_told(cut: Pond) -> None:
    with reopened(cut).transaction() as tx:
        tx.write_data("/after", b"the loss")
    report = repair(cut)
    assert ("transaction displaced", f"txn {TXNS + 1}") in whats(report)
    assert report.proven < report.txns == TXNS + 3
    assert report.set_aside


def test_a_pond_that_has_just_forgotten_is_sound(pond: Pond) -> None:
    pond.maintain(forget_before=6)
    report = repair(pond)
    assert (report.findings, report.proven) == ((), TXNS)


def test_no_new_pond_is_made_over_objects(pond: Pond) -> None:
    shutil.rmtree(pond.path / "oplog")
    with pytest.raises(ExistsError, match="no log that names them"):
        Pond.init(pond.path)
    assert list((pond.path / "objects").glob("*/*"))
