"""B8: one day more on ten years of 15-minute data, and all five resolutions brought up to date.

It is what a pipeline does: the month that the day lies in is read, downsampled, compared with what
is stored and written where it differs; one transaction for each resolution, which also marks the
month with the hash of what it holds now. The days of one whole month come one by one, and the
figures are the mean of their rows and bytes and the median of their times: a day late in the month
costs more than an early one. From scratch, the same is done for all months before. The upkeep that
is due after so much was written is counted on neither side; what is due after a day is the day's.

Rows read are all that come out of the store, before they are cut to the month: readings, buckets
to compare with, and buckets to hash. They are counted outside of the time, by reading once more
through a pond of its own. Bytes written are those of every file that is new afterwards: objects,
log, Delta's commits and what upkeep rewrote.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.inputs import Inputs
from benchmarks.measure import Result, fewer, seconds_of, within
from benchmarks.readings import DAY_US, SERIES, bounds, months, readings
from benchmarks.stored import files
from pond_core import Pond, Resolution, Window, content_hash, downsample

_RESOLUTIONS = [Resolution.parse(text) for text in ("1h", "2h", "4h", "12h", "24h")]
_REDUCED = "/reduced/harbor/Basin"
_PATHS = {each: f"{_REDUCED}/res={each.text}" for each in _RESOLUTIONS}
_STEP_US = 15 * 60 * 1_000_000
_UPDATE_S = 0.15
_FEWER = 100


@dataclass(frozen=True, slots=True)
class _Cost:
    """What an update took.

    Attributes:
        seconds: From looking at the pond to the end of the last commit.
        rows: Rows that were read.
        bytes: Bytes of the files that were written.
    """

    seconds: float
    rows: int
    bytes: int


def measure(inputs: Inputs) -> list[Result]:
    """Return B8."""
    *before, month = months(inputs.scale.months + 1)
    with inputs.scratch() as scratch:
        pond = Pond.init(scratch / "pond")
        with pond.transaction() as tx:
            for folder in (SERIES.rpartition("/")[0], _REDUCED):
                tx.mkdir(folder, parents=True)
        _collect(pond, before)
        whole = _update(pond, before)
        pond.maintain()
        days = []
        for number in range(inputs.scale.days):
            start_us = bounds(month)[0] + number * DAY_US
            _collect(pond, [Window(start_us, start_us + DAY_US)])
            days.append(_update(pond, [month]))
    took = statistics.median(day.seconds for day in days)
    rows, size = (statistics.fmean(f) for f in zip(*((d.rows, d.bytes) for d in days), strict=True))
    what = f"one day more on {len(before)} months of 15-minute data"
    return [
        within("B8", f"{what}, five resolutions", took, limit=_UPDATE_S, unit="s"),
        fewer("B8 rows", "rows read, to those from scratch", rows, whole.rows, limit=_FEWER),
        fewer("B8 bytes", "bytes written, to those from scratch", size, whole.bytes, limit=_FEWER),
    ]


def _collect(pond: Pond, windows: Sequence[Window]) -> None:
    with pond.transaction() as tx:
        for window in windows:
            table = readings(window, origin_us=bounds(window)[0], step_us=_STEP_US)
            tx.write_window(SERIES, table, window)


def _update(pond: Pond, due: Sequence[Window]) -> _Cost:
    """Bring months up to date, and say what it took."""
    known = files(pond.path)
    rows = _rows(pond, SERIES, due) + sum(_rows(pond, path, due) for path in _PATHS.values())
    seconds = seconds_of(lambda: _reduce(pond, due))
    rows += sum(_rows(pond, path, due) for path in _PATHS.values())
    size = sum(size for path, size in files(pond.path).items() if path not in known)
    return _Cost(seconds, rows, size)


def _reduce(pond: Pond, due: Sequence[Window]) -> None:
    snapshot = pond.snapshot()
    made = [
        downsample(snapshot.read_series(SERIES, month), resolutions=_RESOLUTIONS, window=month)
        for month in due
    ]
    for resolution, path in _PATHS.items():
        with pond.transaction() as tx:
            for month, buckets in zip(due, made, strict=True):
                tx.replace_window(path, buckets[resolution], month)
                facts = {"data_version": content_hash(tx.read_series(path, month))}
                tx.set_mark(path, facts, month)


def _rows(pond: Pond, path: str, windows: Sequence[Window]) -> int:
    """Return how many rows come out of the store when windows of a series are read."""
    snapshot = Pond.open(pond.path).snapshot()
    if not snapshot.exists(path):
        return 0
    asked = (
        replace(piece, window=piece.window.intersect(window))
        for window in windows
        for piece in snapshot.node(path).pieces
        if piece.rows and piece.window.overlaps(window)
    )
    return sum(len(snapshot.backend.read(piece)) for piece in asked)
