"""What `Backup` and `Copy` do: a pond into a folder, and a folder into a pond. No Dagster."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pond_core import BackupFolder, Header, NotAPondError, NotFoundError, Point, Pond, Pushed
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Backup, Copy


@dataclass(frozen=True, slots=True)
class Copied:
    """What bringing a copy up to date came to.

    Attributes:
        txn: The transaction of the parent that the copy shows.
        parent: The UUID of the pond that it is a copy of.
        is_new: Whether it was made anew; else nothing was pushed since.
        objects: How many objects were fetched.
        bytes: How many bytes were fetched.
    """

    txn: int
    parent: str
    is_new: bool
    objects: int
    bytes: int


def folder_of(service: Backup | Copy, environ: Mapping[str, str]) -> BackupFolder:
    """Return the folder of a service.

    Raises:
        ConfigError: A variable that it names is not set.
    """
    return BackupFolder(service.root / service.folder.resolve(environ))


def back_up(backup: Backup, pond: Pond, environ: Mapping[str, str]) -> Pushed:
    """Bring a backup up to date.

    Raises:
        ConfigError: The folder lies in the pond, or a variable that it names is not set.
        PondDivergedError: The backup holds another history of this pond.
        StoreError: The pond is damaged, or a disk refuses.
    """
    folder = folder_of(backup, environ)
    if folder.path.resolve().is_relative_to(pond.path.resolve()):
        msg = f"the backup {backup.name} would lie in the pond itself"
        raise ConfigError(msg, hint="name a folder on another disk")
    return pond.push(folder)


def update_copy(copy: Copy, environ: Mapping[str, str]) -> Copied:
    """Make the directory of a copy show what the newest point of its backup holds.

    The pond is made beside it and takes its place by a rename. A copy that somebody wrote to is a
    pond of its own by now, and is left alone.

    Raises:
        ConfigError: Something else is in that directory, or a variable is not set.
        NotFoundError: There is no backup.
        StoreError: The backup is damaged, or a disk refuses.
    """
    folder = folder_of(copy, environ)
    point = _newest(folder)
    place = copy.root / copy.to.resolve(environ)
    aside = place.with_name(f".{place.name}.old")
    if aside.exists() and not place.exists():
        aside.rename(place)  # an earlier run died between its two renames
    shown = _shown(place, point)
    if shown == point.txn:
        return Copied(point.txn, point.pond, is_new=False, objects=0, bytes=0)
    fresh = place.with_name(f".{place.name}.new")
    if Pond.exists(fresh):
        shutil.rmtree(fresh)  # an earlier run died before its renames
    restored = folder.restore(fresh, pond=point.pond)
    shutil.rmtree(aside, ignore_errors=True)
    if place.exists():
        place.rename(aside)
    fresh.rename(place)
    shutil.rmtree(aside, ignore_errors=True)
    return Copied(
        restored.txn, point.pond, is_new=True, objects=restored.objects, bytes=restored.bytes
    )


def _newest(folder: BackupFolder) -> Point:
    ponds = folder.ponds()
    if len(ponds) > 1:
        msg = f"{folder.path} has backups of {len(ponds)} ponds"
        raise ConfigError(msg, hint="give each pond that is to be copied a folder of its own")
    point = folder.newest(ponds[0]) if ponds else None
    if point is None:
        msg = f"there is no backup in {folder.path}"
        raise NotFoundError(msg, path=str(folder.path), hint="materialize its Backup first")
    return point


def _shown(place: Path, point: Point) -> int | None:
    """Return which txn of the parent a copy shows; None where there is no copy yet.

    Raises:
        ConfigError: It is no copy of that pond, or not only that.
    """
    if not place.exists() or not any(place.iterdir()):
        return None
    try:
        newest = next(iter(Pond.open(place).log(limit=1)), None)
    except NotAPondError:
        newest = None
    if newest is None or not _is_copy(newest, point):
        msg = f"{place} holds something else than a copy of pond {point.pond}"
        hint = "a copy that was written to is a pond of its own: name another directory"
        raise ConfigError(msg, hint=hint)
    return newest.txn - 1


def _is_copy(newest: Header, point: Point) -> bool:
    """Say whether a pond was restored from a backup, and nobody wrote to it since.

    A restored pond's own first transaction changes nothing, and names the parent; after an empty
    history there is none to name.
    """
    names_parent = newest.parent == point.pond or (newest.txn == 1 and not newest.parent)
    return names_parent and newest.operations == 0 and newest.txn <= point.txn + 1
