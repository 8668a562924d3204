"""Killed at any step, pushes, pulls and restorations do no harm, and are done when asked again."""

import itertools
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pond_core import Backups, Keep, Pond
from pond_core.backup import condemned
from pond_core.storage import Durability, Folder
from tests.core.backup import dying
from tests.core.backup.histories import (
    LARGE,
    TXNS,
    assert_follows,
    files_in,
    shown,
    write_history,
    write_more,
)
from tests.core.dying import dies, nursery

_STRIDE = 3
"""Of what has many steps so many are passed over: the others are like them."""


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A place with a pond, and with a backup that is not up to date."""
    start = tmp_path / "start"
    pond = Pond.init(start / "pond", durability="process")
    write_more(pond)
    pond.push(Backups(start / "backup", durability="process"))
    write_history(pond)
    return start


def test_a_push_that_is_killed_at_any_step_is_done_by_the_next(start: Path, tmp_path: Path) -> None:
    context = nursery(dying.__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        shutil.copytree(start, place)
        died = dies(context, dying.push, place, steps)
        files = Folder(place / "backup", durability=Durability(full=False))
        backups = Backups(files)
        assert backups.verify(full=True).ok
        before = files_in(files)
        pond = Pond.open(place / "pond", durability="process")
        told = backups.points(pond.id)[-1].txn
        pushed = pond.push(backups)
        assert pushed.is_new == (told <= TXNS)
        assert pushed.point.txn == TXNS + 1
        assert before.items() <= files_in(files).items()  # nothing was sent again
        assert list((place / "backup" / "tmp").iterdir()) == []
        assert backups.verify(full=True).ok
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 10


def test_a_restoration_that_is_killed_at_any_step_is_done_by_the_next(
    start: Path, tmp_path: Path
) -> None:
    pond = Pond.open(start / "pond", durability="process")
    pond.push(Backups(start / "backup", durability="process"))
    expected = [shown(pond, txn) for txn in range(TXNS + 2)]
    context = nursery(dying.__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        shutil.copytree(start, place)
        died = dies(context, dying.restore, place, steps)
        backups = Backups(place / "backup", durability="process")
        if died:
            backups.restore(place / "restored")
        restored = Pond.open(place / "restored", durability="process")
        assert [shown(restored, txn) for txn in range(TXNS + 2)] == expected
        report = restored.verify()
        assert (report.findings, report.left_over) == ((), ())
        assert not (place / "restored" / "restoring").exists()
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 30


@pytest.mark.usefixtures("a_day_passes")
def test_an_expiry_and_a_clean_up_that_are_killed_at_any_step_are_done_by_the_next(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pond = Pond.open(start / "pond", durability="process")
    for _ in range(2):
        pond.push(Backups(start / "backup", durability="process"))
        write_more(pond)
    pond.push(Backups(start / "backup", durability="process"))
    head = pond.snapshot().txn
    expected = shown(pond, head)
    monkeypatch.setattr(condemned, "_DEAD", timedelta(0))  # a clean-up that was killed is dead
    context = nursery(dying.__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        shutil.copytree(start, place)
        died = dies(context, dying.thin, place, steps)
        backups = Backups(place / "backup", durability="process")
        assert backups.verify(full=True).findings == ()
        backups.restore(place / "restored")
        assert shown(Pond.open(place / "restored", durability="process"), head) == expected
        backups.expire(Keep(daily=1))
        for _ in range(3):
            backups.clean_up()
        assert backups.verify(full=True).findings == ()
        files = files_in(Folder(place / "backup", durability=Durability(full=False)))
        assert len(files) == 4  # an object and a schema, a segment and a point
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 20


def test_a_pull_that_is_killed_at_any_step_is_done_by_the_next(lived: Pond, tmp_path: Path) -> None:
    (tmp_path / "start").mkdir()
    backups = Backups(tmp_path / "start" / "backup", durability="process")
    lived.push(backups)
    context = nursery(dying.__name__)
    for steps in itertools.count(step=_STRIDE):
        place = tmp_path / f"{steps}"
        shutil.copytree(tmp_path / "start", place)
        died = dies(context, dying.pull, place, steps)
        Backups(place / "backup", durability="process").pull(place / "replica")
        assert_follows(place / "replica", lived)
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 30


@pytest.mark.parametrize("expires", [False, True])
def test_a_pull_that_follows_and_is_killed_at_any_step_is_done_by_the_next(
    lived: Pond, tmp_path: Path, *, expires: bool
) -> None:
    (tmp_path / "start").mkdir()
    backups = Backups(tmp_path / "start" / "backup", durability="process")
    lived.push(backups)
    backups.pull(tmp_path / "start" / "replica")
    with lived.transaction() as changes:
        changes.remove("/s")
        changes.write_data("/other", LARGE[::-1])
    write_more(lived)
    lived.push(backups)
    if expires:
        backups.expire(Keep(daily=1))
    first = TXNS + 2 if expires else 0
    context = nursery(dying.__name__)
    for steps in itertools.count(step=_STRIDE):
        place = tmp_path / f"{steps}"
        shutil.copytree(tmp_path / "start", place)
        died = dies(context, dying.pull, place, steps)
        now = Pond.open(place / "replica", durability="process").snapshot()
        assert now.exists("/s") == (now.txn == TXNS)
        assert Pond.open(place / "replica", durability="process").verify().findings == ()
        Backups(place / "backup", durability="process").pull(place / "replica")
        assert_follows(place / "replica", lived, first=first)
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 10
