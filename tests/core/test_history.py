"""The past of a pond: its moments, and its log."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from pond_core import (
    DataError,
    LogFilter,
    NotFoundError,
    Pond,
    SnapshotForgottenError,
    WrongTypeError,
    from_us,
)
from tests.core.commits import OTHER_RUN, RUN, commit, long_pond, touching, write
from tests.core.steps import TRANSACTIONS, Step, take


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Pond:
    return long_pond(tmp_path_factory.mktemp("long") / "pond")


# Moments


def test_a_run_means_its_last_transaction(pond: Pond) -> None:
    commit(pond, write("/a"), run_id=RUN)
    commit(pond, write("/b"), run_id=RUN)
    commit(pond, write("/c"), run_id=OTHER_RUN)
    assert pond.snapshot(RUN).txn == 2
    assert pond.snapshot(OTHER_RUN).txn == 3


def test_a_run_is_found_however_long_ago_it_was(long: Pond) -> None:
    assert long.snapshot(RUN).txn == 1


@pytest.mark.parametrize("run_id", [OTHER_RUN, "", RUN[:8]])
def test_a_run_without_transactions_means_no_moment(pond: Pond, run_id: str) -> None:
    commit(pond, write("/a"), run_id=RUN)
    commit(pond, write("/b"))
    with pytest.raises(NotFoundError, match="no transaction was made by a run") as info:
        pond.snapshot(run_id)
    assert "a run that changed nothing makes none" in info.value.hint


def test_an_instant_means_the_last_transaction_until_then(long: Pond) -> None:
    for header in long.log()[::23]:
        assert long.snapshot(from_us(header.ts_us)).txn == header.txn
        assert long.snapshot(from_us(header.ts_us - 1)).txn == header.txn - 1


def test_an_instant_before_the_first_transaction_means_the_empty_pond(pond: Pond) -> None:
    commit(pond, write("/a"))
    assert pond.snapshot(datetime(2000, 1, 1, tzinfo=UTC)).ls("/") == []


def test_a_moment_that_was_forgotten_is_no_moment(pond: Pond) -> None:
    for name in "abc":
        commit(pond, write(f"/{name}"))
    pond.maintain(forget_before=2)
    assert pond.snapshot(2).txn == 2
    assert pond.show(3).header.txn == 3
    for moment in (0, 1, datetime(2000, 1, 1, tzinfo=UTC)):
        with pytest.raises(SnapshotForgottenError, match="was dropped; 2 is the first"):
            pond.snapshot(moment)
    with pytest.raises(SnapshotForgottenError):
        pond.show(2)
    with pytest.raises(SnapshotForgottenError):
        pond.diff(1)


def test_the_log_tells_who_made_what_was_forgotten_but_not_which_paths(pond: Pond) -> None:
    for number in range(4):
        commit(pond, write("/f", str(number).encode()))
    pond.maintain(forget_before=2)
    assert [header.txn for header in pond.log()] == [4, 3, 2, 1]
    assert touching(pond, "/f") == [4, 3]
    assert [each.header.txn for each in pond.changes_of("/f")] == [4, 3]


# The log


def test_the_log_ends_at_a_moment(pond: Pond) -> None:
    for name in "abc":
        commit(pond, write(f"/{name}"), run_id=RUN if name == "b" else "")
    assert [header.txn for header in pond.log(as_of=2)] == [2, 1]
    assert [header.txn for header in pond.log(as_of=RUN, limit=1)] == [2]


def test_true_is_no_moment(pond: Pond) -> None:
    commit(pond, write("/a"))
    with pytest.raises(DataError, match="True is no moment"):
        pond.snapshot(as_of=True)


def test_the_log_of_a_run_has_its_transactions_alone(pond: Pond) -> None:
    for name, run_id in zip("abcd", (RUN, OTHER_RUN, "", RUN), strict=True):
        commit(pond, write(f"/{name}"), run_id=run_id)
    assert [header.txn for header in pond.log(wanted=LogFilter(run_id=RUN))] == [4, 1]
    assert [header.txn for header in pond.log(wanted=LogFilter(run_id=RUN), limit=1)] == [4]


def test_the_log_of_an_asset_takes_a_path_or_a_pattern(pond: Pond) -> None:
    for asset in ("/raw/a", "/raw/b", "", "no path", "/raw/a"):
        commit(pond, write("/f", asset.encode()), asset=asset)
    assert [header.txn for header in pond.log(wanted=LogFilter(asset="/raw/a"))] == [5, 1]
    assert [header.txn for header in pond.log(wanted=LogFilter(asset="/raw/*"))] == [5, 2, 1]


def test_filters_of_the_log_are_met_all_at_once(pond: Pond) -> None:
    commit(pond, write("/a"), run_id=RUN)
    commit(pond, write("/b"), run_id=RUN)
    commit(pond, write("/b", b"y"))
    wanted = LogFilter(path="/b", run_id=RUN)
    assert [header.txn for header in pond.log(wanted=wanted)] == [2]


def test_the_log_of_a_pattern_has_what_touched_each_of_its_names(pond: Pond) -> None:
    for name in ("/a", "/b"):
        commit(pond, write(name))
        commit(pond, lambda tx, name=name: tx.remove(name))  # type: ignore[misc]
        commit(pond, write(name))
    commit(pond, write("/other"))
    wanted = LogFilter(path="/[ab]")
    assert [header.txn for header in pond.log(wanted=wanted)] == [6, 5, 4, 3, 2, 1]


def test_the_log_of_a_path_has_what_touched_it(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, write("/g"))
    commit(pond, lambda tx: tx.mark("/f", {"unit": "m"}))
    commit(pond, write("/f", b"y"))
    assert touching(pond, "/f") == [4, 3, 1]
    assert touching(pond, "f") == [4, 3, 1]
    assert touching(pond, "/f", as_of=3) == [3, 1]


def test_the_log_of_a_path_goes_back_as_far_as_it_takes(long: Pond) -> None:
    assert touching(long, "/f") == [1]


def test_the_log_of_a_path_follows_renames(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.rename("/f", "/g"))
    commit(pond, write("/f"))
    assert touching(pond, "/g") == [2, 1]


def test_the_log_of_a_directory_has_what_touched_anything_in_it(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d/e", parents=True))
    commit(pond, write("/d/e/f"))
    commit(pond, write("/other"))
    commit(pond, write("/d/e/f", b"y"))
    assert touching(pond, "/d") == [4, 2, 1]
    assert touching(pond, "/") == [4, 3, 2, 1]


def test_the_log_of_a_directory_has_what_is_gone_from_it(pond: Pond) -> None:
    commit(pond, lambda tx: tx.mkdir("/d/e", parents=True))
    commit(pond, write("/d/e/f"))
    commit(pond, write("/other"))
    commit(pond, write("/d/e/f", b"y"))
    commit(pond, lambda tx: tx.remove("/d/e", recursive=True))
    commit(pond, write("/other", b"y"))
    assert touching(pond, "/d") == [5, 4, 2, 1]


def test_the_log_of_a_path_where_nothing_is_has_what_was_there(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, write("/f", b"y"))
    commit(pond, lambda tx: tx.remove("/f"))
    commit(pond, write("/g"))
    assert touching(pond, "/f") == [3, 2, 1]
    assert touching(pond, "/never") == []


def test_the_log_of_a_path_has_what_had_that_name_before(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.rename("/f", "/g"))
    commit(pond, write("/f"))
    commit(pond, write("/g", b"elsewhere by now"))
    assert touching(pond, "/f") == [3, 2, 1]


def test_the_log_of_a_path_whose_directory_is_not_there_is_an_error(pond: Pond) -> None:
    commit(pond, write("/f"))
    with pytest.raises(NotFoundError, match="/d/f does not exist: there is no /d"):
        touching(pond, "/d/f")
    with pytest.raises(WrongTypeError):
        touching(pond, "/f/g")


def test_the_log_of_a_symlink_is_its_own(pond: Pond) -> None:
    commit(pond, write("/f"))
    commit(pond, lambda tx: tx.symlink("/s", "f"))
    commit(pond, write("/s", b"y"))
    assert touching(pond, "/s") == [2]


@settings(max_examples=10, deadline=None)
@given(TRANSACTIONS)
def test_upkeep_changes_nothing_of_the_past(transactions: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        pond = Pond.init(Path(directory) / "pond", durability="process")
        take(pond, transactions)
        before = past(pond)
        pond.maintain()
        assert past(pond) == before
        assert past(Pond.open(pond.path)) == before


def past(pond: Pond) -> list[object]:
    """Return all that is told of the past."""
    head = pond.snapshot().txn
    shown = [pond.show(txn) for txn in range(1, head + 1)]
    differences = [pond.diff(txn) for txn in range(head + 1)]
    paths = [node.path for node in pond.snapshot().walk("/")]
    return [shown, differences, [(pond.changes_of(p), touching(pond, p)) for p in paths]]
