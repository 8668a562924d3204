"""What is done with the pond as a whole; none of it writes into the pond."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pond_pipeline.config import (
    AlertSpec,
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
        folder: Where it is; relative to `root`.
        root: The folder of `resources.yaml`.
        schedule: When it is made: five cron fields, in UTC.
        after_changes: Whether it is made after each change, too.
    """

    name: str
    description: str
    owners: tuple[str, ...]
    folder: EnvText
    root: Path
    schedule: str | None
    after_changes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A pond that is made of a backup.

    Attributes:
        name: The resource's name.
        description: Markdown for people.
        owners: Who answers for it.
        folder: Where the backup is; relative to `root`.
        to: The directory of the pond; relative to `root`.
        root: The folder of `resources.yaml`.
        schedule: When it is brought up to date: five cron fields, in UTC.
    """

    name: str
    description: str
    owners: tuple[str, ...]
    folder: EnvText
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
    """

    name: str
    conditions: tuple[Condition, ...]
    channels: tuple[Channel, ...]
    grace: timedelta


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
            )
        case BackupSpec():
            return Backup(
                name=document.name,
                description=described("A backup of the pond.", document),
                owners=owners_of(document),
                folder=spec.place,
                root=root,
                schedule=spec.schedule,
                after_changes=spec.after_changes,
            )
        case CopySpec():
            return Copy(
                name=document.name,
                description=described("A pond made of a backup.", document),
                owners=owners_of(document),
                folder=spec.place,
                to=spec.to,
                root=root,
                schedule=spec.schedule,
            )
