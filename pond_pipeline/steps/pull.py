"""Pulling one instrument's readings: which ranges are worth asking for.

A period that was never asked for is asked for whole. A period that was is asked again

- from its own newest reading less the overlap, until it was asked once after its end and the
  overlap: loggers send late;
- from the instrument's watermark (its newest reading less the overlap) where that lies in it.

A pull adds and corrects, and never takes a stored reading away; a refetch replaces.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import ReadFS, Window, to_us
from pond_pipeline.errors import SourceError
from pond_pipeline.hydrovu import RAW_KEY, RAW_SCHEMA, HydroVuClient
from pond_pipeline.periods import Period, contiguous
from pond_pipeline.plan import PullStep
from pond_pipeline.quality import AHEAD
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.answer import Answer, Question, check_shrink
from pond_pipeline.steps.extent import Extent, clock_margin_us, widened
from pond_pipeline.steps.request import Request

_RECENT = timedelta(days=14)
"""A parameter that was seen within this time of the newest reading counts as alive."""

_MICROSECOND = timedelta(microseconds=1)


def pull(
    step: PullStep, fs: ReadFS, client: HydroVuClient, periods: Sequence[Period], request: Request
) -> SeriesUpdate:
    """Return what the API has for some periods; each period is committed as soon as it is whole.

    Args:
        step: The instrument.
        fs: The pond now.
        client: A session with its account; asked only while the update's batches are taken.
        periods: The partitions to bring up to date.
        request: How.

    Returns:
        Rows of `RAW_SCHEMA` by `RAW_KEY`. The instrument's first period also has the readings that
        a wrong clock stamped before `clock_floor`.

    Raises:
        SourceError: While batches are taken: a period was collected from another location, or a
            refetch brings fewer readings than are stored.
    """
    batches = _batches(step, fs, client, periods, request)
    return SeriesUpdate(batches, key=RAW_KEY, fingerprint=step.fingerprint)


def pull_due(step: PullStep, fs: ReadFS, periods: Sequence[Period]) -> list[Period]:
    """Return the periods that were never asked for, and those that may still get readings."""
    grows = _growing(step, fs)
    return [
        period
        for period in periods
        if _is_fresh(step, fs, period)
        or (
            _is_inside(step, period)
            and (_is_open(step, fs, period) or period.window.overlaps(grows))
        )
    ]


def pull_start(step: PullStep, fs: ReadFS) -> int | None:
    """Return from which instant on readings may still be missing, in microseconds.

    That is the older of the newest accepted reading less the overlap, and the newest reading of
    the parameter that lags furthest behind among those that are alive. None: there is no reading.
    """
    newest_us = _newest(step, fs, Window())
    if newest_us is None:
        return None
    recent = Window(newest_us - _RECENT // _MICROSECOND, newest_us + 1)
    readings = _accepted(fs.read_series(step.outputs[0], recent), to_us(step.source.clock_floor))
    lasts = readings.group_by(["parameter_id", "unit_id"]).aggregate([("timestamp", "max")])
    oldest_us = pc.min(lasts["timestamp_max"].cast(pa.int64())).as_py()
    return min(newest_us - step.source.overlap // _MICROSECOND, int(oldest_us))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a period was asked for; recorded with it, so that a change asks again.

    Attributes:
        location: The API's id.
        start: ISO 8601; empty where nothing was asked.
        end: ISO 8601, where the instrument's time ends within the period; empty: to its end.
        settled: Whether that was after the end and the overlap.
    """

    location: str
    start: str
    end: str
    settled: bool = False

    def covers(self, wanted: "_Asked") -> bool:
        """Say whether all that is wanted was asked for; the instants compare as text."""
        if self.location != wanted.location:
            return False
        if not wanted.start:
            return True
        reaches_end = not self.end or (bool(wanted.end) and self.end >= wanted.end)
        return bool(self.start) and self.start <= wanted.start and reaches_end

    def facts(self) -> dict[str, str]:
        settled = "yes" if self.settled else "no"
        return {"location": self.location, "start": self.start, "end": self.end, "settled": settled}


def _batches(
    step: PullStep, fs: ReadFS, client: HydroVuClient, periods: Sequence[Period], request: Request
) -> Iterator[Sequence[Slice]]:
    if not request.refetch:
        _check_location(step, fs, periods)
    done = request.done(step.outputs[0]) if request.refetch else ()
    periods = [each for each in periods if each not in done]
    extent = Extent.of(step, now=request.now)

    def facts(period: Period) -> dict[str, str]:
        return _made(step, period, request.now).facts()

    inside = [m for m in periods if _is_inside(step, m)]
    outside = [
        Slice(m, RAW_SCHEMA.empty_table(), m.window, (m.window,), facts(m), merge=True)
        for m in periods
        if m not in inside and _is_fresh(step, fs, m)
    ]
    if outside:
        yield outside
    for question in _questions(step, fs, inside, extent, refetch=request.refetch):
        answer = Answer(
            question,
            extent,
            location_id=step.location_id,
            facts=facts,
            replaces=request.refetch,
        )
        for slices in answer.batches(client):
            if request.refetch and not request.allow_shrink:
                check_shrink(fs, step.outputs[0], slices)
            yield slices


def _questions(
    step: PullStep, fs: ReadFS, inside: Sequence[Period], extent: Extent, *, refetch: bool
) -> list[Question]:
    """Return the contiguous ranges that are worth asking for."""
    due = inside if refetch else pull_due(step, fs, inside)
    fresh = [m for m in due if refetch or _is_fresh(step, fs, m)]
    watermark_us = pull_start(step, fs)
    questions = []
    for run in contiguous(due):
        first = extent.main(run[0])
        start_us = first.start_us or 0
        if run[0] not in fresh:
            newest_us = _newest(step, fs, first)
            overlap_us = step.source.overlap // _MICROSECOND
            own_us = start_us if newest_us is None else newest_us - overlap_us
            start_us = max(start_us, min(own_us, watermark_us or own_us))
        questions.append(Question(run, start_us, fresh))
    return questions


def _growing(step: PullStep, fs: ReadFS) -> Window:
    """Return the range in which readings may still come, by the instrument's watermark."""
    return Window(0, 0) if _is_complete(step, fs) else Window(pull_start(step, fs), None)


def _is_open(step: PullStep, fs: ReadFS, period: Period) -> bool:
    """Say whether a period was never asked for after its end and the overlap."""
    recorded = _recorded(step, fs, period)
    return recorded is None or not recorded.settled


def _is_inside(step: PullStep, period: Period) -> bool:
    """Say whether the API is asked for a period at all."""
    return step.active and period.window.overlaps(widened(step.window, clock_margin_us(step)))


def _wanted(step: PullStep, period: Period) -> _Asked:
    location = str(step.location_id)
    if not _is_inside(step, period):
        return _Asked(location, "", "")
    inside = period.window.intersect(widened(step.window, clock_margin_us(step)))
    start, end = inside.start, inside.end if inside.end_us != period.window.end_us else None
    return _Asked(
        location, "" if start is None else start.isoformat(), end.isoformat() if end else ""
    )


def _made(step: PullStep, period: Period, now: datetime) -> _Asked:
    """Return what is recorded when a period is asked for now."""
    wanted = _wanted(step, period)
    end = datetime.fromisoformat(wanted.end) if wanted.end else period.next().start
    settled = not wanted.start or now >= end + step.source.overlap
    return _Asked(wanted.location, wanted.start, wanted.end, settled)


def _recorded(step: PullStep, fs: ReadFS, period: Period) -> _Asked | None:
    """Return what a period was asked for; None when it never was."""
    path = step.outputs[0]
    marks = fs.node(path).marks if fs.exists(path) else {}
    facts = marks[period.window]["inputs"] if period.window in marks else None
    if not isinstance(facts, Mapping) or "location" not in facts:
        return None
    return _Asked(
        location=str(facts["location"]),
        start=str(facts["start"]),
        end=str(facts["end"]),
        settled=facts["settled"] == "yes",
    )


def _is_fresh(step: PullStep, fs: ReadFS, period: Period) -> bool:
    recorded = _recorded(step, fs, period)
    return recorded is None or not recorded.covers(_wanted(step, period))


def _check_location(step: PullStep, fs: ReadFS, periods: Sequence[Period]) -> None:
    """Refuse to mix the readings of two locations, or to drop those of one unasked.

    A period without readings has nothing to mix: an id that was mistyped is simply asked anew.
    """
    path = step.outputs[0]
    marks = fs.node(path).marks if fs.exists(path) else {}
    for period in periods:
        recorded = _recorded(step, fs, period)
        if recorded is None or not marks[period.window]["rows"]:
            continue
        if recorded.location != str(step.location_id):
            msg = (
                f"{period} was collected from location {recorded.location}, and resources.yaml"
                f" now says {step.location_id}"
            )
            hint = (
                f"a new instrument gets a line of its own; a wrong id is mended by: {_mend(path)}"
            )
            raise SourceError(msg, hint=hint)


def _mend(path: str) -> str:
    return f"pond run --refetch --allow-shrink --select '{path}' --from <first period>"


def _is_complete(step: PullStep, fs: ReadFS) -> bool:
    """Say whether a retired instrument's last reading is there: nothing more will come."""
    path, end_us = step.outputs[0], step.window.end_us
    if end_us is None or step.interval is None or not fs.exists(path):
        return False
    last_us = end_us - 2 * (step.interval // _MICROSECOND)
    return bool(fs.read_series(path, Window(last_us, end_us)).num_rows)


def _newest(step: PullStep, fs: ReadFS, window: Window) -> int | None:
    """Return the newest accepted reading in a window; None when there is none."""
    path = step.outputs[0]
    if not fs.exists(path):
        return None
    floor_us = to_us(step.source.clock_floor)
    for piece in reversed(fs.node(path).pieces):
        part = piece.window.intersect(window)
        if part.is_empty:
            continue
        readings = _accepted(fs.read_series(path, part), floor_us)
        newest = pc.max(readings["timestamp"].cast(pa.int64())).as_py()
        if newest is not None:
            return int(newest)
    return None


def _accepted(raw: pa.Table, floor_us: int) -> pa.Table:
    """Return the readings whose instant is possible: the watermark counts no others."""
    if "fetched_at" not in raw.column_names:
        return RAW_SCHEMA.empty_table()
    stamps = raw["timestamp"].cast(pa.int64())
    latest = pc.add(raw["fetched_at"].cast(pa.int64()), AHEAD // _MICROSECOND)
    return raw.filter(pc.and_(pc.greater_equal(stamps, floor_us), pc.less_equal(stamps, latest)))
