"""Where readings come from: accounts, folders, and made-up ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pond_core import Window
from pond_pipeline.config import EnvText
from pond_pipeline.periods import Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class HydroVuSource:
    """A HydroVu account.

    Attributes:
        name: The resource's name.
        account: The name of the first resource in the file with the same credential: HydroVu's
            limit is theirs together.
        key: The OAuth2 client id.
        secret: The OAuth2 client secret.
        base_url: The server.
        start: The first instant that is collected, aware.
        clock_floor: Readings before it come from a wrong clock.
        overlap: How far back each pull asks again.
        schedule: When to pull: five cron fields, in UTC; None: when somebody asks.
        cadence: How long the partitions of its series are.
    """

    name: str
    account: str
    key: EnvText
    secret: EnvText
    base_url: EnvText
    start: datetime
    clock_floor: datetime
    overlap: timedelta
    schedule: str | None
    cadence: Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Files of this machine.

    Attributes:
        pattern: Which; a glob of the host.
        root: The folder that a relative `pattern` counts from.
    """

    pattern: EnvText
    root: Path

    def host_pattern(self, environ: Mapping[str, str]) -> Path:
        """Return the absolute glob of the host's files.

        Raises:
            ConfigError: A variable of the pattern is not set.
        """
        return self.root / self.pattern.resolve(environ)


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeTechSource:
    """A folder of exported files.

    Attributes:
        name: The resource's name.
        folder: Where they are.
        start: The first instant that counts, aware.
        timezone: The zone or offset (`UTC-08:00`) of printed times; None: as each file says.
        subtract_offset: In a long CSV, the parameters whose values are `Value - Offset`.
        schedule: When to look: five cron fields, in UTC; None: when somebody asks.
        cadence: How long the partitions of its series are.
    """

    name: str
    folder: Folder
    start: datetime
    timezone: str | None
    subtract_offset: tuple[str, ...]
    schedule: str | None
    cadence: Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxSource:
    """A folder of any files.

    Attributes:
        name: The resource's name.
        folder: Where they are.
        schedule: When to look: five cron fields, in UTC; None: when somebody asks.
    """

    name: str
    folder: Folder
    schedule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScribbleSource:
    """Made-up readings.

    Attributes:
        name: The resource's name.
        seed: Another one gives other readings.
        window: When there are readings; never open at its start.
        interval: How far apart they are.
        columns: The columns of each series.
        schedule: When to make them: five cron fields, in UTC; None: when somebody asks.
        cadence: How long the partitions of its series are.
    """

    name: str
    seed: int
    window: Window
    interval: timedelta
    columns: tuple[str, ...]
    schedule: str | None
    cadence: Cadence

    @property
    def start(self) -> datetime:
        """The first instant, aware."""
        start = self.window.start
        assert start is not None  # noqa: S101 -- as the attribute says
        return start


Source = HydroVuSource | LakeTechSource | InboxSource | ScribbleSource
"""Where readings come from."""
