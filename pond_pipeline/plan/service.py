"""What is done with the pond as a whole; none of it writes into the pond."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pond_core import Keep
from pond_pipeline.config import (
    AlertSpec,
    BackupPlace,
    BackupSpec,
    Channel,
    Condition,
    CopySpec,
    Document,
    EnvText,
)
from pond_pipeline.plan.label import described, owners_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup of the pond.

    Attributes:
        name: The resource's name.
        description: Markdown for people.
        owners: Who answers for it.
        place: Where it is; a folder is relative to `root`.
        root: The folder of `resources.yaml`.
        schedule: When it is made: five cron fields, in UTC.
        after_changes: Whether it is made after each change, too.
        keep: Which moments stay, once the day is over; None: all.
    """

    name: str
    description: str
    owners: tuple[str, ...]
    place: BackupPlace
    root: Path
    schedule: str | None
    after_changes: bool
    keep: Keep | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A pond that is made of a backup.

    Attributes:
        name: The resource's name.
        description: Markdown for people.
        owners: Who answers for it.
        place: Where the backup is; a folder is relative to `root`.
        pond: Which pond it is of; None: the only one.
        to: The directory of the pond; relative to `root`.
        root: The folder of `resources.yaml`.
        schedule: When it is brought up to date: five cron fields, in UTC.
    """

    name: str
    description: str
    owners: tuple[str, ...]
    place: BackupPlace
    pond: str | None
    to: EnvText
    root: Path
    schedule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Who is told of what.

    Attributes:
        name: The resource's name.
        conditions: Of what.
        channels: Where.
        grace: How long it must have lasted.
        reminder: How often it is told again while it lasts; None: never.
        ui: Where people reach the UI.
        root: The folder of `resources.yaml`, whose `.env` has the secrets.
    """

    name: str
    conditions: tuple[Condition, ...]
    channels: tuple[Channel, ...]
    grace: timedelta
    reminder: timedelta | None
    ui: EnvText
    root: Path


Service = Backup | Copy | Alert
"""What is done with the pond as a whole."""


def service_of(
    document: Document, spec: BackupSpec | CopySpec | AlertSpec, *, root: Path
) -> Service:
    """Return the service that a resource describes."""
    match spec:
        case AlertSpec():
            return Alert(
                name=document.name,
                conditions=spec.conditions,
                channels=spec.channels,
                grace=spec.grace,
                reminder=spec.reminder,
                ui=spec.ui,
                root=root,
            )
        case BackupSpec():
            return Backup(
                name=document.name,
                description=described("A backup of the pond.", document),
                owners=owners_of(document),
                place=_place(spec),
                root=root,
                schedule=spec.schedule,
                after_changes=spec.after_changes,
                keep=None if spec.keep is None else Keep(**spec.keep.model_dump()),
            )
        case CopySpec():
            return Copy(
                name=document.name,
                description=described("A pond made of a backup.", document),
                owners=owners_of(document),
                place=_place(spec),
                pond=None if spec.pond is None else str(spec.pond),
                to=spec.to,
                root=root,
                schedule=spec.schedule,
            )


def _place(spec: BackupPlace) -> BackupPlace:
    """Return of a backup or copy only where it is."""
    told = {name: getattr(spec, name) for name in BackupPlace.model_fields}
    return BackupPlace.model_construct(**told)  # it was checked as a part of the whole
