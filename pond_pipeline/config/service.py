"""What is done with the pond as a whole: backups, copies of them, alerts."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from pond_pipeline.config.clock import Duration, Schedule
from pond_pipeline.config.environment import EnvText
from pond_pipeline.config.field import (
    BaseUrl,
    EnvTextField,
    NotYet,
    PondPattern,
    SecretField,
    SomeText,
    wrong,
)
from pond_pipeline.config.judgement import Number
from pond_pipeline.config.shape import Model, exactly_one

Count = Annotated[int, Field(strict=True, ge=0)]


class BackupPlace(Model):
    """Where a backup is: a folder, or a bucket with the original tool's keys.

    Attributes:
        folder: Relative to the folder of `resources.yaml`.
        bucket: The bucket's name.
        prefix: Where in the bucket.
        region: The bucket's region.
        endpoint: The bucket's server; AWS itself without one.
        key: The id of the key; without one it comes from where AWS's tools take it.
        secret: The secret of that key.
        encryption_key: What the backup is sealed with, for whoever keeps it.
    """

    model_config = exactly_one("folder", "bucket")

    folder: EnvTextField | None = None
    bucket: EnvTextField | None = None
    prefix: EnvTextField | None = None
    region: EnvTextField | None = None
    endpoint: EnvTextField | None = None
    key: SecretField | None = None
    secret: SecretField | None = None
    encryption_key: SecretField | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.folder is None) == (self.bucket is None):
            raise wrong("is to say one of folder and bucket", hint="add `folder: backup`")
        of_bucket = (self.prefix, self.region, self.endpoint, self.key, self.secret)
        if self.folder is not None and any(of_bucket):
            raise wrong("says a folder, and what only a bucket has")
        if (self.key is None) != (self.secret is None):
            raise wrong("says only one of key and secret", hint="say both or neither")
        return self


class KeepSpec(Model):
    """How many moments of a backup are kept, of which kind.

    Attributes:
        hourly: The last one of each of so many hours.
        daily: The last one of each of so many days.
        weekly: The last one of each of so many weeks.
        monthly: The last one of each of so many months.
        yearly: The last one of each of so many years.
    """

    hourly: Count = 0
    daily: Count = 0
    weekly: Count = 0
    monthly: Count = 0
    yearly: Count = 0

    @model_validator(mode="after")
    def _keeps_some(self) -> Self:
        if not any(self.model_dump().values()):
            raise wrong("keeps nothing", hint="say for example {daily: 7, monthly: 12}")
        return self


class BackupSpec(BackupPlace):
    """A backup of the pond.

    Attributes:
        schedule: When, in UTC; a sensor makes one after each change, too.
        after_changes: Whether that sensor does.
        keep: Which moments stay, once the day is over; all without it.
    """

    schedule: Schedule | None = None
    after_changes: Annotated[bool, Field(strict=True)] = True
    keep: KeepSpec | None = None


class CopySpec(BackupPlace):
    """A replica of a pond, made of its backup.

    Attributes:
        to: The directory of the replica that is made, or brought up to date.
        pond: Which pond the backup is of; needed where there are several.
        backup_uuid: Of the original tool; not supported.
        schedule: When, in UTC.
    """

    to: EnvTextField
    pond: UUID | None = None
    backup_uuid: NotYet = None
    schedule: Schedule | None = None


class Incident(StrEnum):
    """What an alert tells of."""

    RUN_FAILED = "run_failed"
    CHECK_FAILED = "check_failed"
    BACKUP_FAILED = "backup_failed"
    STALE = "stale"
    BATTERY = "battery"
    THRESHOLD = "threshold"


_TAKES: Mapping[Incident, tuple[str, ...]] = {
    Incident.RUN_FAILED: ("path",),
    Incident.CHECK_FAILED: ("path",),
    Incident.BACKUP_FAILED: ("after",),
    Incident.STALE: ("path", "after"),
    Incident.BATTERY: ("path", "below"),
    Incident.THRESHOLD: ("path", "column", "above", "below"),
}
"""What each condition may say beside `when`."""


class Condition(Model):
    """When an alert is given.

    Attributes:
        incident: What must have happened; written `when`.
        path: Which series, or of runs and checks which assets; None: all.
        column: Which column, for a threshold.
        above: The threshold from below.
        below: The threshold from above, or the least charge of a battery, in percent.
        after: How old the newest reading may be, or how long a backup may lack a transaction.
    """

    incident: Incident = Field(alias="when")
    path: PondPattern | None = None
    column: SomeText | None = None
    above: Number | None = None
    below: Number | None = None
    after: Duration | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        takes = _TAKES[self.incident]
        for name in ("path", "column", "above", "below", "after"):
            if name not in takes and getattr(self, name) is not None:
                hint = f"beside `when` it takes {', '.join(takes)}"
                raise wrong(f"{self.incident} takes no `{name}`", hint=hint)
        if self.incident is not Incident.THRESHOLD:
            return self
        if self.column is None:
            raise wrong("a threshold is one of a column", hint="add `column: DO.mg/L`")
        if self.above is None and self.below is None:
            raise wrong("is to say above or below which value", hint="add `below: 4`")
        if self.above is not None and self.below is not None and self.below > self.above:
            raise wrong("every value is above the one or below the other", hint="swap them")
        return self


class Channel(Model):
    """Where an alert goes: exactly one of webhook, ntfy and email.

    Attributes:
        webhook: An address that is sent JSON.
        ntfy: The address of a topic of ntfy.
        token: What ntfy's server asks for.
        email: Addresses of people, apart by commas.
        smtp: The mail server: `smtp://user:password@host:587`.
        sender: Whose mail it is; written `from`.
    """

    model_config = exactly_one("webhook", "ntfy", "email")

    webhook: SecretField | None = None
    ntfy: SecretField | None = None
    token: SecretField | None = None
    email: EnvTextField | None = None
    smtp: SecretField | None = None
    sender: EnvTextField | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.webhook, self.ntfy, self.email)) != 1:
            raise wrong("is to say one of webhook, ntfy and email")
        if self.token is not None and self.ntfy is None:
            raise wrong("says a token, which only ntfy takes")
        if self.email is None and (self.smtp is not None or self.sender is not None):
            raise wrong("says smtp or from, which only email takes")
        return self


class AlertSpec(Model):
    """Who is told of what.

    Attributes:
        conditions: Of what.
        channels: Where.
        grace: How long it must have lasted.
        reminder: How often it is told again while it lasts; None: never.
        ui: Where people reach the UI, for links.
    """

    conditions: tuple[Condition, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(min_length=1)
    grace: Duration = timedelta(minutes=30)
    reminder: Duration | None = None
    ui: BaseUrl = EnvText("http://127.0.0.1:3000")
