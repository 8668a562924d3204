from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.config import Severity, read_documents
from pond_pipeline.due import all_periods, due_periods
from pond_pipeline.errors import ConfigError
from pond_pipeline.freshness import FRESHNESS
from pond_pipeline.hydrovu import client
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Cadence, Period
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.runs import launch
from pond_pipeline.simulator import Faults, Simulator
from tests.pipeline.harbor import harbor_plan, harbor_server, small_plan
from tests.pipeline.pier import a_pier
from tests.pipeline.steps.exports import write_export
from tests.pipeline.waters import at, months_of

EXPORTS = """
---
kind: LakeTech
name: fb
spec: {pattern: inbox/*.csv, timezone: UTC, start: 2025-01-01}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with harbor_server() as running:
        yield running


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


class Bay:
    """A small plan on a folder."""

    def __init__(self, folder: Path, server: Simulator, instance: dg.DagsterInstance) -> None:
        self.folder = folder
        self.instance = instance
        self.plan: Plan = small_plan(folder, server.base_url)
        self.told: list[str] = []

    @property
    def pond(self) -> Path:
        return self.folder / "pond"

    def run(
        self, *keys: str, select: Sequence[str] = (), refetch: bool = False
    ) -> list[launch.RunReport]:
        return list(
            launch.run(
                self.plan,
                launch.select_steps(self.plan, select),
                months_of(*keys),
                root=self.folder,
                pond=self.pond,
                instance=self.instance,
                refetch=refetch,
                progress=self.told.append,
            )
        )

    def due(self, *select: str, now: datetime) -> list[str]:
        steps = launch.select_steps(self.plan, select)
        return [m.key for m in due_periods(self.plan, steps, pond=self.pond, now=now)]


@pytest.fixture
def bay(tmp_path: Path, server: Simulator, instance: dg.DagsterInstance) -> Iterator[Bay]:
    yield Bay(tmp_path, server, instance)
    server.faults = Faults()


def test_without_globs_all_steps_are_selected() -> None:
    plan = harbor_plan()
    assert launch.select_steps(plan, []) == list(plan.steps)


def test_a_step_is_selected_by_any_of_its_outputs() -> None:
    plan = harbor_plan()
    (step,) = launch.select_steps(plan, ["/raw/harbor/parameters"])
    assert step.outputs[0] == "/raw/harbor/units"
    assert launch.select_steps(plan, ["/raw/harbor/locations"]) == [step]


def test_steps_are_selected_by_several_globs_in_the_order_of_the_plan() -> None:
    plan = harbor_plan()
    steps = launch.select_steps(plan, ["/reduced/**/Wharf/*", "/combined/harbor/*"])
    assert [step.kind for step in steps] == ["combine"] * 3 + ["reduce"]


def test_a_glob_that_matches_nothing_is_named() -> None:
    with pytest.raises(ConfigError, match="/combined/other: no asset matches"):
        launch.select_steps(harbor_plan(), ["/combined/*/*", "/combined/other"])


def test_all_months_reach_from_the_start_to_the_one_that_is_running() -> None:
    months = all_periods(harbor_plan(), Cadence.MONTHLY, now=at("2025-02-01"))
    assert months == months_of("2024-11", "2024-12", "2025-01", "2025-02")


def test_a_plan_without_sources_has_no_months(tmp_path: Path) -> None:
    plan = Plan(None, (), ())
    assert all_periods(plan, Cadence.MONTHLY, now=at("2025-01-01")) == []
    assert due_periods(plan, (), pond=tmp_path / "pond", now=at("2025-01-01")) == []


def test_without_a_pond_every_month_is_due(bay: Bay) -> None:
    due = bay.due(now=at("2023-05-20"))
    # The source begins in March; the bucket of seven days that its first readings are in, before.
    assert due == ["2023-02", "2023-03", "2023-04", "2023-05"]
    assert not bay.pond.exists()


def test_a_run_makes_every_asset(bay: Bay) -> None:
    (report,) = bay.run("2025-01")
    assert (report.failures, report.skipped, report.warnings) == ((), (), ())
    assert report.periods == (Period.parse("2025-01"),)
    assert Pond.open(bay.pond).snapshot().exists("/reduced/bay/sites/Bay/res=7d")


def test_what_was_made_is_not_due_but_for_the_month_that_is_running(bay: Bay) -> None:
    months = all_periods(bay.plan, Cadence.MONTHLY, now=at("2025-02-28"))
    bay.run(*[month.key for month in months])
    assert bay.due("/combined/**", now=at("2025-03-01 12:00")) == ["2025-03"]
    assert bay.due("/raw/bay/Pier", now=at("2025-03-01 12:00")) == ["2025-02", "2025-03"]


def test_months_with_a_gap_are_several_runs(bay: Bay) -> None:
    reports = bay.run("2025-02", "2024-11", "2024-12", select=["/raw/bay/Pier"])
    assert [[m.key for m in each.periods] for each in reports] == [
        ["2024-11", "2024-12"],
        ["2025-02"],
    ]
    assert len({each.run_id for each in reports}) == 2


def test_runs_are_dagster_s_own(bay: Bay) -> None:
    (report,) = bay.run("2025-01", select=["/raw/bay/Pier"])
    run = bay.instance.get_run_by_id(report.run_id)
    assert run is not None
    assert run.is_success
    assert run.tags["dagster/asset_partition_range_start"] == "2025-01"


def test_each_step_that_ended_is_told(bay: Bay) -> None:
    bay.run("2025-01")
    assert len(bay.told) == len(bay.plan.steps)


def test_a_failure_names_the_asset_and_what_it_holds_back(
    bay: Bay, server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bay.run("2025-01", select=["/raw/bay/units"])
    monkeypatch.setattr(client, "_shared", {})  # a token that was granted would still do
    server.faults = Faults(token_status=401)
    (report,) = bay.run("2025-01", select=["/raw/bay/Pier", "/normalized/**", "/combined/**"])
    (failure,) = report.failures
    assert failure.path == "/raw/bay/Pier"
    assert set(report.skipped) == {"/normalized/bay/Pier", "/combined/bay/Bay"}


def test_a_reason_is_what_went_wrong_without_a_traceback(bay: Bay, server: Simulator) -> None:
    server.faults = Faults(token_status=401)
    (report,) = bay.run("2025-01", select=["/raw/bay/units"])
    (failure,) = report.failures
    assert "401" in failure.reason
    assert "Traceback" not in failure.reason
    assert "HydroVuError" not in failure.reason


def test_a_check_that_failed_is_a_warning(
    tmp_path: Path, server: Simulator, instance: dg.DagsterInstance
) -> None:
    write_export(tmp_path / "inbox", "a.csv", "2025-01-01 00:00,Dock-1,Temp (C),5")
    bay = Bay(tmp_path, server, instance)
    file = tmp_path / "resources.yaml"
    file.write_text(file.read_text() + EXPORTS)
    bay.plan = compile_plan(read_documents(file), root=tmp_path)
    (report,) = bay.run("2025-01", select=["/raw/fb/files"])
    (warning,) = report.warnings
    assert (warning.path, report.failures) == ("/raw/fb/files", ())
    assert "Dock-1" in warning.reason


def test_a_run_leaves_freshness_to_its_schedule(bay: Bay) -> None:
    bay.run("2025-01")
    checks = bay.instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [
            dg.AssetCheckKey(path_to_key("/normalized/bay/Pier"), name)
            for name in ("order", FRESHNESS)
        ]
    )
    assert [key.name for key in checks] == ["order"]


def test_a_blocking_check_that_failed_is_a_failure_with_its_words(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    blocking = "{gaps: {severity: error, blocking: true}}"
    with a_pier(tmp_path, checks=blocking) as pier:
        pier.write_hours("2025-01-01 00:00", "2025-01-02 00:00")
        pier.write_hours("2025-01-03 00:00", "2025-01-31 23:00")
        (report,) = launch.run(
            pier.plan,
            pier.plan.steps,
            months_of("2025-01"),
            root=tmp_path,
            pond=tmp_path / "pond",
            instance=instance,
        )
    (failure,) = report.failures
    assert failure.path == "/normalized/bay/Pier"
    assert "gaps" in failure.reason
    (check,) = report.warnings
    assert (check.path, check.check, check.severity) == (failure.path, "gaps", Severity.ERROR)
    assert "/combined/bay/Bay" in report.skipped


def test_a_refetch_asks_for_whole_months_again(bay: Bay, server: Simulator) -> None:
    bay.run("2025-01", select=["/raw/bay/Pier"])
    starts = []
    for refetch in (False, True):
        server.log.clear()
        bay.run("2025-01", select=["/raw/bay/Pier"], refetch=refetch)
        starts.append({s.query["startTime"] for s in server.log if s.path.endswith("/data")})
    month = {str(int(at("2025-01-01").timestamp()))}
    assert [asked == month for asked in starts] == [False, True]
