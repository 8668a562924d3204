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

UI = "POND_UI"
"""The variable in which `pond up` tells its processes where the UI is."""

Count = Annotated[int, Field(strict=True, ge=0)]


class BackupPlace(Model):
    """Where a backup is: a folder, or a bucket with the original tool's keys.

    Attributes:
        folder: Where the backup is; relative to the folder of `resources.yaml`. Name another disk:
            `/media/stick/backup`.
        bucket: An S3-compatible bucket.
        prefix: Where in the bucket.
        region: The bucket's region; `AWS_REGION` if left out.
        endpoint: The bucket's server: `https://s3.example.com`; `AWS_ENDPOINT_URL` if left out,
            else AWS.
        key: The id of the key; without one it comes from where AWS's tools take it.
        secret: The secret of that key.
        encryption_key: What the backup is sealed with, 16 characters or more; not sealed without
            it.
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
        hourly: The last moment of each of so many hours.
        daily: The last moment of each of so many days.
        weekly: The last moment of each of so many weeks, which begin on Monday.
        monthly: The last moment of each of so many months.
        yearly: The last moment of each of so many years.
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
        schedule: When it is made, while `pond up` or a Dagster daemon runs.
        after_changes: Whether it is also made when something was committed, looked for once a
            minute. What touches only `/sys` does not count. One that failed is asked for again an
            hour later.
        keep: Which moments stay once their day is over, for example `{daily: 7, monthly: 12}`; all
            without it. The newest always stays.
    """

    schedule: Schedule | None = None
    after_changes: Annotated[bool, Field(strict=True)] = True
    keep: KeepSpec | None = None


class CopySpec(BackupPlace):
    """A replica of a pond, made of its backup.

    Attributes:
        to: The replica's directory; relative to the folder of `resources.yaml`.
        pond: Which pond, where the place has backups of several.
        backup_uuid: Of the original tool; not supported.
        schedule: When it is brought up to date.
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
        incident: What must have happened.
        path: Which series, all if left out; of `run_failed` and `check_failed`, which assets. One
            that nothing makes is an error. Not of `backup_failed`.
        column: Which column; of `threshold`, which needs it, alone.
        above: A value above it crosses the threshold; of `threshold`, which needs this or `below`.
        below: A value below it crosses the threshold; of `battery` the least charge in percent,
            else what its check says.
        after: Of `stale`: how old the newest reading may be, as its check says if left out. Of
            `backup_failed`: how long a backup may lack a transaction, `2d` if left out.
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
        ntfy: The address of a topic: `https://ntfy.sh/topic`.
        token: An access token of ntfy.
        email: Addresses, apart by commas.
        smtp: The mail server: `smtp://user:password@host:587`, `smtps://...` or `smtp+plain://...`;
            `${env:SMTP_URL}` if left out.
        sender: Whose mail it is; the user of `smtp` if left out.
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
        conditions: Of what is told.
        channels: Where; each is told of all.
        grace: How long it must have lasted. A failed run, and a value that came back by itself, are
            told at once.
        reminder: How often it is told again while it lasts; never if left out.
        ui: Where people reach the UI, for links; where `pond up` has it if left out.
    """

    conditions: tuple[Condition, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(min_length=1)
    grace: Duration = timedelta(minutes=30)
    reminder: Duration | None = None
    ui: BaseUrl = EnvText(f"${{env:{UI}:-http://127.0.0.1:3000}}")
