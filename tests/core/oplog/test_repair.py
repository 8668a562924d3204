"""Repair: every snapshot as before, from any remains of a Delta log."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

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
    SnapshotForgottenError,
    StoreError,
    Transaction,
    Window,
)
from pond_core.oplog import maintenance
from pond_core.tlogfs import content
from tests.conformance.filesystem import readings
from tests.core.oplog.wreck import (
    TXNS,
    check_same,
    delta_log,
    give_a_past,
    lose,
    make_upkeep_busy,
    reopened,
    repair,
    shown,
    whats,
)
from tests.core.steps import TRANSACTIONS, Step, take
from tests.faults.portrait import portrait


@pytest.fixture(autouse=True)
def _busy_upkeep(monkeypatch: pytest.MonkeyPatch) -> None:
    make_upkeep_busy(monkeypatch)


@pytest.fixture
def pond(pond: Pond) -> Pond:
    return give_a_past(pond)


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


def test_a_new_log_is_noticed_where_its_directory_has_the_number_of_the_old_one(
    pond: Pond,
) -> None:
    """A file system may give the inode of a directory that was deleted to the next one."""
    log = delta_log(pond)
    old = log.rename(pond.path / "old")
    for path in old.iterdir():
        path.unlink()
    repair(pond)
    for path in log.iterdir():
        path.rename(old / path.name)
    log.rmdir()
    old.rename(log)
    with pond.transaction() as tx:
        tx.write_data("/next", b"next")
    assert reopened(pond).snapshot().read_data("/next") == b"next"
    assert reopened(pond).verify().findings == ()


def test_what_was_forgotten_stays_forgotten(pond: Pond) -> None:
    pond.maintain(forget_before=6)
    before = shown(pond)
    report = repair(pond)
    assert (report.horizon, report.txns) == (6, TXNS)
    again = check_same(pond, before)
    again.maintain()
    assert shown(again)[: len(before)] == before


def test_what_was_forgotten_stays_forgotten_where_the_horizon_is_lost(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "SEALED_BYTES", 0)  # no file is merged with another
    pond.transact(lambda tx: tx.write_data("/last", b"last"))
    kept = portrait(pond.snapshot(3))
    pond.maintain(forget_before=TXNS + 1, keep=[3])
    for file in pond._log.files():
        if file.min_txn == TXNS + 1:
            (pond.path / "oplog" / file.path).unlink()
    report = repair(pond)
    assert (report.txns, report.horizon) == (TXNS, TXNS)
    again = reopened(pond)
    assert portrait(again.snapshot(3)) == kept
    with pytest.raises(SnapshotForgottenError):
        again.snapshot(5)


def grow(pond: Pond, windows: int) -> None:
    """Write windows side by side, which upkeep condenses."""
    for start in range(windows):

        def write(tx: Transaction, start: int = start) -> None:
            tx.write_window("/s", readings({start: 1.0}), Window(start, start + 1))

        pond.transact(write)


def forget_the_newest(pond: Pond, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a transaction that nothing needs, and forget all that it did."""
    monkeypatch.setattr(maintenance, "_REPLACED_S", 0)
    pond.transact(lambda tx: tx.remove("/again"))
    for before in (3, 6, TXNS + 1):  # each leaves a checkpoint, and the commit goes
        pond.maintain(forget_before=before)


def test_the_newest_transaction_is_known_by_checkpoints(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "SEALED_BYTES", 0)  # its header is merged with no other
    forget_the_newest(pond, monkeypatch)
    before = shown(pond)
    report = repair(pond)
    assert (report.txns, report.horizon) == (TXNS + 1, TXNS + 1)
    check_same(pond, before)


def test_the_newest_transaction_is_known_by_the_others_that_its_header_was_merged_with(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_the_newest(pond, monkeypatch)
    before = portrait(pond.snapshot())
    lose(pond)
    assert repair(pond).txns == TXNS + 1
    assert portrait(reopened(pond).snapshot()) == before


def test_who_read_the_pond_before_it_reads_on(pond: Pond, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves out rows that condense others, and their objects are deleted a day later."""
    monkeypatch.setattr(content, "INLINE_BYTES", 0)
    grow(pond, 12)
    pond.maintain()
    reader = reopened(pond)
    before = reader.snapshot().read_series("/s")
    repair(pond)
    for path in (pond.path / "objects").glob("*/*"):
        os.utime(path, (time.time() - 30 * 3600,) * 2)
    assert reopened(pond).maintain().deleted
    assert reader.snapshot().read_series("/s").equals(before)


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
