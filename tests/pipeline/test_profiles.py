"""Where profiles are kept, and when a period is read after all."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from pond_core import Pond, Provenance
from pond_pipeline.periods import Period
from pond_pipeline.profiles import profiles_of
from pond_pipeline.quality import profile
from pond_pipeline.record import record
from tests.pipeline.waters import months_of, store, update_of, water

PIER = "/normalized/bay/Pier"
READINGS = {"2025-01-10 00:00": 1.0, "2025-01-10 01:00": 2.0, "2025-02-10 00:00": 3.0}
HOUR = timedelta(hours=1)


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def judged(pond: Pond, readings: Mapping[str, float | None], *keys: str) -> None:
    """Store months with their profiles."""
    update = update_of(water(readings), *keys)
    update.is_judged = True
    list(record(pond, PIER, update, provenance=Provenance()))


def test_profiles_are_kept_with_the_facts_about_their_periods(pond: Pond) -> None:
    judged(pond, READINGS, "2025-01", "2025-02")
    january = Period.parse("2025-01")
    stored = pond.snapshot().read_series(PIER, january.window)
    found = profiles_of(pond.snapshot(), PIER)
    assert [*found] == months_of("2025-01", "2025-02")
    assert found[january] == profile(stored)
    assert "profile" in pond.snapshot().node(PIER).marks[january.window]


def test_a_period_that_changes_is_profiled_anew(pond: Pond) -> None:
    judged(pond, READINGS, "2025-01")
    judged(pond, {"2025-01-10 00:00": 1.0}, "2025-01")
    assert [each.rows for each in profiles_of(pond.snapshot(), PIER).values()] == [1]


def test_a_period_without_a_profile_is_read(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    assert [each.rows for each in profiles_of(pond.snapshot(), PIER).values()] == [2, 1]


def test_a_period_that_lists_too_few_steps_for_a_limit_is_read(pond: Pond) -> None:
    judged(pond, {f"2025-01-01 {hour:02}:00": 1.0 for hour in range(24)}, "2025-01")
    fs = pond.snapshot()
    (kept,) = profiles_of(fs, PIER).values()
    (read,) = profiles_of(fs, PIER, limit=HOUR / 2).values()
    (enough,) = profiles_of(fs, PIER, limit=HOUR).values()
    assert (len(kept.steps), len(read.steps), len(enough.steps)) == (0, 23, 0)


def test_a_series_that_is_not_there_has_no_periods(pond: Pond) -> None:
    assert profiles_of(pond.snapshot(), PIER) == {}
