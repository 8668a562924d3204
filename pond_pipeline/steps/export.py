"""One place's exported readings as a wide table, from the files that the pond keeps."""

from collections.abc import Sequence

import pyarrow as pa

from pond_core import ReadFS, Window
from pond_pipeline.laketech import Export, combine_exports, location_matches
from pond_pipeline.periods import Period
from pond_pipeline.plan import ExportStep
from pond_pipeline.quality import context_of
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.steps.derived import Due, due_periods, whole_periods
from pond_pipeline.steps.files import read_stored
from pond_pipeline.steps.flagging import flagged, tests_of
from pond_pipeline.steps.holdings import Holdings
from pond_pipeline.steps.treatment import treated
from pond_pipeline.versions import digest_of


def export(
    step: ExportStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> SeriesUpdate:
    """Return what the place shall hold in the periods that are behind.

    Only files that touch these periods are read, and those with the readings around them that
    quality tests look at. Each is parsed once, and let go after the last period that it touches.
    """
    holdings = Holdings(step, fs)
    due = _due(step, fs, periods, holdings, again=again)
    tests, around = tests_of(step), holdings.surroundings
    context, shelf = context_of(tests), _Shelf(step, fs)

    def table(window: Window) -> pa.Table:
        files = [verdict.name for verdict in holdings.touching(window)]
        exports = [each for name in files for each in shelf.take(name)]
        return treated(combine_exports(exports, window), step.treatment)

    def compute(period: Period) -> pa.Table:
        window = _needs(step, period)
        needed = holdings.touching(holdings.around(window, context))
        shelf.keep_only({verdict.name for verdict in needed})
        return flagged(table(window), window, tests, around, table)

    return whole_periods(due, compute, fingerprint=step.fingerprint)


def export_due(
    step: ExportStep, fs: ReadFS, periods: Sequence[Period], *, again: bool = False
) -> list[Due]:
    """Return the periods in which the place is behind the files that touch them."""
    return _due(step, fs, periods, Holdings(step, fs), again=again)


def _due(
    step: ExportStep,
    fs: ReadFS,
    periods: Sequence[Period],
    holdings: Holdings,
    *,
    again: bool,
) -> list[Due]:
    context = context_of(tests_of(step))

    def version(window: Window) -> str:
        if not holdings.touching(window):
            return ""
        needed = holdings.touching(holdings.around(window, context))
        return digest_of([[verdict.name, verdict.sha256] for verdict in needed])

    return due_periods(
        fs,
        step.outputs[0],
        periods,
        inputs=step.inputs,
        fingerprint=step.fingerprint,
        needs=lambda period: _needs(step, period),
        versions=lambda _fs, _path: version,
        again=again,
    )


def _needs(step: ExportStep, period: Period) -> Window:
    return period.window.intersect(step.window)


class _Shelf:
    """The place's exports, by file, while they are needed."""

    def __init__(self, step: ExportStep, fs: ReadFS) -> None:
        self._step = step
        self._fs = fs
        self._parsed: dict[str, list[Export]] = {}

    def take(self, name: str) -> list[Export]:
        """Return the place's exports in a file."""
        if name not in self._parsed:
            data = self._fs.read_data(f"{self._step.inputs[0]}/{name}")
            exports = read_stored(self._step.source, name, data)
            own = [each for each in exports if location_matches(each, self._step.match)]
            self._parsed[name] = own
        return self._parsed[name]

    def keep_only(self, names: set[str]) -> None:
        """Let go of all other files."""
        self._parsed = {name: known for name, known in self._parsed.items() if name in names}
