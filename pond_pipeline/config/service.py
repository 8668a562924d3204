"""What is done with the pond as a whole: backups, copies of them, alerts."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from pond_pipeline.config.clock import Duration, Schedule
from pond_pipeline.config.environment import EnvText
from pond_pipeline.config.field import EnvTextField, NotYet, PondPattern, SecretField, wrong
from pond_pipeline.config.judgement import Number
from pond_pipeline.config.shape import Model, exactly_one

_TO_A_FOLDER = "name a folder instead: `folder: backup`"


class _Place(Model):
    """Where a backup is; the original tool's keys of a bucket are read.

    Attributes:
        folder: Relative to the folder of `resources.yaml`.
        bucket: The original tool's bucket; refused.
        region: The bucket's region.
        endpoint: The bucket's server.
        key: The id of the bucket's key.
        secret: The secret of that key.
    """

    folder: EnvTextField | None = None
    bucket: EnvTextField | None = None
    region: EnvTextField | None = None
    endpoint: EnvTextField | None = None
    key: SecretField | None = None
    secret: SecretField | None = None

    @model_validator(mode="after")
    def _is_a_folder(self) -> Self:
        if self.bucket is not None:
            raise wrong("this version cannot write to a bucket yet", hint=_TO_A_FOLDER)
        if self.folder is None:
            raise wrong("says no place", hint="add `folder: backup`")
        return self

    @property
    def place(self) -> EnvText:
        """The folder."""
        assert self.folder is not None  # noqa: S101 -- a model without one is refused
        return self.folder


class BackupSpec(_Place):
    """A backup of the pond.

    Attributes:
        schedule: When, in UTC; a sensor makes one after each change, too.
        after_changes: Whether that sensor does.
        keep: Not supported yet.
    """

    schedule: Schedule | None = None
    after_changes: Annotated[bool, Field(strict=True)] = True
    keep: NotYet = None


class CopySpec(_Place):
    """A pond made of a backup.

    Attributes:
        to: The directory of the pond that is made, or brought up to date.
        backup_uuid: Not supported yet.
        schedule: When, in UTC.
    """

    to: EnvTextField
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


class Condition(Model):
    """When an alert is given.

    Attributes:
        incident: What must have happened; written `when`.
        path: Which series; None: all.
        column: Which column, for a threshold.
        above: The threshold from below.
        below: The threshold from above, or the battery's level.
        after: How long the newest reading may lie back.
    """

    incident: Incident = Field(alias="when")
    path: PondPattern | None = None
    column: str | None = None
    above: Number | None = None
    below: Number | None = None
    after: Duration | None = None


class Channel(Model):
    """Where an alert goes: exactly one of these.

    Attributes:
        webhook: An address that is sent JSON.
        ntfy: An address of a topic of ntfy.
        email: An address.
    """

    model_config = exactly_one("webhook", "ntfy", "email")

    webhook: SecretField | None = None
    ntfy: SecretField | None = None
    email: EnvTextField | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(each is not None for each in (self.webhook, self.ntfy, self.email)) != 1:
            raise wrong("is to say one of webhook, ntfy and email")
        return self


class AlertSpec(Model):
    """Who is told of what.

    Attributes:
        conditions: Of what.
        channels: Where.
        grace: How long it must have lasted.
    """

    conditions: tuple[Condition, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(min_length=1)
    grace: Duration = timedelta(minutes=30)
