"""What a plan is made of: sources, and the steps that fill pond paths.

One step becomes one op. Steps are values: they hold no connection, no secret in the clear and
nothing that was read from the environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from pond_core import ALWAYS, Aggregate, Resolution, Window
from pond_pipeline.config import EnvText


@dataclass(frozen=True, slots=True, kw_only=True)
class HydroVuSource:
    """A HydroVu account.

    Attributes:
        name: The resource's name.
        key: The OAuth2 client id.
        secret: The OAuth2 client secret.
        base_url: The server.
        start: The first instant that is collected, aware.
        clock_floor: Readings before it come from a wrong clock.
        overlap: How far back each pull asks again.
        schedule: When to pull: five cron fields, in UTC; None: when somebody asks.
    """

    name: str
    key: EnvText
    secret: EnvText
    base_url: EnvText
    start: datetime
    clock_floor: datetime
    overlap: timedelta
    schedule: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeTechSource:
    """A folder of exported files.

    Attributes:
        name: The resource's name.
        pattern: Which files; a glob of the host.
        root: The folder that a relative `pattern` counts from.
        start: The first instant that counts, aware.
        timezone: The zone or offset (`UTC-08:00`) of printed times; None: as each file says.
        subtract_offset: In a long CSV, the parameters whose values are `Value - Offset`.
        schedule: When to look: five cron fields, in UTC; None: when somebody asks.
    """

    name: str
    pattern: EnvText
    root: Path
    start: datetime
    timezone: str | None
    subtract_offset: tuple[str, ...]
    schedule: str | None

    def host_pattern(self, environ: Mapping[str, str]) -> Path:
        """Return the absolute glob of the host's files.

        Raises:
            ConfigError: A variable of the pattern is not set.
        """
        return self.root / self.pattern.resolve(environ)


Source = HydroVuSource | LakeTechSource
"""Where readings come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What every step says.

    Attributes:
        group: The resource's name.
        description: A sentence for people.
        outputs: The pond paths that it writes.
        inputs: The pond paths that it reads.
        partitioned: Whether it works month by month.
        fingerprint: SHA-256 of what changes its result; the same for the same work.
    """

    group: str
    description: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    partitioned: bool = True
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionariesStep(_Step):
    """Writes an account's units, parameters and locations, in this order."""

    kind: ClassVar[str] = "dictionaries"
    source: HydroVuSource


@dataclass(frozen=True, slots=True, kw_only=True)
class PullStep(_Step):
    """Writes what HydroVu says about one instrument.

    Attributes:
        source: The account.
        device: The instrument's name.
        location_id: Its HydroVu location.
        window: When it counts; never open at its start.
        clock: The zone in which its clock runs.
        active: Whether the API is asked; what was collected stays either way.
        interval: How often it is expected to read.
    """

    kind: ClassVar[str] = "pull"
    source: HydroVuSource
    device: str
    location_id: int
    window: Window
    clock: str
    active: bool
    interval: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizeStep(_Step):
    """Writes one instrument's readings as a wide table, and those of a wrong clock apart.

    Its inputs are the raw readings, the units and the parameters; its outputs the table and the
    quarantine.

    Attributes:
        source: The account.
        device: The instrument's name.
        window: When it counts; never open at its start.
        clock: The zone in which its clock runs.
        interval: How often it is expected to read.
    """

    kind: ClassVar[str] = "normalize"
    source: HydroVuSource
    device: str
    window: Window
    clock: str
    interval: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesStep(_Step):
    """Keeps exported files bit for bit.

    Attributes:
        source: The folder.
        locations: What is declared: each name, and the glob over the names in the files.
    """

    kind: ClassVar[str] = "files"
    source: LakeTechSource
    locations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStep(_Step):
    """Writes one place's exported readings as a wide table.

    Attributes:
        source: The folder.
        location: The place's name.
        match: Which exports are its own: a glob over the location's name in the file.
        window: When it counts; never open at its start.
    """

    kind: ClassVar[str] = "export"
    source: LakeTechSource
    location: str
    match: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class CombineInput:
    """One series of a site.

    Attributes:
        path: The series.
        scope: The prefix of its columns; None leaves them as they are.
        window: When it counts.
        rename: New names of columns, without scope.
        priority: Which of two values at one instant wins: the higher one.
    """

    path: str
    scope: str | None = None
    window: Window = ALWAYS
    rename: Mapping[str, str] = field(default_factory=dict, hash=False)
    priority: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CombineStep(_Step):
    """Joins instruments into a site.

    Attributes:
        site: The site's name.
        parts: Its series, in the order of the file.
    """

    kind: ClassVar[str] = "combine"
    site: str
    parts: tuple[CombineInput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceStep(_Step):
    """Downsamples one series; its outputs are those of `resolutions`, in their order.

    Attributes:
        collection: The collection's name.
        dataset: The dataset's name.
        resolutions: The bucket widths.
        columns: Which columns; None for all.
        aggregates: What each bucket tells.
    """

    kind: ClassVar[str] = "reduce"
    collection: str
    dataset: str
    resolutions: tuple[Resolution, ...]
    columns: tuple[str, ...] | None
    aggregates: tuple[Aggregate, ...]


Step = (
    DictionariesStep | PullStep | NormalizeStep | FilesStep | ExportStep | CombineStep | ReduceStep
)
"""What one op does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `resources.yaml` asks for.

    Attributes:
        start: The first of the month, in UTC, in which the earliest source begins; None without
            sources.
        sources: In the order of the file.
        steps: In an order in which each comes after those whose outputs it reads.
    """

    start: date | None
    sources: tuple[Source, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a pond path comes about: the kind of its step, and what that reads."""

    path: str
    kind: str
    inputs: tuple[str, ...]


def explain(plan: Plan) -> list[Explanation]:
    """Return how each path of a plan comes about, in the order of its steps."""
    return [
        Explanation(path, step.kind, step.inputs) for step in plan.steps for path in step.outputs
    ]
