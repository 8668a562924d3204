"""History that was dropped, but for some moments."""

import contextlib
import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pond_core import (
    Backups,
    Change,
    ConflictError,
    DataError,
    Difference,
    EntryType,
    Pond,
    SnapshotForgottenError,
    Transaction,
    Window,
)
from pond_core.oplog import maintenance
from tests.conformance.filesystem import readings
from tests.core.commits import commit, touching, write
from tests.core.oplog.wreck import TXNS, give_a_past, make_upkeep_busy, reopened, repair
from tests.faults.portrait import Portrait, portrait

KEPT = (3, 6)
HORIZON = 10


@pytest.fixture
def pond(pond: Pond, monkeypatch: pytest.MonkeyPatch) -> Pond:
    make_upkeep_busy(monkeypatch)
    monkeypatch.setattr(maintenance, "_REPLACED_S", 0)
    return give_a_past(pond)


@pytest.fixture
def past(pond: Pond) -> list[Portrait]:
    """What each txn showed before anything was forgotten."""
    return [portrait(pond.snapshot(txn)) for txn in range(TXNS + 1)]


def check(pond: Pond, past: list[Portrait], *shown: int) -> None:
    """Check that these txns can be shown as they were, and that no others can."""
    for txn, expected in enumerate(past):
        if txn in shown:
            assert portrait(pond.snapshot(txn)) == expected, txn
        else:
            with pytest.raises(SnapshotForgottenError):
                pond.snapshot(txn)


LATER = range(HORIZON, TXNS + 1)


def test_what_is_kept_is_shown_as_it_was_and_nothing_beside_it(
    pond: Pond, past: list[Portrait]
) -> None:
    done = pond.maintain(forget_before=HORIZON, keep=KEPT)
    assert (done.horizon, done.kept) == (HORIZON, KEPT)
    assert done.forgotten > 0
    for each in (pond, reopened(pond)):
        check(each, past, *KEPT, *LATER)
    assert pond.verify().ok


def test_the_error_tells_which_moments_around_it_are_kept(pond: Pond) -> None:
    pond.maintain(forget_before=HORIZON, keep=[2, *KEPT])
    for txn, near in ((1, "2"), (4, "3, 6"), (7, "6")):
        with pytest.raises(SnapshotForgottenError, match=f"before it txn {near} can be shown"):
            pond.snapshot(txn)


def test_what_is_kept_outlives_later_upkeep(pond: Pond, past: list[Portrait]) -> None:
    pond.maintain(forget_before=HORIZON, keep=KEPT)
    for number in range(20):
        commit(pond, write("/again", b"%d" % number))
    pond.maintain()
    check(reopened(pond), past, *KEPT, *LATER)


def test_it_is_kept_until_a_forgetting_that_does_not_keep_it(
    pond: Pond, past: list[Portrait]
) -> None:
    pond.maintain(forget_before=HORIZON, keep=KEPT)
    pond.maintain(forget_before=6)
    check(pond, past, 6, *LATER)
    pond.maintain(forget_before=HORIZON + 1, keep=[HORIZON])
    check(pond, past, *LATER)
    pond.maintain(forget_before=HORIZON + 1)
    check(pond, past, *LATER[1:])


@pytest.mark.parametrize("before", [4, 5])
def test_forgetting_before_what_was_forgotten_drops_what_was_kept_before_it(
    pond: Pond, past: list[Portrait], before: int
) -> None:
    pond.maintain(forget_before=HORIZON, keep=[2, *KEPT])
    done = pond.maintain(forget_before=before, keep=[3])
    assert (done.horizon, done.kept) == (HORIZON, KEPT)
    check(pond, past, *KEPT, *LATER)


def test_nothing_can_be_kept_of_what_is_not_forgotten(pond: Pond) -> None:
    with pytest.raises(DataError, match="nothing is forgotten"):
        pond.maintain(keep=[3])


def test_what_was_dropped_cannot_be_kept(pond: Pond, past: list[Portrait]) -> None:
    pond.maintain(forget_before=HORIZON, keep=KEPT)
    with pytest.raises(SnapshotForgottenError):
        pond.maintain(forget_before=TXNS, keep=[4])
    check(pond, past, *KEPT, *LATER)


def test_a_dry_run_foresees_what_goes_beside_what_is_kept(pond: Pond, past: list[Portrait]) -> None:
    pond.maintain()
    foreseen = pond.maintain(forget_before=HORIZON, keep=KEPT, dry_run=True)
    check(pond, past, *range(TXNS + 1))
    done = pond.maintain(forget_before=HORIZON, keep=KEPT)
    assert (foreseen.forgotten, foreseen.kept) == (done.forgotten, KEPT)
    assert pond.maintain(forget_before=HORIZON).forgotten > 0


def test_a_difference_from_a_kept_moment_is_whole(pond: Pond) -> None:
    moments = [*itertools.combinations(KEPT, 2), *((txn, TXNS) for txn in KEPT)]
    before = [told(pond.diff(*each)) for each in moments]
    pond.maintain(forget_before=HORIZON, keep=KEPT)
    assert [told(pond.diff(*each)) for each in moments] == before


def test_what_was_done_to_a_path_is_not_told_as_of_a_kept_moment(pond: Pond) -> None:
    pond.maintain(forget_before=HORIZON, keep=KEPT)
    with pytest.raises(SnapshotForgottenError, match="up to txn 10 was dropped"):
        touching(pond, "/again", as_of=6)
    with pytest.raises(SnapshotForgottenError, match="up to txn 10 was dropped"):
        pond.changes_of("/again", as_of=6)
    assert [header.txn for header in pond.log(as_of=6)] == [6, 5, 4, 3, 2, 1]
    assert touching(pond, "/again") == [12, 11]


NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "is_same"), [(NAN, True), (None, False), (0.0, False), (1.5, False)]
)
def test_a_window_that_holds_what_it_held_does_not_differ_once_it_is_condensed(
    pond: Pond, value: float | None, *, is_same: bool
) -> None:
    first = last = commit(pond, window({0: NAN, 1: 1.0}, Window(0, 10)))
    for start in (10, 20, 30):
        last = commit(pond, window({start: NAN}, Window(start, start + 10)))
    if not is_same:
        last = commit(pond, window({0: value, 1: 1.0}, Window(0, 10)))
    pond.maintain(forget_before=last, keep=[first])
    [change] = pond.diff(first, last).changes
    assert change.windows[0].window == Window(10 if is_same else 0, 40)


def window(readings_: dict[int, float | None], span: Window) -> Callable[[Transaction], None]:
    return lambda tx: tx.write_window("/numbers", readings(readings_), span)


def told(difference: Difference) -> list[Change]:
    """Return what differs; windows that were condensed since take other bytes."""
    return [
        replace(each, bytes=None if each.entry_type is EntryType.SERIES else each.bytes)
        for each in difference.changes
    ]


def test_a_kept_transaction_is_told_whole_or_not_at_all(pond: Pond) -> None:
    before = {txn: pond.show(txn) for txn in range(1, TXNS + 1)}
    pond.maintain(forget_before=HORIZON, keep=range(HORIZON))
    told_now = {}
    for txn in before:
        with contextlib.suppress(SnapshotForgottenError):
            told_now[txn] = pond.show(txn)
    assert told_now.items() <= before.items()
    assert {1, 8} <= told_now.keys()
    with pytest.raises(SnapshotForgottenError, match="some of what txn 3 did was dropped"):
        pond.show(3)


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_repair_keeps_what_is_kept_and_brings_nothing_back(
    pond: Pond,
    past: list[Portrait],
    is_lost: bool,  # noqa: FBT001 -- a parameter
) -> None:
    pond.maintain(forget_before=HORIZON, keep=KEPT)
    if is_lost:
        for path in (pond.path / "oplog" / "_delta_log").iterdir():
            path.unlink()
    repair(pond)
    again = reopened(pond)
    if is_lost:  # nothing tells any more what can be shown
        again.maintain(forget_before=HORIZON, keep=KEPT)
    check(again, past, *KEPT, *LATER)
    assert again.verify().ok


def test_a_backup_has_what_is_kept(pond: Pond, past: list[Portrait], tmp_path: Path) -> None:
    pond.maintain(forget_before=HORIZON, keep=KEPT)
    backups = Backups(tmp_path / "backup", durability="process")
    pond.push(backups)
    backups.restore(tmp_path / "restored")
    check(Pond.open(tmp_path / "restored"), past, *KEPT, *LATER)
    backups.restore(tmp_path / "then", as_of=6)
    then = Pond.open(tmp_path / "then")
    check(then, past[:7], *KEPT)
    assert portrait(then.snapshot()) == past[6]
    assert then.verify().ok
    with pytest.raises(SnapshotForgottenError) as info:
        backups.restore(tmp_path / "never", as_of=4)
    assert info.value.hint.endswith("and of those before it txn 3, 6 can be")


def test_what_is_kept_is_no_base_for_a_transaction(pond: Pond) -> None:
    with pytest.raises(ConflictError, match="dropped"), pond.transaction() as tx:  # noqa: PT012  # a race
        tx.write_data("/ours", b"ours")
        other = reopened(pond)
        commit(other, write("/theirs"))
        other.maintain(forget_before=TXNS + 1, keep=[TXNS])


# The ends of months


@pytest.fixture
def calendar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pond:
    """A pond with transactions in January, March and April: 1 to 3, 4, 5 and 6."""
    pond = Pond.init(tmp_path / "calendar", durability="process")
    for month, day in ((1, 1), (1, 2), (1, 31), (3, 15), (4, 1), (4, 20)):
        instant = datetime(2026, month, day, 23, 59, tzinfo=UTC)
        monkeypatch.setattr(time, "time_ns", lambda at=instant: int(at.timestamp()) * 10**9)
        commit(pond, write("/f", f"{month}-{day}".encode()))
    return pond


def test_the_end_of_a_month_is_its_last_transaction(calendar: Pond) -> None:
    assert calendar.month_ends(6) == [3, 4]
    assert calendar.month_ends(4) == [3]
    assert calendar.month_ends(1) == calendar.month_ends(0) == []


def test_the_same_month_of_another_year_is_another_month(
    calendar: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = datetime(2027, 4, 20, tzinfo=UTC)
    monkeypatch.setattr(time, "time_ns", lambda: int(later.timestamp()) * 10**9)
    assert calendar.month_ends(commit(calendar, write("/f"))) == [3, 4, 6]


def test_the_end_of_a_month_that_was_kept_is_one_for_ever(calendar: Pond) -> None:
    calendar.maintain(forget_before=5, keep=[1, *calendar.month_ends(5)])
    assert calendar.month_ends(6) == [3, 4]
    calendar.maintain(forget_before=6, keep=calendar.month_ends(6))
    assert [calendar.snapshot(txn).read_data("/f") for txn in (3, 4)] == [b"1-31", b"3-15"]
    assert calendar.snapshot(datetime(2026, 2, 28, tzinfo=UTC)).txn == 3


def test_the_ends_of_months_before_what_was_forgotten_are_those_that_were_kept(
    calendar: Pond,
) -> None:
    calendar.maintain(forget_before=6, keep=calendar.month_ends(6))
    assert [calendar.month_ends(txn) for txn in (2, 4, 5)] == [[], [3], [3, 4]]


def test_the_end_of_a_month_that_was_dropped_is_none(calendar: Pond) -> None:
    calendar.maintain(forget_before=4, keep=[2])
    assert calendar.month_ends(6) == [4]
    calendar.maintain(forget_before=5, keep=[2, 4])
    assert calendar.month_ends(6) == [4]
