"""What a look sees: the pond as of its newest transaction, and what Dagster tells. No Dagster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import ALWAYS, EntryType, Overview, ReadFS, SchemaError, Window
from pond_pipeline.alerts.failure import FailedCheck, FailedRun
from pond_pipeline.alerts.level import Reading
from pond_pipeline.plan import Judged, Plan
from pond_pipeline.profiles import profiles_of
from pond_pipeline.quality import Profile
from pond_pipeline.silence import FreshnessJudge, newest_reading

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What Dagster tells.

    Attributes:
        checks: The checks of severity error that fail now.
        is_over: Whether all that failed in a run was made since.
    """

    checks: Sequence[FailedCheck] = ()
    is_over: Callable[[FailedRun], bool] = lambda _run: False


class Facts:
    """What series hold as of one transaction; each is looked up once.

    Args:
        fs: The pond.
    """

    def __init__(self, fs: ReadFS) -> None:
        self._fs = fs
        self._newest: dict[str, datetime | None] = {}
        self._profiles: dict[str, Sequence[Profile]] = {}
        self._matches: dict[str, Sequence[str]] = {}

    def newest(self, path: str) -> datetime | None:
        """Return the newest reading of a series; None where there is none."""
        if path not in self._newest:
            self._newest[path] = newest_reading(self._fs, path)
        return self._newest[path]

    def profiles(self, path: str) -> Sequence[Profile]:
        """Return the profiles of a series, in order of time."""
        if path not in self._profiles:
            self._profiles[path] = [*profiles_of(self._fs, path).values()]
        return self._profiles[path]

    def series(self, pattern: str) -> Sequence[str]:
        """Return the series that a pattern means; one that is a path means that path."""
        if pattern not in self._matches:
            exact = self._fs.exists(pattern)
            found = [pattern] if exact else [each.path for each, _ in self._fs.glob(pattern)]
            self._matches[pattern] = [
                path for path in found if self._fs.entry_type(path) is EntryType.SERIES
            ]
        return self._matches[pattern]

    def written(self, path: str) -> int:
        """Return the newest transaction of a series; 0 where there is none."""
        if not self._fs.exists(path):
            return 0
        return max((piece.txn or 0 for piece in self._fs.node(path).pieces), default=0)

    def readings(
        self, path: str, column: str, *, after: datetime | None, now: datetime
    ) -> list[Reading]:
        """Return the finite values of a column that are newer than an instant, up to now.

        Args:
            path: A series that is there.
            column: The column; a series without it, or in which it is no number, has none.
            after: The instant; None: those of the newest period.
            now: The present; what a clock that runs ahead has stamped is for later.
        """
        window = self._newest_window(path) if after is None else Window.of(after + _INSTANT)
        window = window.intersect(Window.of(None, now + _INSTANT))
        if window.is_empty:
            return []
        try:
            table = self._fs.read_series(path, window, columns=[column])
        except SchemaError:
            return []
        if not _is_number(table.schema.field(column).type):
            return []
        values = table[column].cast(pa.float64())
        table = pa.table([table["timestamp"], values], names=["at", "value"])
        table = table.filter(pc.is_finite(values))
        return [*map(Reading, table["at"].to_pylist(), table["value"].to_pylist())]

    def _newest_window(self, path: str) -> Window:
        marks = self._fs.node(path).marks
        filled = [window for window, facts in marks.items() if facts.get("last_us") is not None]
        return max(filled, key=lambda window: window.start_us or 0, default=ALWAYS)


def _is_number(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(each(kind) for each in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a look sees.

    Attributes:
        plan: What there shall be.
        judge: Whether series are fresh.
        overview: The pond.
        facts: What its series hold.
        now: The present, aware.
        environ: What places are named with.
        runs: Failed runs that nobody has made again.
        checks: Failed checks.
    """

    plan: Plan
    judge: FreshnessJudge
    overview: Overview
    facts: Facts
    now: datetime
    environ: Mapping[str, str] = field(default_factory=dict)
    runs: Sequence[FailedRun] = ()
    checks: Sequence[FailedCheck] = ()

    def judged(self) -> list[tuple[str, Judged]]:
        """Return the series that somebody may expect something of, by path, but retired ones."""
        return [
            (step.outputs[0], step)
            for step in self.plan.steps
            if isinstance(step, Judged) and not self.judge.is_retired(step.outputs[0], self.now)
        ]
