"""Whether instruments are still heard of."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.config import load_documents
from pond_pipeline.freshness import build_freshness, freshness_keys
from pond_pipeline.paths import key_to_path
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.silence import FreshnessJudge
from pond_pipeline.wording import instant_text
from tests.pipeline.harbor import definitions_of
from tests.pipeline.home import instance_in
from tests.pipeline.instruments import INSTRUMENTS, OLD, PIER
from tests.pipeline.waters import at, store, water

RESOURCES = f"""
{INSTRUMENTS}    - {{name: Ashore, id: 4, scope: Ashore, interval: 1h, active: false}}
---
kind: Combine
name: bay
spec:
  sites:
    - name: Bay
      interval: 1d
      inputs: [{{pattern: /normalized/bay/Pier}}, {{pattern: /normalized/bay/Wharf}}]
    - name: Past
      interval: 1d
      inputs: [{{pattern: /normalized/bay/Retired}}, {{pattern: /normalized/bay/Ashore}}]
    - {{name: Closed, interval: 1d, inputs: [{{pattern: /normalized/bay/Pier, end: 2025-02-01}}]}}
    - {{name: Fuel dock no. 2, interval: 1d, inputs: [{{pattern: /normalized/bay/Wharf}}]}}
"""
EXPORTS = """\
kind: LakeTech
name: fb
spec:
  pattern: inbox/*.htm
  start: 2025-01-01
  locations: [{name: Pier, match: Pier, interval: 1h}]
"""
ASHORE = "/normalized/bay/Ashore"
SITE, PAST, CLOSED, DOCK = (
    f"/combined/bay/{each}" for each in ("Bay", "Past", "Closed", "Fuel dock no. 2")
)
JUDGED = {PIER, OLD, ASHORE, SITE, PAST, CLOSED, DOCK}
NEWEST = "2025-03-01 12:00"


def plan_of(text: str, folder: Path) -> Plan:
    return compile_plan(load_documents(text), root=folder)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(RESOURCES, tmp_path)


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    """A pond with a reading of the pier and of the site."""
    pond = Pond.init(tmp_path / "pond", durability="process")
    hear(pond, NEWEST)
    return pond


def hear(pond: Pond, *instants: str) -> None:
    for path in (PIER, SITE):
        store(pond, path, water(dict.fromkeys(instants, 1.0)), "2025-03")


@pytest.fixture
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """An instance that a schedule can open, too."""
    with instance_in(tmp_path_factory.mktemp("home")) as made:
        yield made


class Bay:
    """Definitions on a pond, whose schedule a test ticks."""

    def __init__(self, plan: Plan, folder: Path, instance: dg.DagsterInstance) -> None:
        self.definitions = definitions_of(plan, folder)
        self.instance = instance

    def tick(self, now: str) -> set[str]:
        """Return the series that a tick wants to be checked, and check them."""
        schedule = self.definitions.resolve_schedule_def("bay_freshness_schedule")
        context = dg.build_schedule_context(
            self.instance,
            scheduled_execution_time=at(now),
            repository_def=self.definitions.get_repository_def(),
        )
        asked: set[str] = set()
        for request in schedule.evaluate_tick(context).run_requests or []:
            asked |= {key_to_path(key.asset_key) for key in request.asset_check_keys or []}
        return asked

    def check(self, *paths: str) -> list[dg.AssetCheckEvaluation]:
        """Run the checks of some series, as a tick would have them run."""
        job = self.definitions.resolve_job_def("bay_freshness")
        keys = {key for key in job.asset_layer.asset_graph.asset_check_keys if _is_of(key, paths)}
        subset = job.get_subset(asset_check_selection=keys)
        result = subset.execute_in_process(instance=self.instance)
        assert result.success
        return list(result.get_asset_check_evaluations())


def _is_of(key: dg.AssetCheckKey, paths: Sequence[str]) -> bool:
    return key_to_path(key.asset_key) in paths


@pytest.fixture
def bay(plan: Plan, pond: Pond, tmp_path: Path, instance: dg.DagsterInstance) -> Bay:
    assert pond.path == tmp_path / "pond"
    return Bay(plan, tmp_path, instance)


def test_series_with_an_interval_are_judged_by_three_of_them(plan: Plan) -> None:
    limits = FreshnessJudge(plan).limits
    assert set(limits) == JUDGED
    assert (limits[PIER], limits[SITE]) == (timedelta(hours=3), timedelta(days=3))


def test_a_limit_of_one_s_own_needs_no_interval(tmp_path: Path) -> None:
    text = RESOURCES.replace("  start:", "  checks: {freshness: {within: 2d}}\n  start:", 1)
    limits = FreshnessJudge(plan_of(text, tmp_path)).limits
    assert limits["/normalized/bay/Wharf"] == limits[PIER] == timedelta(days=2)
    assert limits[SITE] == timedelta(days=3)


@pytest.mark.parametrize(
    ("now", "passed"), [("2025-03-01 15:00", True), ("2025-03-01 15:01", False)]
)
def test_a_series_is_fresh_until_its_newest_reading_is_older_than_the_limit(
    plan: Plan, pond: Pond, now: str, *, passed: bool
) -> None:
    found = FreshnessJudge(plan).judge(pond.snapshot(), PIER, now=at(now))
    assert found.passed == passed


def test_a_stalled_series_is_told_with_its_last_reading(plan: Plan, pond: Pond) -> None:
    found = FreshnessJudge(plan).judge(pond.snapshot(), PIER, now=at("2025-04-01"))
    assert found.text == "No reading since 2025-03-01 12:00 UTC; one is expected every 3 h."


def test_a_series_whose_newest_reading_is_of_the_future_is_not_fresh(
    plan: Plan, pond: Pond
) -> None:
    found = FreshnessJudge(plan).judge(pond.snapshot(), PIER, now=at("2025-03-01"))
    assert not found.passed
    assert found.text.startswith("The newest reading is of 2025-03-01 12:00 UTC, which is to come:")


def test_a_series_that_was_never_heard_of_is_not_fresh(plan: Plan, tmp_path: Path) -> None:
    empty = Pond.init(tmp_path / "empty").snapshot()
    found = FreshnessJudge(plan).judge(empty, PIER, now=at("2025-03-01"))
    assert (found.passed, found.text) == (False, "There has never been a reading.")


@pytest.mark.parametrize("path", [OLD, ASHORE, PAST, CLOSED])
def test_nothing_is_expected_of_what_is_retired(plan: Plan, pond: Pond, path: str) -> None:
    found = FreshnessJudge(plan).judge(pond.snapshot(), path, now=at("2025-04-01"))
    assert (found.passed, found.text) == (True, "Retired: no readings are expected.")


def test_nothing_is_expected_of_a_place_of_exports_that_ended(tmp_path: Path) -> None:
    until = "interval: 1h, until: 2025-02-01}]"
    judge = FreshnessJudge(plan_of(EXPORTS.replace("interval: 1h}]", until), tmp_path))
    assert judge.is_retired("/normalized/fb/Pier", at("2025-02-01"))
    assert not judge.is_retired("/normalized/fb/Pier", at("2025-01-31 23:59"))


def test_an_instrument_is_retired_from_its_end_on(plan: Plan, pond: Pond) -> None:
    found = FreshnessJudge(plan).judge(pond.snapshot(), OLD, now=at("2025-01-31 23:59"))
    assert not found.passed


def test_each_source_has_a_schedule_that_is_on_by_itself(plan: Plan, tmp_path: Path) -> None:
    checks, jobs, schedules = build_freshness(plan, pond=tmp_path / "pond")
    assert [job.name for job in jobs] == ["bay_freshness"]
    (schedule,) = schedules
    assert (schedule.name, schedule.cron_schedule) == ("bay_freshness_schedule", "*/15 * * * *")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert {key for each in checks for key in each.check_keys} == set(freshness_keys(plan))


def test_a_source_of_which_nobody_expects_anything_has_none(tmp_path: Path) -> None:
    text = (
        RESOURCES.split("---", maxsplit=1)[0]
        .replace("interval: 1h, ", "")
        .replace(", interval: 1h", "")
    )
    assert build_freshness(plan_of(text, tmp_path), pond=tmp_path) == ([], [], [])


def test_the_first_tick_asks_for_every_series(bay: Bay) -> None:
    assert bay.tick(NEWEST) == JUDGED


def test_a_tick_asks_for_nothing_while_no_verdict_changes(bay: Bay) -> None:
    bay.check(*JUDGED)  # now, long after the newest reading
    assert bay.tick("2025-04-01") == set()


def test_a_tick_asks_for_the_series_whose_verdict_changed(bay: Bay) -> None:
    bay.check(*JUDGED)
    assert bay.tick("2025-03-01 14:00") == {PIER, SITE}
    assert bay.tick("2025-03-02 14:00") == {SITE}


def test_a_tick_waits_for_the_run_of_an_earlier_one(bay: Bay) -> None:
    job = bay.definitions.resolve_job_def("bay_freshness")
    run = bay.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert bay.tick("2025-03-01 13:00") == set()
    bay.instance.report_run_canceled(run)


def test_after_a_run_that_died_without_a_verdict_the_next_tick_asks_again(bay: Bay) -> None:
    job = bay.definitions.resolve_job_def("bay_freshness")
    died = bay.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    bay.instance.report_run_failed(died)
    assert bay.tick("2025-03-01 13:00") == JUDGED


def test_a_verdict_is_forgotten_with_dagster_s_home(bay: Bay, plan: Plan, tmp_path: Path) -> None:
    bay.check(*JUDGED)
    with instance_in(tmp_path / "new") as fresh:
        assert Bay(plan, tmp_path, fresh).tick("2025-04-01") == JUDGED


def test_without_a_pond_a_tick_asks_for_nothing(
    plan: Plan, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    assert Bay(plan, tmp_path / "elsewhere", instance).tick("2025-04-01") == set()


def test_a_run_checks_the_series_that_it_was_asked_for(bay: Bay) -> None:
    (check,) = bay.check(PIER)
    assert (key_to_path(check.asset_key), check.passed) == (PIER, False)
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert (check.description or "").startswith("No reading since 2025-03-01 12:00 UTC")
    assert check.metadata["newest"].value == at(NEWEST).timestamp()


def test_an_instrument_that_is_heard_of_again_turns_green(bay: Bay, pond: Pond) -> None:
    assert not bay.check(PIER)[0].passed
    now = datetime.now(at(NEWEST).tzinfo)
    table = water({instant_text(now).removesuffix(" UTC"): 1.0})
    store(pond, PIER, table, f"{now:%Y-%m}")
    assert PIER in bay.tick(f"{now:%Y-%m-%d %H:%M}")
    assert bay.check(PIER)[0].passed


def test_the_severity_is_as_configured(
    tmp_path: Path, pond: Pond, instance: dg.DagsterInstance
) -> None:
    text = RESOURCES.replace("  start:", "  checks: {freshness: {severity: error}}\n  start:", 1)
    assert pond.snapshot().exists(PIER)
    (check,) = Bay(plan_of(text, tmp_path), tmp_path, instance).check(PIER)
    assert check.severity is dg.AssetCheckSeverity.ERROR
