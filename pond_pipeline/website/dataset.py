"""The data files of one dataset: tiles by resolution and period, and a list of what there is."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import (
    Aggregate,
    ReadFS,
    Resolution,
    Window,
    downsample,
    from_us,
    slice_window,
    to_us,
)
from pond_pipeline.periods import Cadence, Period, contiguous, periods_between
from pond_pipeline.plan import Instrument, Place
from pond_pipeline.quality import Flag, drop_flagged
from pond_pipeline.record import Totals
from pond_pipeline.versions import Versions, digest_of, input_versions
from pond_pipeline.website.column import Column, bucket_columns
from pond_pipeline.website.flagged import flagged_readings
from pond_pipeline.website.folder import Facts, Made, WebsiteFolder
from pond_pipeline.website.tile import US_PER_S, Flagged, script, tile, whole_seconds

_LAYOUT = 2
"""Which text and facts a tile has of the same buckets."""

_MOST_BUCKETS = 4500
"""Of a tile: a year of two hours, a month of ten minutes."""

_DAY = Resolution.parse("24h")
_DAILY = (Aggregate.AVG, Aggregate.MIN, Aggregate.MAX)
_DAYS = {Cadence.YEARLY: 366, Cadence.MONTHLY: 31, Cadence.DAILY: 1}
_CALLED = {Cadence.DAILY: "day", Cadence.MONTHLY: "month", Cadence.YEARLY: "year"}
_MICROSECOND = timedelta(microseconds=1)
_SOME_INSTANT_US = to_us(datetime(2001, 7, 15, tzinfo=UTC))
"""In a month of 31 days, away from changes of clocks."""

_GAP = 1.5
"""So many times the usual distance of two buckets is a gap."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """One resolution of a dataset.

    Attributes:
        name: What it is called, `1h`.
        step_s: How long a bucket is, in seconds; of calendar months and local days, about.
        gap_s: How far apart two buckets are at least where a line is interrupted.
        versions: Tells the version of what a range is made from.
        totals: When the first and the last bucket begin.
        read: Returns the buckets that begin in a range.
        flagged: Returns the flagged readings of a range, by column id.
        at_once: How many tiles are read together.
    """

    name: str
    step_s: int
    gap_s: float
    versions: Versions
    totals: Totals
    read: Callable[[Window], pa.Table]
    flagged: Callable[[Window], Flagged]
    at_once: int = 12

    @property
    def cadence(self) -> Cadence:
        """How long a tile is: as long as it may be."""
        fits = (
            each for each, days in _DAYS.items() if days * 86_400 <= _MOST_BUCKETS * self.step_s
        )
        return next(fits, Cadence.DAILY)


@dataclass(frozen=True, slots=True)
class Dataset:
    """What there is of a dataset.

    Attributes:
        id: What it is called in addresses.
        title: What people call it.
        zone: Whose clocks it is shown by; None: UTC.
        first: The first bucket; None without any.
        last: The last one.
        columns: What it tells of, in order.
        resolutions: The finest first, each with the versions of its tiles by their periods.
        flagged: How many readings are suspect and how many failed, by column id.
        newest: When the newest bucket of each column begins that has a value, by column id.
        limits: How old the newest bucket of each column may be, by column id; what is not
            judged has none.
    """

    id: str
    title: str
    zone: str | None
    first: datetime | None
    last: datetime | None
    columns: tuple[Column, ...]
    resolutions: tuple[tuple[Buckets, Mapping[str, str]], ...]
    flagged: Mapping[str, tuple[int, int]]
    newest: Mapping[str, datetime]
    limits: Mapping[str, timedelta]

    def index(self, *, notes: str | None) -> bytes:
        """Return its list, as a script.

        Args:
            notes: The version of its notes; None without any.
        """
        value = {
            "title": self.title,
            "zone": self.zone,
            "first": _seconds(self.first),
            "last": _seconds(self.last),
            "columns": [
                {
                    "id": each.id,
                    "name": each.name,
                    "parameter": each.parameter,
                    "unit": each.unit,
                    "scope": each.scope or None,
                    "newest": _seconds(self.newest.get(each.id)),
                    "late": _whole_seconds(self.limits.get(each.id)),
                }
                for each in self.columns
            ],
            "resolutions": [
                {
                    "name": buckets.name,
                    "step": buckets.step_s,
                    "gap": buckets.gap_s,
                    "period": _CALLED[buckets.cadence],
                    "tiles": tiles,
                }
                for buckets, tiles in self.resolutions
            ],
            "notes": notes,
        }
        return script("dataset", self.id, json.dumps(value, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a dataset is called, whose clocks it is shown by, and how old its scopes may be."""

    title: str
    zone: str | None
    limit: Callable[[str], timedelta | None]


def of_place(folder: WebsiteFolder, fs: ReadFS, place: Place, identifier: str) -> Dataset:
    """Have the tiles of a place's dataset."""
    found = []
    finest = min(place.resolutions, key=_step_us)
    for resolution in sorted(place.resolutions, key=_step_us):
        path = place.path_of(resolution)
        versions = input_versions(fs, path)
        is_marked = place.is_flagged and resolution is finest
        found.append(
            Buckets(
                name=resolution.text,
                step_s=_step_us(resolution) // US_PER_S,
                gap_s=_gap_s(resolution, place.interval),
                versions=_both(versions, input_versions(fs, place.series))
                if is_marked
                else versions,
                totals=_totals(fs, path),
                read=_reader(fs, path),
                flagged=_marker(fs, place.series) if is_marked else _unmarked,
            )
        )
    limit = partial(place.limit_of, at=found[0].totals.last)
    return _kept(folder, found, identifier, _Shown(place.title, place.timezone, limit))


def of_instrument(
    folder: WebsiteFolder, fs: ReadFS, instrument: Instrument, identifier: str
) -> Dataset:
    """Have the tiles of an instrument's days, which are computed here."""

    def read(window: Window) -> pa.Table:
        readings = drop_flagged(fs.read_series(instrument.series, _DAY.cover(window)), ())
        made = downsample(readings, resolutions=[_DAY], aggregates=list(_DAILY), window=window)
        return made[_DAY]

    days = Buckets(
        name=_DAY.text,
        step_s=_step_us(_DAY) // US_PER_S,
        gap_s=_gap_s(_DAY, instrument.interval),
        versions=input_versions(fs, instrument.series),
        totals=_in_days(_totals(fs, instrument.series)),
        read=read,
        flagged=_marker(fs, instrument.series) if instrument.is_flagged else _unmarked,
        at_once=1,  # its tiles are years, and are made of readings
    )
    return _kept(
        folder,
        [days],
        identifier,
        _Shown(instrument.title, None, lambda _: instrument.current_limit),
    )


def _kept(
    folder: WebsiteFolder, found: Sequence[Buckets], identifier: str, shown: _Shown
) -> Dataset:
    resolutions = [(each, _tiles(folder, each, identifier)) for each in found]
    columns = tuple(_columns(_facts(folder, identifier, *resolutions[-1])))
    return Dataset(
        id=identifier,
        title=shown.title,
        zone=shown.zone,
        first=found[0].totals.first,
        last=found[0].totals.last,
        columns=columns,
        resolutions=tuple(resolutions),
        flagged=_flagged(_facts(folder, identifier, *resolutions[0])),
        newest=_newest(
            zip(resolutions[0][1], _facts(folder, identifier, *resolutions[0]), strict=True)
        ),
        limits={
            each.id: limit for each in columns if (limit := shown.limit(each.scope)) is not None
        },
    )


def _columns(tiles: Iterable[Facts]) -> Iterable[Column]:
    """Return the columns that any tile has, in the order in which they first appear."""
    columns: dict[str, Column] = {}
    for facts in tiles:
        for identifier, name, parameter, unit, scope in facts["columns"]:
            columns[identifier] = Column(identifier, name, parameter, unit, scope, {})
    return columns.values()


def _newest(tiles: Iterable[tuple[str, Facts]]) -> dict[str, datetime]:
    """Return when the newest bucket of each column begins that has a value; tiles are in order."""
    newest = {
        column: (key, before_us)
        for key, facts in tiles
        for column, before_us in facts["before_end"].items()
    }
    ends_us = {key: to_us(Period.parse(key).next().start) for key, _ in newest.values()}
    return {column: from_us(ends_us[key] - before) for column, (key, before) in newest.items()}


def _flagged(tiles: Iterable[Facts]) -> dict[str, tuple[int, int]]:
    """Return how many readings are suspect, and how many failed, by column id."""
    flagged: dict[str, tuple[int, int]] = {}
    for facts in tiles:
        for column, (suspect, failed) in facts["flagged"].items():
            before = flagged.get(column, (0, 0))
            flagged[column] = (before[0] + suspect, before[1] + failed)
    return flagged


def _facts(
    folder: WebsiteFolder, identifier: str, buckets: Buckets, tiles: Iterable[str]
) -> Iterator[Facts]:
    for key in tiles:
        yield folder.files[_file(identifier, buckets.name, key)].facts


def _tiles(folder: WebsiteFolder, buckets: Buckets, identifier: str) -> dict[str, str]:
    """Have the tiles of one resolution, and return their versions by their periods."""
    totals = buckets.totals
    if totals.first is None or totals.last is None:
        return {}
    first, last = (Period.of(each, buckets.cadence) for each in (totals.first, totals.last))
    keys = {
        period: digest_of([_LAYOUT, version, buckets.flagged is not _unmarked])
        for period in periods_between(first, last)
        if (version := buckets.versions(period.window))
    }
    lacking = [
        period
        for period, key in keys.items()
        if folder.stored(_file(identifier, buckets.name, period.key), key) is None
    ]
    for run in _runs(lacking, buckets.at_once):
        table = buckets.read(Window(run[0].window.start_us, run[-1].window.end_us))
        columns = bucket_columns(table.schema)
        for period in run:
            name = f"{identifier}/{buckets.name}/{period.key}"
            made = _tile(buckets, slice_window(table, period.window), columns, name, period)
            folder.put(f"data/{name}.js", keys[period], made)
    versions = {
        period.key: folder.files[_file(identifier, buckets.name, period.key)].version
        for period in keys
    }
    return {key: version for key, version in versions.items() if version}


def _tile(
    buckets: Buckets, table: pa.Table, columns: Sequence[Column], name: str, period: Period
) -> Made:
    flagged = buckets.flagged(period.window)
    told = [
        [each.id, each.name, each.parameter, each.unit, each.scope]
        for each in columns
        if table[each.aggregates["line"]].null_count < table.num_rows
    ]
    grades = {name: [each[-1] for each in readings] for name, readings in flagged.items()}
    counts = {
        name: [each.count(Flag.SUSPECT), each.count(Flag.FAIL)] for name, each in grades.items()
    }
    # Counted from the end, whole months have equal facts, which the folder's list tells once.
    end_us = to_us(period.next().start)
    before = {
        each.id: end_us - at_us for each in columns if (at_us := _last_us(table, each)) is not None
    }
    facts = {"columns": told, "flagged": counts, "before_end": before}
    if not told and not flagged:
        return Made(None, facts)
    return Made(script("tile", name, tile(table, columns, flagged)), facts)


def _last_us(table: pa.Table, column: Column) -> int | None:
    """Return when the last bucket begins in which a column has a value."""
    has_value = pc.is_finite(table[column.aggregates["line"]])
    at = pc.max(pc.if_else(has_value, table["timestamp"], None)).as_py()
    return None if at is None else to_us(at)


def _runs(periods: Sequence[Period], at_once: int) -> Iterator[Sequence[Period]]:
    """Yield periods that follow on each other, so many at once."""
    for run in contiguous(periods):
        for start in range(0, len(run), at_once):
            yield run[start : start + at_once]


def _reader(fs: ReadFS, path: str) -> Callable[[Window], pa.Table]:
    return lambda window: fs.read_series(path, window)


def _marker(fs: ReadFS, path: str) -> Callable[[Window], Flagged]:
    return lambda window: flagged_readings(fs.read_series(path, window))


def _unmarked(_window: Window) -> Flagged:
    return {}


def _both(one: Versions, other: Versions) -> Versions:
    return lambda window: f"{one(window)} {other(window)}".strip()


def _totals(fs: ReadFS, path: str) -> Totals:
    return Totals.of(fs.node(path)) if fs.exists(path) else Totals(0, None, None)


def _in_days(readings: Totals) -> Totals:
    """Return when the days of the first and the last reading begin."""
    first, last = (
        None if each is None else from_us(_DAY.floor_us(to_us(each)))
        for each in (readings.first, readings.last)
    )
    return Totals(readings.rows, first, last)


def _step_us(resolution: Resolution) -> int:
    """Return how long a bucket is, in microseconds; where they differ, one of them."""
    start_us = resolution.floor_us(_SOME_INSTANT_US)
    return resolution.ceil_us(start_us + 1) - start_us


def _gap_s(resolution: Resolution, interval: timedelta | None) -> float:
    usual_us = max(_step_us(resolution), interval // _MICROSECOND if interval else 0)
    return _GAP * usual_us / US_PER_S


def _file(identifier: str, resolution: str, key: str) -> str:
    return f"data/{identifier}/{resolution}/{key}.js"


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else whole_seconds(instant)


def _whole_seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else int(duration.total_seconds())
