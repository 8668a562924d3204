"""Backups in a process that dies before the n-th change that Python makes to the files."""

import tempfile
from datetime import timedelta
from pathlib import Path

from pond_core import Backups, Keep, Pond, put_back, restore_part
from pond_core.backup import cleanup
from tests.core.dying import die_after, end


def push(place: Path, steps: int) -> None:
    """Push the pond of a place; die before so many changes."""
    pond = Pond.open(place / "pond", durability="process")
    die_after(steps)
    pond.push(Backups(place / "backup", durability="process"))
    end(steps)


def restore(place: Path, steps: int) -> None:
    """Restore the backup of a place; die before so many changes."""
    backups = Backups(place / "backup", durability="process")
    die_after(steps)
    backups.restore(place / "restored")
    end(steps)


def put(place: Path, steps: int) -> None:
    """Put a part of the backup of a place back, over what is there; die before so many changes."""
    pond = Pond.open(place / "pond", durability="process")
    backups = Backups(place / "backup", durability="process")
    tempfile.tempdir = str(place)  # what a killed process leaves goes with the test
    die_after(steps)
    put_back(backups, "/a", pond, "/a", replace=True)
    end(steps)


def restore_a_part(place: Path, steps: int) -> None:
    """Make a new pond of a part of the backup of a place; die before so many changes."""
    backups = Backups(place / "backup", durability="process")
    tempfile.tempdir = str(place)
    die_after(steps)
    restore_part(backups, "/a", place / "new", durability="process")
    end(steps)


def thin(place: Path, steps: int) -> None:
    """Let moments expire, and clean up twice as if a day had passed; die before so many changes."""
    setattr(cleanup, "WAIT", timedelta(0))  # noqa: B010 -- it is another module's import
    backups = Backups(place / "backup", durability="process")
    die_after(steps)
    backups.expire(Keep(daily=1))
    backups.clean_up()
    backups.clean_up()
    end(steps)


def pull(place: Path, steps: int) -> None:
    """Bring the replica of a place up to date; die before so many changes."""
    backups = Backups(place / "backup", durability="process")
    die_after(steps)
    backups.pull(place / "replica")
    end(steps)


def promote(place: Path, steps: int) -> None:
    """Let the replica of a place go its own way; die before so many changes."""
    pond = Pond.open(place / "replica", durability="process")
    die_after(steps)
    pond.promote()
    end(steps)
