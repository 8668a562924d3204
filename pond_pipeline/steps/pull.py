"""Pulling one instrument's readings: which ranges to ask for, and what the answer replaces.

A month that was never fetched is asked for whole. A month that was is asked again only from the
watermark on (the newest reading less the overlap): loggers send late, and vendors correct. A pull
adds and corrects, and never takes a stored reading away; a refetch replaces.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import ReadFS, Window, slice_window, to_us
from pond_pipeline.hydrovu import RAW_KEY, RAW_SCHEMA, HydroVuClient, Page, raw_table
from pond_pipeline.months import Month, contiguous
from pond_pipeline.plan import PullStep
from pond_pipeline.record import SeriesUpdate, Slice

_RECENT = timedelta(days=14)
"""A parameter that was seen within this time of the newest reading counts as alive."""

_TOLERANCE = timedelta(hours=1)
"""A reading later than its own fetch by more than this comes from a wrong clock."""


@dataclass(frozen=True, slots=True)
class _Ask:
    """One contiguous range to ask the API for.

    Attributes:
        months: What it covers, in order.
        start_us: Where asking begins; in the first month, or later.
    """

    months: Sequence[Month]
    start_us: int


def pull(
    step: PullStep,
    fs: ReadFS,
    client: HydroVuClient,
    months: Sequence[Month],
    *,
    now: datetime,
    refetch: bool = False,
) -> SeriesUpdate:
    """Return what the API has for some months; each month is committed as soon as it is whole.

    Args:
        step: The instrument.
        fs: The pond now.
        client: A session with its account; asked only while the update's batches are taken.
        months: The partitions to bring up to date.
        now: The present instant: its month is the newest, which ends at infinity.
        refetch: Ask for whole months again, and let the answer replace what is stored.

    Returns:
        Rows of `RAW_SCHEMA` by `RAW_KEY`. The instrument's first month reaches back to minus
        infinity: readings that a wrong clock stamped before `clock_floor` are kept there.
    """
    return SeriesUpdate(
        _batches(step, fs, client, months, now=now, refetch=refetch),
        key=RAW_KEY,
        fingerprint=step.fingerprint,
    )


def pull_start(step: PullStep, fs: ReadFS) -> int | None:
    """Return from which instant on readings may still be missing, in microseconds.

    That is the older of the newest accepted reading less the overlap, and the newest reading of
    the parameter that lags furthest behind among those that are alive. None: there is no reading.
    """
    path = step.outputs[0]
    if not fs.exists(path):
        return None
    floor_us = to_us(step.source.clock_floor)
    for piece in reversed(fs.node(path).pieces):
        newest_us = _newest(_accepted(fs.read_series(path, piece.window), floor_us))
        if newest_us is not None:
            break
    else:
        return None
    recent = Window(newest_us - _RECENT // timedelta(microseconds=1), newest_us + 1)
    readings = _accepted(fs.read_series(path, recent), floor_us)
    marks = readings.group_by(["parameter_id", "unit_id"]).aggregate([("timestamp", "max")])
    oldest_us = pc.min(marks["timestamp_max"].cast(pa.int64())).as_py()
    overlap_us = step.source.overlap // timedelta(microseconds=1)
    return min(newest_us - overlap_us, int(oldest_us))


def pull_due(step: PullStep, fs: ReadFS, months: Sequence[Month]) -> list[Month]:
    """Return the months that were never fetched, and those that may still get readings."""
    start_us = pull_start(step, fs)
    waiting = not _is_complete(step, fs)
    return [
        month
        for month in months
        if not _is_marked(step, fs, month)
        or (waiting and _is_inside(step, month) and _reaches(month, start_us))
    ]


def _batches(
    step: PullStep,
    fs: ReadFS,
    client: HydroVuClient,
    months: Sequence[Month],
    *,
    now: datetime,
    refetch: bool,
) -> Iterator[Sequence[Slice]]:
    inside = [m for m in months if _is_inside(step, m)]
    unmarked = [m for m in months if not _is_marked(step, fs, m)]
    # Readings of another location are none of this instrument's: its own replace them.
    moved = any(_is_of_another_location(step, fs, m) for m in months)
    outside = [_empty(step, m, merge=not moved) for m in unmarked if m not in inside]
    if outside:
        yield outside
    for ask in _asks(step, fs, inside, unmarked, refetch=refetch):
        answer = _Answer(step, ask, now=now, refetch=refetch or moved, fresh=unmarked)
        yield from answer.batches(client)


def _asks(
    step: PullStep,
    fs: ReadFS,
    inside: Sequence[Month],
    unmarked: Sequence[Month],
    *,
    refetch: bool,
) -> list[_Ask]:
    """Return the contiguous ranges that are worth asking for."""
    start_us = pull_start(step, fs)
    wanted = [m for m in inside if refetch or m in unmarked or _reaches(m, start_us)]
    asks = []
    for run in contiguous(wanted):
        whole = refetch or run[0] in unmarked or start_us is None
        first_us = to_us(run[0].start)
        asks.append(_Ask(run, first_us if whole else max(first_us, start_us or 0)))
    return asks


def _reaches(month: Month, start_us: int | None) -> bool:
    return start_us is None or to_us(month.next().start) > start_us


class _Answer:
    """The pages of one ask, turned into slices month by month."""

    def __init__(
        self, step: PullStep, ask: _Ask, *, now: datetime, refetch: bool, fresh: Sequence[Month]
    ) -> None:
        self._step = step
        self._ask = ask
        self._now = now
        self._refetch = refetch
        self._fresh = fresh
        self._open = list(ask.months)
        self._pages: list[Page] = []

    def batches(self, client: HydroVuClient) -> Iterator[Sequence[Slice]]:
        """Yield each month when the pages have passed it.

        Pages come in order of time but for a server's mistake, and a pull only adds: readings of
        a month that was passed already make one more slice. A refetch replaces, so it waits until
        the answer is whole.
        """
        for window in self._windows():
            for page in client.readings(self._step.location_id, window):
                self._pages.append(page)
                if not self._refetch:
                    yield from self._passed(page)
        yield self._take(self._open)

    def _windows(self) -> Iterator[Window]:
        first = self._ask.months[0]
        if self._is_first(first) and (self._refetch or first in self._fresh):
            yield Window(0, to_us(self._step.source.clock_floor))
        last = self._ask.months[-1]
        end_us = None if self._is_newest(last) else to_us(last.next().start)
        yield Window(self._ask.start_us, end_us).intersect(self._step.window)

    def _passed(self, page: Page) -> Iterator[Sequence[Slice]]:
        earliest = pc.min(page.readings["timestamp"].cast(pa.int64())).as_py()
        done = [m for m in self._open if earliest is not None and self._ends_before(m, earliest)]
        if done:
            yield self._take(done)

    def _ends_before(self, month: Month, instant_us: int) -> bool:
        end_us = self._reach(month).end_us
        return end_us is not None and end_us <= instant_us

    def _take(self, months: Sequence[Month]) -> Sequence[Slice]:
        """Return the slices of some months, and of earlier ones that late pages belong to."""
        taken = [m for m in self._ask.months if m <= months[-1]] if months else self._ask.months
        table = raw_table(self._pages, Window(), fetched_at=self._now)
        slices = []
        for month in taken:
            rows = slice_window(table, self._span(month))
            if month in months or rows.num_rows:
                slices.append(self._slice(month, rows))
        rest = Window(self._reach(taken[-1]).end_us, None)
        self._open = [m for m in self._open if m not in taken]
        ahead = [_inside(page, rest) for page in self._pages] if self._open else []
        self._pages = [page for page in ahead if page.readings.num_rows]
        return slices

    def _slice(self, month: Month, rows: pa.Table) -> Slice:
        return Slice(
            month,
            rows,
            span=self._span(month),
            reach=self._reach(month),
            inputs=_asked_for(self._step, month),
            merge=not self._refetch,
        )

    def _span(self, month: Month) -> Window:
        reach = self._reach(month)
        if self._refetch or month in self._fresh:
            return reach
        return reach.intersect(Window(self._ask.start_us, None))

    def _reach(self, month: Month) -> Window:
        window = month.window
        return Window(
            None if self._is_first(month) else window.start_us,
            None if self._is_newest(month) else window.end_us,
        )

    def _is_first(self, month: Month) -> bool:
        start = self._step.window.start
        return start is not None and month == Month.of(start)

    def _is_newest(self, month: Month) -> bool:
        return month == Month.of(self._now)


def _is_complete(step: PullStep, fs: ReadFS) -> bool:
    """Say whether a retired instrument's last reading is there: nothing more will come."""
    path, end_us = step.outputs[0], step.window.end_us
    if end_us is None or step.interval is None or not fs.exists(path):
        return False
    last_us = end_us - 2 * (step.interval // timedelta(microseconds=1))
    return bool(fs.read_series(path, Window(last_us, end_us)).num_rows)


def _is_inside(step: PullStep, month: Month) -> bool:
    """Say whether the API is asked for a month at all."""
    return step.active and month.window.overlaps(step.window)


def _asked_for(step: PullStep, month: Month) -> dict[str, str]:
    """Return what a month is asked for: recorded with it, so that a change asks again.

    Only what can bring more readings counts: an earlier start, another location, an instrument
    that is active again. An end that comes nearer does not ask for all history once more.
    """
    start = month.window.intersect(step.window).start if _is_inside(step, month) else None
    return {"location": str(step.location_id), "from": "" if start is None else start.isoformat()}


def _recorded(step: PullStep, fs: ReadFS, month: Month) -> Mapping[str, str] | None:
    """Return what a month was asked for; None when it never was."""
    path = step.outputs[0]
    facts = fs.node(path).marks.get(month.window) if fs.exists(path) else None
    inputs = None if facts is None else facts["inputs"]
    return {str(k): str(v) for k, v in inputs.items()} if isinstance(inputs, dict) else None


def _is_marked(step: PullStep, fs: ReadFS, month: Month) -> bool:
    return _recorded(step, fs, month) == _asked_for(step, month)


def _is_of_another_location(step: PullStep, fs: ReadFS, month: Month) -> bool:
    recorded = _recorded(step, fs, month)
    return recorded is not None and recorded["location"] != str(step.location_id)


def _empty(step: PullStep, month: Month, *, merge: bool) -> Slice:
    return Slice(
        month,
        RAW_SCHEMA.empty_table(),
        span=month.window,
        reach=month.window,
        inputs=_asked_for(step, month),
        merge=merge,
    )


def _inside(page: Page, window: Window) -> Page:
    """Return what of a page lies in a window that is open at its end."""
    stamps = page.readings["timestamp"].cast(pa.int64())
    return replace(page, readings=page.readings.filter(pc.greater_equal(stamps, window.start_us)))


def _accepted(raw: pa.Table, floor_us: int) -> pa.Table:
    """Return the readings whose instant is possible: the watermark counts no others."""
    if "fetched_at" not in raw.column_names:
        return RAW_SCHEMA.empty_table()
    stamps = raw["timestamp"].cast(pa.int64())
    latest = pc.add(raw["fetched_at"].cast(pa.int64()), _TOLERANCE // timedelta(microseconds=1))
    return raw.filter(pc.and_(pc.greater_equal(stamps, floor_us), pc.less_equal(stamps, latest)))


def _newest(raw: pa.Table) -> int | None:
    newest = pc.max(raw["timestamp"].cast(pa.int64())).as_py()
    return None if newest is None else int(newest)
