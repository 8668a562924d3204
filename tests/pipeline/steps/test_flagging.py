"""Flags are those of the whole series, however it was computed and whenever readings came."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pond_core import Pond, Provenance, slice_window
from pond_pipeline.config import QualityRule
from pond_pipeline.hydrovu import RAW_KEY, RAW_SCHEMA
from pond_pipeline.periods import Period
from pond_pipeline.plan import CombineInput, CombineStep, NormalizeStep, Treatment
from pond_pipeline.quality import flag
from pond_pipeline.record import SeriesUpdate, Slice, record
from pond_pipeline.steps import flagging
from pond_pipeline.steps.combine import combine, combine_due
from pond_pipeline.steps.normalize import normalize, normalize_due
from tests.pipeline.steps.station import RAW, TABLE, a_normalize
from tests.pipeline.waters import at, months_of, rows_of, store, water

LEFT, RIGHT, SITE = "/normalized/bay/Left", "/normalized/bay/Right", "/combined/bay/Site"
MONTHS = ("2025-01", "2025-02", "2025-03")
NOW = at("2025-04-10")
RULE = {
    "column": "Temperature.C",
    "spike": {"suspect": 2, "fail": 5},
    "rate_of_change": {"suspect": 3, "per": "1d"},
    "flat_line": {"tolerance": 0.5, "suspect_after": "3d", "interval": "1d"},
}
DAYS = st.integers(0, 89)
READINGS = st.dictionaries(DAYS, st.integers(0, 9).map(float), max_size=30)
ORDERS = st.lists(st.sampled_from(MONTHS), max_size=5)


def a_treatment() -> Treatment:
    return Treatment(quality=(QualityRule.model_validate(RULE),))


def a_site() -> CombineStep:
    """Return a site of two instruments that give one column, the left one first."""
    return CombineStep(
        group="bay",
        description="A site.",
        outputs=(SITE,),
        inputs=(LEFT, RIGHT),
        fingerprint="combine",
        site="Site",
        parts=(
            CombineInput(path=LEFT, asset=LEFT, priority=1),
            CombineInput(path=RIGHT, asset=RIGHT, priority=0),
        ),
        treatment=a_treatment(),
    )


def instant(day: int) -> datetime:
    return at("2025-01-01") + timedelta(days=day)


def texts(readings: dict[int, float]) -> dict[str, float]:
    return {f"{instant(day):%Y-%m-%d %H:%M}": readings[day] for day in sorted(readings)}


def join_site(pond: Pond, *keys: str) -> list[str]:
    """Bring months of the site up to date, and return those that were behind."""
    periods = months_of(*keys)
    due = [each.period.key for each in combine_due(a_site(), pond.snapshot(), periods)]
    update = combine(a_site(), pond.snapshot(), periods)
    list(record(pond, SITE, update, provenance=Provenance()))
    return due


def collect(pond: Pond, readings: dict[int, float], *keys: str) -> None:
    """Make months of raw hold readings of one parameter, as a pull does."""
    days = sorted(readings)
    columns = {
        "timestamp": [instant(day) for day in days],
        "parameter_id": ["1"] * len(days),
        "unit_id": ["1"] * len(days),
        "value": [readings[day] for day in days],
        "custom": [False] * len(days),
        "fetched_at": [NOW] * len(days),
    }
    table = pa.table({name: columns[name] for name in RAW_SCHEMA.names}, schema=RAW_SCHEMA)
    slices = [_slice(table, month) for month in months_of(*keys)]
    update = SeriesUpdate([slices], key=RAW_KEY)
    list(record(pond, RAW, update, provenance=Provenance()))


def _slice(table: pa.Table, month: Period) -> Slice:
    inside = slice_window(table, month.window)
    return Slice(month, inside, span=month.window, reach=(month.window,))


def an_instrument(clock: str) -> NormalizeStep:
    return replace(a_normalize(clock=clock), treatment=a_treatment())


def tabulate(pond: Pond, step: NormalizeStep, *keys: str) -> list[str]:
    """Bring months of the table up to date, and return those that were behind."""
    periods = months_of(*keys)
    due = [each.period.key for each in normalize_due(step, pond.snapshot(), periods)]
    update = normalize(step, pond.snapshot(), periods, now=NOW)
    list(record(pond, TABLE, update, provenance=Provenance()))
    return due


def check_flags(pond: Pond, path: str, step: NormalizeStep | CombineStep) -> None:
    """Compare the flags of a series with those that it has when it is flagged as a whole."""
    stored = pond.snapshot().read_series(path)
    values = [name for name in stored.column_names if ".qc" not in name]
    whole = flag(stored.select(values), flagging.tests_of(step))
    if stored.num_rows:
        assert stored.select(whole.column_names).to_pylist() == whole.to_pylist()


@settings(max_examples=25)
@given(left=READINGS, right=READINGS, late=READINGS, order=ORDERS)
def test_a_site_s_flags_are_those_of_the_whole_whatever_came_when(
    left: dict[int, float], right: dict[int, float], late: dict[int, float], order: Sequence[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pond = Pond.init(Path(folder, "pond"), durability="process")
        store(pond, LEFT, water(texts(left)), *MONTHS)
        for month in order:
            join_site(pond, month)
        store(pond, RIGHT, water(texts(right)), *MONTHS)
        for month in reversed(order):
            join_site(pond, month)
        store(pond, LEFT, water(texts({**left, **late})), *MONTHS)
        join_site(pond, *MONTHS)
        check_flags(pond, SITE, a_site())


@settings(max_examples=25)
@given(
    readings=READINGS,
    late=READINGS,
    order=ORDERS,
    clock=st.sampled_from(["UTC", "America/Los_Angeles"]),
)
def test_an_instrument_s_flags_are_those_of_the_whole_whatever_came_when(
    readings: dict[int, float], late: dict[int, float], order: Sequence[str], clock: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pond = Pond.init(Path(folder, "pond"), durability="process")
        step = an_instrument(clock)
        collect(pond, readings, *MONTHS)
        for month in order:
            tabulate(pond, step, month)
        collect(pond, {**readings, **late}, *MONTHS)
        tabulate(pond, step, *MONTHS)
        check_flags(pond, TABLE, step)


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    pond = Pond.init(tmp_path / "pond", durability="process")
    days = {day: float(day % 2) for day in range(90) if day not in (30, 31)}
    store(pond, LEFT, water(texts({**days, 29: 9.0})), *MONTHS)
    join_site(pond, *MONTHS)
    return pond


def test_a_late_reading_of_the_next_month_changes_flags_at_the_end_of_this_one(
    pond: Pond,
) -> None:
    before = rows_of(pond, SITE, "Temperature.C.qc.spike")
    days = {day: float(day % 2) for day in range(90) if day != 30}
    store(pond, LEFT, water(texts({**days, 29: 9.0, 31: 9.0})), "2025-02")
    assert "2025-01" in join_site(pond, *MONTHS)
    after = rows_of(pond, SITE, "Temperature.C.qc.spike")
    changed = {stamp for stamp, value in before.items() if after[stamp] != value}
    assert changed <= {"2025-01-30 00:00", "2025-02-02 00:00"}
    assert "2025-01-30 00:00" in changed


def test_only_the_rows_whose_flags_changed_are_written(pond: Pond) -> None:
    txn = pond.snapshot().txn
    store(pond, LEFT, water(texts({31: 9.0, 32: 0.0, 33: 1.0})), "2025-02")
    join_site(pond, "2025-01")
    operations = pond.show(pond.snapshot().txn).operations
    (written,) = (each for each in operations if each.rows)
    assert pond.snapshot().txn == txn + 2
    assert written.rows is not None
    assert written.rows <= 5


def test_a_reading_in_the_middle_of_a_month_puts_no_other_behind(tmp_path: Path) -> None:
    pond = Pond.init(tmp_path / "pond", durability="process")
    hours = [at("2025-01-01") + timedelta(hours=hour) for hour in range(24 * 90)]
    readings = {f"{each:%Y-%m-%d %H:%M}": float(each.hour) for each in hours}
    store(pond, LEFT, water(readings), *MONTHS)
    join_site(pond, *MONTHS)
    store(pond, LEFT, water({**readings, "2025-02-14 12:00": 5.0}), "2025-02")
    assert join_site(pond, *MONTHS) == ["2025-02"]
