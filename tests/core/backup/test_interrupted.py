"""Killed at any step, a push and a restoration do no harm, and are done when asked for again."""

import itertools
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pond_core import Backups, Keep, Pond
from pond_core.backup import condemned
from pond_core.storage import Durability, Folder
from tests.core.backup import dying
from tests.core.backup.histories import TXNS, files_in, shown, write_history, write_more
from tests.core.dying import dies, nursery


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
