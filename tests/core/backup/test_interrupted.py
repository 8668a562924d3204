"""Killed at any step, a push and a restoration do no harm, and are done when asked for again."""

import itertools
import shutil
from pathlib import Path

import pytest

from pond_core import Backups, Pond
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
