from pathlib import Path

import pytest

from pond_core import Aggregate, Pond, Provenance, Resolution
from pond_pipeline.plan import ReduceStep
from pond_pipeline.record import Recorded, record
from pond_pipeline.steps.reduce import reduce
from tests.pipeline.steps.flags import with_flags
from tests.pipeline.waters import months_of, rows_of, store, water

SITE = "/combined/bay/Site"
PACIFIC = "America/Los_Angeles"
AVERAGE = "Temperature.C.avg"
TWO_MONTHS = {"2025-01-31 00:00": 1.0, "2025-02-03 00:00": 3.0, "2025-02-20 00:00": 5.0}


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def a_reduction(
    *resolutions: str,
    columns: tuple[str, ...] | None = None,
    zone: str = "UTC",
    exclude_flags: tuple[int, ...] = (),
) -> ReduceStep:
    return ReduceStep(
        group="bay",
        description="Buckets.",
        outputs=tuple(f"/reduced/bay/Site/res={each}" for each in resolutions),
        inputs=(SITE,),
        fingerprint="reduce",
        series=SITE,
        collection="sites",
        dataset="Site",
        resolutions=tuple(Resolution.parse(each, zone) for each in resolutions),
        columns=columns,
        aggregates=(Aggregate.AVG, Aggregate.COUNT),
        exclude_flags=exclude_flags,
    )


def run(pond: Pond, step: ReduceStep, *keys: str) -> dict[str, list[Recorded]]:
    updates = reduce(step, pond.snapshot(), months_of(*keys))
    return {
        path: list(record(pond, path, update, provenance=Provenance()))
        for path, update in updates.items()
    }


def test_each_resolution_is_a_series_of_its_own(pond: Pond) -> None:
    store(pond, SITE, water({"2025-01-01 00:00": 1, "2025-01-01 05:00": 3}), "2025-01")
    run(pond, a_reduction("1h", "1d"), "2025-01")
    hourly = rows_of(pond, "/reduced/bay/Site/res=1h", AVERAGE)
    assert hourly == {"2025-01-01 00:00": 1, "2025-01-01 05:00": 3}
    assert rows_of(pond, "/reduced/bay/Site/res=1d", AVERAGE) == {"2025-01-01 00:00": 2}


def test_all_resolutions_are_one_transaction(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    recorded = run(pond, a_reduction("1h", "1d", "1y"), "2025-01", "2025-02")
    assert pond.snapshot().txn == 2
    assert {each.txn for by_path in recorded.values() for each in by_path} == {2}


def test_only_the_columns_asked_for_are_reduced(pond: Pond) -> None:
    store(pond, SITE, water({"2025-01-01 00:00": 1}), "2025-01")
    run(pond, a_reduction("1d", columns=("Depth.m",)), "2025-01")
    assert pond.snapshot().read_series("/reduced/bay/Site/res=1d").column_names == ["timestamp"]


def test_a_bucket_over_the_edge_of_a_month_holds_both_sides(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("7d"), "2025-02")
    weekly = rows_of(pond, "/reduced/bay/Site/res=7d", AVERAGE)
    assert weekly == {"2025-01-30 00:00": 2, "2025-02-20 00:00": 5}


@pytest.mark.parametrize("zone", ["UTC", PACIFIC])
@pytest.mark.parametrize("width", ["1d", "7d", "1w", "1mo", "1q", "1y"])
def test_months_one_by_one_give_what_all_at_once_give(pond: Pond, width: str, zone: str) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction(width, zone=zone), "2025-01", "2025-02")
    at_once = pond.snapshot().read_series(f"/reduced/bay/Site/res={width}")
    with pond.transaction() as tx:
        tx.remove(f"/reduced/bay/Site/res={width}")
    run(pond, a_reduction(width, zone=zone), "2025-02")
    run(pond, a_reduction(width, zone=zone), "2025-01")
    assert pond.snapshot().read_series(f"/reduced/bay/Site/res={width}").equals(at_once)


def test_a_month_that_changes_changes_its_neighbor_through_a_bucket(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("7d"), "2025-01", "2025-02")
    store(pond, SITE, water({**TWO_MONTHS, "2025-02-03 00:00": 5.0}), "2025-02")
    recorded = run(pond, a_reduction("7d"), "2025-02")["/reduced/bay/Site/res=7d"]
    assert [each.period.key for each in recorded] == ["2025-01", "2025-02"]
    assert rows_of(pond, "/reduced/bay/Site/res=7d", AVERAGE)["2025-01-30 00:00"] == 3


def test_a_resolution_that_is_missing_is_made_of_all_months(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("1d"), "2025-01", "2025-02")
    recorded = run(pond, a_reduction("1d", "2d"), "2025-01", "2025-02")
    months = [each.period.key for each in recorded["/reduced/bay/Site/res=2d"]]
    assert months == ["2025-01", "2025-02"]


def test_what_is_up_to_date_is_not_computed(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("1d", "7d"), "2025-01", "2025-02")
    updates = reduce(a_reduction("1d", "7d"), pond.snapshot(), months_of("2025-01", "2025-02"))
    assert [list(update.batches) for update in updates.values()] == [[], []]


def test_a_column_that_comes_later_gives_what_all_at_once_give(pond: Pond) -> None:
    store(pond, SITE, water({"2025-01-01 00:00": 1}), "2025-01")
    run(pond, a_reduction("1d"), "2025-01")
    store(pond, SITE, water({"2025-02-01 00:00": 2}, column="Depth.m"), "2025-02")
    run(pond, a_reduction("1d"), "2025-02")
    grown = pond.snapshot().read_series("/reduced/bay/Site/res=1d")
    run(pond, a_reduction("7d"), "2025-01", "2025-02")
    at_once = pond.snapshot().read_series("/reduced/bay/Site/res=7d")
    assert grown["Depth.m.count"].to_pylist() == [None, 1]
    assert at_once["Depth.m.count"].to_pylist() == [None, 1]


def of(width: str) -> str:
    return f"/reduced/bay/Site/res={width}"


def behind(pond: Pond, step: ReduceStep, *keys: str) -> dict[str, list[str]]:
    """Return the periods that each resolution lacks."""
    updates = reduce(step, pond.snapshot(), months_of(*keys))
    return {
        path.rpartition("=")[2]: [each.period.key for batch in update.batches for each in batch]
        for path, update in updates.items()
    }


def test_a_local_day_over_the_edge_of_a_month_holds_both_sides(pond: Pond) -> None:
    # Local midnight is at 08:00 in UTC.
    readings = {"2025-01-31 09:00": 1.0, "2025-02-01 07:00": 3.0, "2025-02-01 09:00": 5.0}
    store(pond, SITE, water(readings), "2025-01", "2025-02")
    run(pond, a_reduction("1d", zone=PACIFIC), "2025-01", "2025-02")
    daily = rows_of(pond, of("1d"), AVERAGE)
    assert daily == {"2025-01-31 08:00": 2, "2025-02-01 08:00": 5}


def test_quarters_and_years_are_those_of_the_calendar(pond: Pond) -> None:
    readings = {"2024-12-31 23:00": 9.0, "2025-01-01 00:00": 1.0, "2025-04-01 00:00": 3.0}
    months = ("2024-12", "2025-01", "2025-04")
    store(pond, SITE, water(readings), *months)
    run(pond, a_reduction("1q", "1y"), *months)
    assert rows_of(pond, of("1q"), AVERAGE) == {
        "2024-10-01 00:00": 9,
        "2025-01-01 00:00": 1,
        "2025-04-01 00:00": 3,
    }
    assert rows_of(pond, of("1y"), AVERAGE) == {"2024-01-01 00:00": 9, "2025-01-01 00:00": 2}


@pytest.mark.parametrize(
    ("instant", "week"),
    [("2025-02-20 00:00", "2025-02"), ("2025-02-01 00:00", "2025-01")],
    ids=["in the month", "in the week that began before it"],
)
def test_a_reading_puts_behind_the_months_in_which_its_buckets_begin(
    pond: Pond, instant: str, week: str
) -> None:
    months = [f"2025-{month:02}" for month in range(1, 13)]
    step = a_reduction("1d", "1w", "1q", "1y")
    store(pond, SITE, water(TWO_MONTHS), *months)
    run(pond, step, *months)
    store(pond, SITE, water({**TWO_MONTHS, instant: 6.0}), "2025-02")
    assert behind(pond, step, *months) == {
        "1d": ["2025-02"],
        "1w": sorted({week, "2025-02"}),  # of the month a week begins in, its end counts in whole
        "1q": ["2025-01"],
        "1y": ["2025-01"],
    }


@pytest.mark.parametrize("zone", ["UTC", PACIFIC])
def test_a_run_of_the_month_of_a_reading_leaves_no_month_behind(pond: Pond, zone: str) -> None:
    """An hourly pull is one run, however long the buckets are."""
    months = ("2024-12", "2025-01", "2025-02", "2025-03")
    step = a_reduction("1h", "1d", "1w", "1mo", "1q", "1y", zone=zone)
    store(pond, SITE, water(TWO_MONTHS), *months)
    run(pond, step, *months)
    store(pond, SITE, water({**TWO_MONTHS, "2025-02-01 03:00": 6.0}), "2025-02")
    run(pond, step, "2025-02")
    assert not any(behind(pond, step, *months).values())


def test_a_reading_of_another_month_of_the_year_writes_no_days_again(pond: Pond) -> None:
    months = ("2025-01", "2025-02")
    store(pond, SITE, water(TWO_MONTHS), *months)
    run(pond, a_reduction("1h", "1y"), *months)
    store(pond, SITE, water({**TWO_MONTHS, "2025-02-20 00:00": 6.0}), "2025-02")
    recorded = run(pond, a_reduction("1h", "1y"), *months)
    assert [each.period.key for each in recorded[of("1h")]] == ["2025-02"]
    assert [each.period.key for each in recorded[of("1y")]] == ["2025-01"]


def test_values_whose_flags_are_excluded_do_not_count(pond: Pond) -> None:
    table = with_flags({"2025-01-01 00:00": (1.0, 1), "2025-01-01 01:00": (9.0, 4)})
    store(pond, SITE, table, "2025-01")
    run(pond, a_reduction("1d", exclude_flags=(3, 4)), "2025-01")
    assert rows_of(pond, of("1d"), AVERAGE) == {"2025-01-01 00:00": 1}
    assert rows_of(pond, of("1d"), "Temperature.C.count") == {"2025-01-01 00:00": 1}


def test_flags_are_not_averaged(pond: Pond) -> None:
    store(pond, SITE, with_flags({"2025-01-01 00:00": (1.0, 1)}), "2025-01")
    run(pond, a_reduction("1d"), "2025-01")
    columns = pond.snapshot().read_series(of("1d")).column_names
    assert columns == ["timestamp", AVERAGE, "Temperature.C.count"]


def test_columns_that_are_asked_for_bring_their_flags_along(pond: Pond) -> None:
    table = with_flags({"2025-01-01 00:00": (1.0, 1), "2025-01-01 01:00": (9.0, 4)})
    store(pond, SITE, table, "2025-01")
    step = a_reduction("1d", columns=("Temperature.C",), exclude_flags=(4,))
    run(pond, step, "2025-01")
    assert rows_of(pond, of("1d"), AVERAGE) == {"2025-01-01 00:00": 1}


def test_ten_years_are_read_a_year_at_a_time(pond: Pond) -> None:
    months = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)]
    store(pond, SITE, water(TWO_MONTHS), *months)
    updates = reduce(a_reduction("1d"), pond.snapshot(), months_of(*months))
    batches = [len(batch) for batch in updates[of("1d")].batches]
    assert sum(batches) == 36
    assert max(batches) <= 12
