"""Made-up readings, up to the present instant."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from pond_core import FS, TIME_ONLY, EntryType, MemoryBackend, ReadFS, Recipe, Window, to_us
from pond_pipeline.periods import Period
from pond_pipeline.plan import ScribbleStep
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.derived import Due

_MICROSECOND = timedelta(microseconds=1)


def scribble(
    step: ScribbleStep,
    fs: ReadFS,
    periods: Sequence[Period],
    *,
    now: datetime,
    again: bool = False,
) -> SeriesUpdate:
    """Return what the series shall hold in the periods that are behind the clock."""
    due = [
        Due(period, _made(step, period, now))
        for period in periods
        if again or period in scribble_due(step, fs, [period], now=now)
    ]
    slices = [
        Slice(
            each.period,
            _readings(step, each.period.window.intersect(Window(None, to_us(now)))),
            span=each.period.window,
            reach=(each.period.window,),
            inputs=each.inputs,
        )
        for each in due
    ]
    return SeriesUpdate([slices] if slices else [], fingerprint=step.fingerprint)


def scribble_due(
    step: ScribbleStep, fs: ReadFS, periods: Sequence[Period], *, now: datetime
) -> list[Period]:
    """Return the periods that lack readings up to now."""
    path = step.outputs[0]
    marks = fs.node(path).marks if fs.exists(path) else {}

    def is_made(period: Period) -> bool:
        facts = marks.get(period.window)
        made = facts is not None and facts["fingerprint"] == step.fingerprint
        return made and facts is not None and facts["inputs"] == _made(step, period, now)

    return [period for period in periods if not is_made(period)]


def _made(step: ScribbleStep, period: Period, now: datetime) -> Mapping[str, str]:
    """Return what is recorded of a period: up to which reading it goes."""
    source = step.source
    inside = period.window.intersect(source.window).intersect(Window(None, to_us(now)))
    if inside.is_empty:
        return {"readings": "0"}
    passed_us = (inside.end_us or 0) - to_us(source.start)
    return {"readings": str(-(-passed_us // (source.interval // _MICROSECOND)))}


def _readings(step: ScribbleStep, window: Window) -> pa.Table:
    """Return the readings of a range, as a dynamic series in memory makes them up."""
    inside = window.intersect(step.source.window)
    if inside.is_empty or inside.end is None:
        return TIME_ONLY.empty_table()
    config = {
        "seed": step.source.seed,
        "start": step.source.start.isoformat(),
        "end": inside.end.isoformat(),
        "step": f"{step.source.interval // timedelta(seconds=1)}s",
        "columns": list(step.source.columns),
        "series": [step.series],
    }
    memory = FS(MemoryBackend())
    memory.write_recipe("/scribble", Recipe(EntryType.DIRECTORY, "scribble", config))
    return memory.read_series(f"/scribble/{step.series}", inside)
