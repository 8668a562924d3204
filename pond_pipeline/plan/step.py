"""What a plan is made of: the steps that fill pond paths.

One step becomes one op. Steps are values: they hold no connection, no secret in the clear and
nothing that was read from the environment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from typing_extensions import override

from pond_core import Aggregate, Resolution, Window
from pond_pipeline.config import Checks, QualityRule, WebsiteSpec
from pond_pipeline.periods import Cadence
from pond_pipeline.plan.origin import HydroVuSource, InboxSource, LakeTechSource, ScribbleSource
from pond_pipeline.plan.part import CombineInput, PivotInput
from pond_pipeline.plan.place import Instrument, Place

_INTERVALS = 3
"""How many intervals without a reading are too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What is done to the columns of a wide series.

    Attributes:
        units: In which unit each parameter shall be, by the parameter's name.
        quality: The QARTOD tests whose flags are put beside them.
    """

    units: Mapping[str, str] = field(default_factory=dict, hash=False)
    quality: tuple[QualityRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a wide series is judged.

    Attributes:
        checks: Which checks count how.
        interval: How often a reading is expected; None: nobody said.
        columns: The columns that are expected; None: nobody said.
    """

    checks: Checks = field(default_factory=Checks)
    interval: timedelta | None = None
    columns: tuple[str, ...] | None = None

    @property
    def longest_silence(self) -> timedelta | None:
        """How old the newest reading may be; None: nobody said."""
        within = self.checks.freshness.within
        if within is not None or self.interval is None:
            return within
        return self.interval * _INTERVALS

    @property
    def longest_gap(self) -> timedelta | None:
        """How far two readings may be apart; None: nobody said."""
        return None if self.interval is None else self.interval * self.checks.gaps.intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What every step says.

    Attributes:
        group: The resource's name.
        owners: Who answers for it: e-mail addresses, and teams as `team:lab`.
        description: Markdown for people.
        outputs: The pond paths that it writes.
        inputs: The pond paths that it reads.
        partitioned: Whether it works period by period.
        fingerprint: SHA-256 of what changes its result; the same for the same work.
    """

    group: str
    owners: tuple[str, ...] = ()
    description: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    cadence: Cadence | None = Cadence.MONTHLY
    fingerprint: str

    @property
    def assets(self) -> tuple[str, ...]:
        """The outputs that are assets."""
        return self.outputs


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
        treatment: What is done to its columns.
        judgement: How it is judged.
    """

    kind: ClassVar[str] = "normalize"
    source: HydroVuSource
    device: str
    window: Window
    clock: str
    treatment: Treatment = Treatment()
    judgement: Judgement = Judgement()

    @property
    @override
    def assets(self) -> tuple[str, ...]:
        """The table; the quarantine is kept beside it, and is none."""
        return self.outputs[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesStep(_Step):
    """Keeps exported files bit for bit, and those that cannot be read apart.

    Its outputs are the files and their quarantine.

    Attributes:
        source: The folder.
        locations: What is declared: each name, and the glob over the names in the files.
    """

    kind: ClassVar[str] = "files"
    source: LakeTechSource
    locations: tuple[tuple[str, str], ...]

    @property
    @override
    def assets(self) -> tuple[str, ...]:
        """The files; the quarantine is kept beside them, and is none."""
        return self.outputs[:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStep(_Step):
    """Writes one place's exported readings as a wide table.

    Attributes:
        source: The folder.
        location: The place's name.
        match: Which exports are its own: a glob over the location's name in the file.
        window: When it counts; never open at its start.
        treatment: What is done to its columns.
        judgement: How it is judged.
    """

    kind: ClassVar[str] = "export"
    source: LakeTechSource
    location: str
    match: str
    window: Window
    treatment: Treatment = Treatment()
    judgement: Judgement = Judgement()


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStep(_Step):
    """Keeps any files bit for bit.

    Attributes:
        source: The folder.
    """

    kind: ClassVar[str] = "inbox"
    source: InboxSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ScribbleStep(_Step):
    """Writes one series of made-up readings.

    Attributes:
        source: How they are made up.
        series: The series' name.
    """

    kind: ClassVar[str] = "scribble"
    source: ScribbleSource
    series: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeriveStep(_Step):
    """Writes what SQL makes of each of its inputs, as a directory of series.

    Attributes:
        pattern: Which inputs: a path or a glob, looked for when it runs.
        query: One SELECT of DuckDB's; `$1` is the input.
        timezone: Where times without a zone are.
    """

    kind: ClassVar[str] = "derive"
    pattern: str
    query: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CombineStep(_Step):
    """Joins instruments into a site.

    Attributes:
        site: The site's name.
        parts: Its series, in the order of the file.
        treatment: What is done to its columns.
        judgement: How it is judged.
        latitude: Degrees north; None: nobody said.
        longitude: Degrees east; None: nobody said.
        timezone: Where its days begin; None: in UTC.
    """

    kind: ClassVar[str] = "combine"
    site: str
    parts: tuple[CombineInput, ...]
    treatment: Treatment = Treatment()
    judgement: Judgement = Judgement()
    latitude: float | None = None
    longitude: float | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PivotStep(_Step):
    """Writes one parameter, or one column, of several series.

    Attributes:
        parts: The series, in order of their paths.
        meaning: What the metadata of a column must say, by key.
        column: The one column of this name; None: columns are told by what they mean.
    """

    kind: ClassVar[str] = "pivot"
    parts: tuple[PivotInput, ...]
    meaning: Mapping[str, str] = field(default_factory=dict, hash=False)
    column: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceStep(_Step):
    """Downsamples one series; its outputs are those of `resolutions`, in their order.

    Attributes:
        series: The series: an asset, or a path below one.
        collection: The collection's name.
        dataset: The dataset's name.
        resolutions: The bucket widths.
        columns: Which columns; None for all.
        aggregates: What each bucket tells.
        exclude_flags: Values with these QARTOD flags are left out.
    """

    kind: ClassVar[str] = "reduce"
    series: str
    collection: str
    dataset: str
    resolutions: tuple[Resolution, ...]
    columns: tuple[str, ...] | None
    aggregates: tuple[Aggregate, ...]
    exclude_flags: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateStep(_Step):
    """Writes text that is rendered for each of its inputs, as a directory of files.

    Attributes:
        collection: The collection's name.
        pattern: Which inputs: a glob, looked for when it runs.
        out_pattern: What each file is called, with `$0`, `$1`.
        template: The text.
    """

    kind: ClassVar[str] = "template"
    collection: str
    pattern: str
    out_pattern: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebsiteStep(_Step):
    """Writes a static website into a folder, and what it shows of what into the pond.

    Attributes:
        spec: How it looks and what it says.
        title: What it is called.
        folder: Where it is written.
        root: The folder of `resources.yaml`, from which its files are named.
        places: What it shows, in order of their titles.
        instruments: What was deployed there, in order of their titles.
    """

    kind: ClassVar[str] = "website"
    spec: WebsiteSpec
    title: str
    folder: Path
    root: Path
    places: tuple[Place, ...]
    instruments: tuple[Instrument, ...]


Step = (
    DictionariesStep
    | PullStep
    | NormalizeStep
    | FilesStep
    | ExportStep
    | InboxStep
    | ScribbleStep
    | DeriveStep
    | CombineStep
    | PivotStep
    | ReduceStep
    | TemplateStep
    | WebsiteStep
)
"""What one op does."""

Judged = NormalizeStep | ExportStep | CombineStep
"""The steps whose series is judged."""
