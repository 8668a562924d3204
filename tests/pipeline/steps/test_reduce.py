from pathlib import Path

import pytest

from pond_core import Aggregate, Pond, Provenance, Resolution
from pond_pipeline.plan import ReduceStep
from pond_pipeline.record import Recorded, record
from pond_pipeline.steps import reduce
from tests.pipeline.waters import months_of, rows_of, store, water

SITE = "/combined/bay/Site"
AVERAGE = "Temperature.C.avg"
TWO_MONTHS = {"2025-01-31 00:00": 1.0, "2025-02-03 00:00": 3.0, "2025-02-20 00:00": 5.0}


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def a_reduction(*resolutions: str, columns: tuple[str, ...] | None = None) -> ReduceStep:
    return ReduceStep(
        group="bay",
        description="Buckets.",
        outputs=tuple(f"/reduced/bay/Site/res={each}" for each in resolutions),
        inputs=(SITE,),
        fingerprint="reduce",
        collection="sites",
        dataset="Site",
        resolutions=tuple(Resolution.parse(each) for each in resolutions),
        columns=columns,
        aggregates=(Aggregate.AVG, Aggregate.COUNT),
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


def test_only_the_columns_asked_for_are_reduced(pond: Pond) -> None:
    store(pond, SITE, water({"2025-01-01 00:00": 1}), "2025-01")
    run(pond, a_reduction("1d", columns=("Depth.m",)), "2025-01")
    assert pond.snapshot().read_series("/reduced/bay/Site/res=1d").column_names == ["timestamp"]


def test_a_bucket_over_the_edge_of_a_month_holds_both_sides(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("7d"), "2025-02")
    weekly = rows_of(pond, "/reduced/bay/Site/res=7d", AVERAGE)
    assert weekly == {"2025-01-30 00:00": 2, "2025-02-20 00:00": 5}


def test_months_one_by_one_give_what_all_at_once_give(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("7d"), "2025-01", "2025-02")
    at_once = pond.snapshot().read_series("/reduced/bay/Site/res=7d")
    with pond.transaction() as tx:
        tx.remove("/reduced/bay/Site/res=7d")
    run(pond, a_reduction("7d"), "2025-02")
    run(pond, a_reduction("7d"), "2025-01")
    assert pond.snapshot().read_series("/reduced/bay/Site/res=7d").equals(at_once)


def test_a_month_that_changes_changes_its_neighbor_through_a_bucket(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("7d"), "2025-01", "2025-02")
    store(pond, SITE, water({**TWO_MONTHS, "2025-02-03 00:00": 5.0}), "2025-02")
    recorded = run(pond, a_reduction("7d"), "2025-02")["/reduced/bay/Site/res=7d"]
    assert [each.month.key for each in recorded] == ["2025-02", "2025-01"]
    assert rows_of(pond, "/reduced/bay/Site/res=7d", AVERAGE)["2025-01-30 00:00"] == 3


def test_a_resolution_that_is_missing_is_made_of_all_months(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("1d"), "2025-01", "2025-02")
    recorded = run(pond, a_reduction("1d", "2d"), "2025-01", "2025-02")
    months = [each.month.key for each in recorded["/reduced/bay/Site/res=2d"]]
    assert months == ["2025-01", "2025-02"]


def test_what_is_up_to_date_is_not_computed(pond: Pond) -> None:
    store(pond, SITE, water(TWO_MONTHS), "2025-01", "2025-02")
    run(pond, a_reduction("1d", "7d"), "2025-01", "2025-02")
    updates = reduce(a_reduction("1d", "7d"), pond.snapshot(), months_of("2025-01", "2025-02"))
    assert [list(update.batches) for update in updates.values()] == [[], []]
