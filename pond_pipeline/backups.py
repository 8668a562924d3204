"""What `Backup` and `Copy` do: a pond into a backup, and a backup into a pond. No Dagster."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pond_core import (
    Backups,
    Expired,
    Header,
    NotAPondError,
    NotFoundError,
    Point,
    Pond,
    Pushed,
    from_us,
)
from pond_pipeline.bucket_access import access_of
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


def backups_of(service: Backup | Copy, environ: Mapping[str, str]) -> Backups:
    """Return where the backups of a service are.

    Raises:
        ConfigError: A variable that it names is not set, or there are no credentials.
        DataError: What it names is no bucket, or its key is too short.
    """
    place = service.place
    key = None if place.encryption_key is None else place.encryption_key.resolve(environ)
    if place.folder is not None:
        return Backups(service.root / place.folder.resolve(environ), key=key)
    names = [each.resolve(environ).strip("/") for each in (place.bucket, place.prefix) if each]
    return Backups(f"s3://{'/'.join(names)}", access=access_of(place, environ), key=key)


def place_text(service: Backup | Copy) -> str:
    """Return where the backups of a service are, without what the environment says."""
    place = service.place
    if place.folder is not None:
        return str(place.folder)
    return f"s3://{'/'.join(str(each).strip('/') for each in (place.bucket, place.prefix) if each)}"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What bringing a backup up to date came to.

    Attributes:
        backups: Where it is.
        pushed: What was sent.
        expired: Which moments stay; None where none was looked at.
    """

    backups: Backups
    pushed: Pushed
    expired: Expired | None


def back_up(backup: Backup, pond: Pond, environ: Mapping[str, str]) -> BackedUp:
    """Bring a backup up to date; when a day is over, let moments expire that are not to be kept.

    Raises:
        ConfigError: The folder lies in the pond, or a variable that it names is not set.
        PondDivergedError: The backup holds another history of this pond.
        StoreError: The pond is damaged, or a disk or the server refuses.
    """
    backups = backups_of(backup, environ)
    folder = backup.place.folder
    if folder is not None:
        path = backup.root / folder.resolve(environ)
        if path.resolve().is_relative_to(pond.path.resolve()):
            msg = f"the backup {backup.name} would lie in the pond itself"
            raise ConfigError(msg, hint="name a folder on another disk")
    pushed = pond.push(backups)
    expired = None
    if backup.keep is not None and _day(pushed.point.ts_us) > _day(pushed.point.thinned_us):
        expired = backups.expire(backup.keep, pond=pond.id)
        if expired.expired:
            backups.clean_up()
    return BackedUp(backups, pushed, expired)


def _day(instant_us: int) -> date:
    return from_us(instant_us).date()


def update_copy(copy: Copy, environ: Mapping[str, str]) -> Copied:
    """Make the directory of a copy show what the newest point of its backup holds.

    The pond is made beside it and takes its place by a rename. A copy that somebody wrote to is a
    pond of its own by now, and is left alone.

    Raises:
        ConfigError: Something else is in that directory, or a variable is not set.
        NotFoundError: There is no backup.
        StoreError: The backup is damaged, or a disk refuses.
    """
    backups = backups_of(copy, environ)
    point = _newest(backups, copy.pond)
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
    restored = backups.restore(fresh, pond=point.pond)
    _shown(place, point)  # that took a while: somebody may have written to it meanwhile
    shutil.rmtree(aside, ignore_errors=True)
    if place.exists():
        place.rename(aside)
    fresh.rename(place)
    shutil.rmtree(aside, ignore_errors=True)
    return Copied(
        restored.txn, point.pond, is_new=True, objects=restored.objects, bytes=restored.bytes
    )


def _newest(backups: Backups, pond: str | None) -> Point:
    ponds = backups.ponds()
    if pond is None and len(ponds) > 1:
        msg = f"{backups.label} has backups of {len(ponds)} ponds: {', '.join(ponds)}"
        raise ConfigError(msg, hint="say which one: `pond: <uuid>`")
    pond = pond or (ponds[0] if ponds else None)
    point = backups.newest(pond) if pond else None
    if point is None:
        msg = f"there is no backup in {backups.label}"
        raise NotFoundError(msg, path=backups.label, hint="materialize its Backup first")
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
