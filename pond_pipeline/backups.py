"""What `Backup` and `Copy` do: a pond into a backup, and a backup into a pond. No Dagster."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from pond_core import (
    Backups,
    Expired,
    Pond,
    Pulled,
    Pushed,
    from_us,
)
from pond_pipeline.bucket_access import access_of
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Backup, Copy


def backups_of(service: Backup | Copy, environ: Mapping[str, str]) -> Backups:
    """Return where the backups of a service are.

    Raises:
        ConfigError: A variable that it names is not set, or there are no credentials.
        DataError: What it names is no bucket, or its key is too short.
    """
    place = service.place
    key = None if place.encryption_key is None else place.encryption_key.resolve(environ)
    where = label_of(service, environ)
    if place.folder is not None:
        return Backups(where, key=key)
    return Backups(where, access=access_of(place, environ), key=key)


def label_of(service: Backup | Copy, environ: Mapping[str, str]) -> str:
    """Return what the backups of a service are called in messages: a path or a URL.

    Raises:
        ConfigError: A variable that it names is not set.
    """
    place = service.place
    if place.folder is not None:
        return str((service.root / place.folder.resolve(environ)).resolve())
    names = [each.resolve(environ).strip("/") for each in (place.bucket, place.prefix) if each]
    return f"s3://{'/'.join(names)}"


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


def back_up(
    backup: Backup,
    pond: Pond,
    environ: Mapping[str, str],
    *,
    told: Callable[[int, int], None] | None = None,
) -> BackedUp:
    """Bring a backup up to date; when a day is over, let moments expire that are not to be kept.

    Args:
        backup: The backup.
        pond: The pond.
        environ: What its texts stand for.
        told: Is told how many objects and bytes were sent so far.

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
    pushed = pond.push(backups, told=told)
    expired = None
    # A point says when it was looked last: at other pushes this costs no request.
    if backup.keep is not None and _day(pushed.point.ts_us) > _day(pushed.point.thinned_us):
        expired = backups.expire(backup.keep, pond=pond.id)
        if expired.expired:
            backups.clean_up()
    return BackedUp(backups, pushed, expired)


def _day(instant_us: int) -> date:
    return from_us(instant_us).date()


def update_copy(copy: Copy, environ: Mapping[str, str]) -> Pulled:
    """Make the directory of a copy show what the newest point of its backup holds.

    Raises:
        ConfigError: A variable is not set.
        NotFoundError: There is no backup.
        DataError: Another pond is in that directory, or it does not say of which one it is a copy.
        StoreError: The backup is damaged, or a disk refuses.
    """
    place = copy.root / copy.to.resolve(environ)
    return backups_of(copy, environ).pull(place, pond=copy.pond)
