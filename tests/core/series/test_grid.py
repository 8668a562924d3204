"""Where buckets begin by the clocks of any zone, told a second time with `datetime` alone."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pond_core.series.grid import Grid, Months, Steps, finest, last_starts
from pond_core.series.resolution import Resolution
from pond_core.window import from_us, to_us

SECOND_US = 1_000_000
ODD_ZONES = [
    "America/Los_Angeles",
    "America/Havana",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Manila",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Africa/Freetown",
    "Africa/Monrovia",
    "Antarctica/Troll",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "UTC",
]
ZONES = st.sampled_from(ODD_ZONES) | st.sampled_from(sorted(available_timezones() - {"localtime"}))
STEPS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SHORT = ["30s", "10m", "15m", "45m", "1h", "2h", "8h"]
LONG = ["24h", "1d", "3d", "7d", "1w", "2w", "1mo", "2mo", "1q", "6mo", "1y"]
TEXTS = st.sampled_from(SHORT + LONG)
DAYS = st.dates(date(1830, 1, 1), date(2100, 1, 1))


def change_near(zone: str, around: datetime) -> datetime:
    """Return an instant at which clocks are changed in the following year, if there is one."""
    clocks = ZoneInfo(zone)
    for days in range(366):
        early, late = around + timedelta(days=days), around + timedelta(days=days + 1)
        if early.astimezone(clocks).utcoffset() != late.astimezone(clocks).utcoffset():
            while late - early > timedelta(seconds=1):
                middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
                same = middle.astimezone(clocks).utcoffset() == early.astimezone(clocks).utcoffset()
                early, late = (middle, late) if same else (early, middle)
            return late
    return around


@st.composite
def zones_and_instants(draw: st.DrawFn) -> tuple[str, int]:
    """Return a zone and an instant, often one close to a change of its clocks."""
    zone = draw(ZONES)
    around = datetime.combine(draw(DAYS), time(), UTC)
    if draw(st.booleans()):
        around = change_near(zone, around)
    away_us = draw(st.integers(-90_000, 90_000)) * SECOND_US + draw(st.integers(-1, 1))
    return zone, to_us(around) + draw(st.sampled_from([0, away_us]))


def walls(text: str, around: datetime) -> Iterator[datetime]:
    """Yield the times on the wall at which buckets ought to begin, around one of them."""
    number, unit = int("".join(filter(str.isdigit, text))), text.lstrip("0123456789")
    midnight = around.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit in {"mo", "q", "y"}:
        months = number * {"mo": 1, "q": 3, "y": 12}[unit]
        for month in range(around.year * 12 - 24, around.year * 12 + 37):
            if month % months == 0:
                yield datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 -- on the wall
        return
    width = timedelta(**{STEPS[unit]: number})
    origin = datetime(1970, 1, 5 if unit == "w" else 1)  # noqa: DTZ001 -- on the wall
    if width < timedelta(days=1):
        day = midnight - timedelta(days=2)
        while day <= midnight + timedelta(days=2):
            yield from (day + width * n for n in range(timedelta(days=1) // width))
            day += timedelta(days=1)
        return
    start = origin + (midnight - origin) // width * width
    yield from (start + width * n for n in range(-3, 4))


def instants(wall: datetime, clocks: ZoneInfo, width: timedelta) -> set[datetime]:
    """Return when the clocks show a time and a bucket begins."""
    first, second = (wall.replace(tzinfo=clocks, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return {first, second} if second - first >= width else {first}
    # It is leapt over: fold 0 is counted with the offset before, fold 1 with the one after.
    early, late = second, first
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        shown = middle.astimezone(clocks).replace(tzinfo=None)
        early, late = (middle, late) if shown < wall else (early, middle)
    return {late}


def plain_starts(text: str, zone: str, instant_us: int) -> list[int]:
    """Return starts of buckets in order, some before an instant and some after it."""
    clocks = ZoneInfo(zone)
    around = from_us(instant_us).astimezone(clocks).replace(tzinfo=None)
    number, unit = int("".join(filter(str.isdigit, text))), text.lstrip("0123456789")
    width = timedelta(**{STEPS[unit]: number}) if unit in STEPS else timedelta(days=28)
    found = {each for wall in walls(text, around) for each in instants(wall, clocks, width)}
    return sorted(map(to_us, found))


@given(zones_and_instants(), TEXTS)
def test_12_3_buckets_begin_when_the_clocks_show_it(place: tuple[str, int], text: str) -> None:
    zone, instant_us = place
    resolution = Resolution.parse(text, zone)
    starts = plain_starts(text, zone, instant_us)
    here = bisect_right(starts, instant_us) - 1
    assert resolution.floor_us(instant_us) == starts[here]
    assert resolution.ceil_us(instant_us + 1) == starts[here + 1]


@given(ZONES, st.integers(-(10**18), 10**18) | st.integers(-(10**16), 10**16), TEXTS)
def test_12_1_buckets_follow_each_other_without_a_hole(
    zone: str, instant_us: int, text: str
) -> None:
    resolution = Resolution.parse(text, zone)
    start_us, end_us = resolution.floor_us(instant_us), resolution.ceil_us(instant_us + 1)
    assert start_us <= instant_us < end_us
    assert resolution.floor_us(start_us) == resolution.ceil_us(start_us) == start_us
    assert resolution.floor_us(end_us) == resolution.ceil_us(end_us) == end_us
    assert resolution.floor_us(end_us - 1) == start_us
    assert resolution.ceil_us(start_us + 1) == end_us


@given(ZONES, st.lists(zones_and_instants(), max_size=20), TEXTS)
def test_many_instants_are_rounded_as_one_is(
    zone: str, places: list[tuple[str, int]], text: str
) -> None:
    grid = Resolution.parse(text, zone).grid
    some = sorted(instant_us for _, instant_us in places)
    starts = grid.floors(pl.Series(some, dtype=pl.Int64))
    assert starts.to_list() == [grid.floor_us(instant_us) for instant_us in some]


@given(zones_and_instants(), TEXTS, TEXTS)
def test_a_bucket_is_made_of_those_of_a_grid_that_divides_its_own(
    place: tuple[str, int], finer_text: str, coarser_text: str
) -> None:
    zone, instant_us = place
    finer, coarser = (Resolution.parse(text, zone).grid for text in (finer_text, coarser_text))
    if finer.divides(coarser):
        start_us = coarser.floor_us(instant_us)
        assert finer.floor_us(start_us) == start_us


@given(zones_and_instants(), st.lists(TEXTS, min_size=1, max_size=4))
def test_the_finest_grid_divides_all_of_a_zone(place: tuple[str, int], texts: list[str]) -> None:
    zone, instant_us = place
    grids = [Resolution.parse(text, zone).grid for text in texts]
    (mesh,) = finest(grids)
    for grid in grids:
        assert mesh.divides(grid)
        start_us = grid.floor_us(instant_us)
        assert mesh.floor_us(start_us) == start_us


def test_the_finest_grids_are_one_for_each_zone() -> None:
    texts = [("1h", "UTC"), ("90m", "UTC"), ("1mo", "Asia/Kolkata"), ("6h", "Asia/Kolkata")]
    grids = finest([Resolution.parse(*each).grid for each in texts])
    assert grids == (
        Grid(Steps(1_800 * SECOND_US)),
        Grid(Steps(21_600 * SECOND_US), "Asia/Kolkata"),
    )


def test_weeks_and_months_do_not_divide_each_other() -> None:
    week, month = Grid(Steps(604_800 * SECOND_US)), Grid(Months(1))
    assert not week.divides(month)
    assert not month.divides(week)
    assert month.divides(Grid(Months(12)))
    assert not month.divides(Grid(Months(12), "Asia/Kolkata"))


def test_the_last_start_of_several_grids_is_the_latest() -> None:
    grids = [Grid(Steps(10)), Grid(Steps(4))]
    starts = last_starts(grids, pl.Series(range(-3, 14), dtype=pl.Int64))
    assert starts.to_list() == [-4, -4, -4, *[0] * 4, *[4] * 4, 8, 8, 10, 10, 12, 12]
