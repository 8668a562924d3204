"""What is purged from a real instance, and what stays."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pond_pipeline.errors import ConfigError
from pond_pipeline.instance import open_instance
from pond_pipeline.runs.keep import KEEP_RUNS
from pond_pipeline.runs.old import Purged, purge_definitions, purge_runs

MONTHS = dg.MonthlyPartitionsDefinition(
    start_date="2025-01", end_date="2025-04", fmt="%Y-%m", timezone="UTC"
)
KEY = dg.AssetKey("pier")
LATER = datetime.now(UTC) + timedelta(days=1)


class FailingConfig(dg.Config):
    """Whether the asset shall fail."""

    fail: bool = False


@dg.asset(name="pier", partitions_def=MONTHS, backfill_policy=dg.BackfillPolicy.single_run())
def pier(context: dg.AssetExecutionContext, config: FailingConfig) -> dg.Output[None]:
    sys.stdout.write("said on stdout")
    if config.fail:
        raise dg.Failure("as it was told to")
    return dg.Output(None, data_version=dg.DataVersion(context.run.run_id))


@dg.asset_check(asset=pier)
def right() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "to be restored")
    with open_instance(tmp_path / "home") as opened:
        yield opened


def test_a_run_that_nothing_comes_from_is_deleted(instance: dg.DagsterInstance) -> None:
    first, second = _make(instance, "2025-01"), _make(instance, "2025-01")
    assert purge_runs(instance, before=LATER) == Purged(deleted=1, kept=1)
    assert not instance.has_run(first)
    assert instance.has_run(second)


def test_no_partition_turns_missing_and_no_version_is_lost(instance: dg.DagsterInstance) -> None:
    for month in ("2025-01", "2025-02", "2025-01", "2025-03"):
        _make(instance, month)
    before = _versions(instance)
    assert purge_runs(instance, before=LATER).deleted == 1
    assert _versions(instance) == before
    assert instance.get_materialized_partitions(KEY) == {"2025-01", "2025-02", "2025-03"}


def test_the_run_of_a_partition_that_failed_stays(instance: dg.DagsterInstance) -> None:
    _make(instance, "2025-01")
    failed = _make(instance, "2025-01", fail=True)
    assert purge_runs(instance, before=LATER) == Purged(deleted=0, kept=2)
    assert instance.has_run(failed)


def test_the_newest_result_of_a_check_stays(instance: dg.DagsterInstance) -> None:
    checks = dg.AssetSelection.checks(right)
    job = dg.define_asset_job("check", selection=checks)
    definitions = dg.Definitions(assets=[pier], asset_checks=[right], jobs=[job])
    runs = [
        definitions.resolve_job_def("check").execute_in_process(instance=instance).run_id
        for _ in range(2)
    ]
    purge_runs(instance, before=LATER)
    assert [instance.has_run(each) for each in runs] == [False, True]


def test_a_run_that_is_not_over_stays(instance: dg.DagsterInstance) -> None:
    statuses = set(dg.DagsterRunStatus) - {dg.DagsterRunStatus.QUEUED}  # needs a code location
    runs = [_empty_run(instance, status) for status in statuses]
    purge_runs(instance, before=LATER)
    gone = {each.status.value for each in runs if not instance.has_run(each.run_id)}
    assert gone == {"SUCCESS", "FAILURE", "CANCELED"}


def test_a_run_that_ended_lately_stays(instance: dg.DagsterInstance) -> None:
    runs = [_make(instance, "2025-01"), _make(instance, "2025-01")]
    recently = datetime.now(UTC) - timedelta(days=1)
    assert purge_runs(instance, before=recently) == Purged(deleted=0, kept=0)
    assert all(instance.has_run(each) for each in runs)


def test_its_files_go_with_it(instance: dg.DagsterInstance) -> None:
    gone, left = _make(instance, "2025-01"), _make(instance, "2025-01")
    assert _files(instance, gone)
    purge_runs(instance, before=LATER)
    assert _files(instance, gone) == []
    assert _files(instance, left)


def test_the_job_says_how_many_it_deleted(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP_RUNS, "30")
    job = purge_definitions().resolve_job_def("purge_runs")
    result = job.execute_in_process(instance=instance)
    said = [each.user_message for each in instance.all_logs(result.run_id)]
    assert any("0 runs that ended more than 30 days ago are deleted" in each for each in said)


def test_a_setting_that_is_no_number_of_days_fails_the_job(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP_RUNS, "0")
    job = purge_definitions().resolve_job_def("purge_runs")
    with pytest.raises(ConfigError, match="no number of days"):
        job.execute_in_process(instance=instance)


def test_it_is_done_daily_without_being_asked() -> None:
    (daily,) = purge_definitions().schedules or ()
    assert isinstance(daily, dg.ScheduleDefinition)
    assert daily.default_status is dg.DefaultScheduleStatus.RUNNING
    assert daily.cron_schedule == "45 3 * * *"


def _make(instance: dg.DagsterInstance, month: str, *, fail: bool = False) -> str:
    """Make a month of the asset, and return the run."""
    result = dg.materialize(
        [pier],
        instance=instance,
        partition_key=month,
        run_config=dg.RunConfig({"pier": FailingConfig(fail=fail)}),
        raise_on_error=not fail,
    )
    return result.run_id


def _empty_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    @dg.job(name="any_job")
    def job() -> None:
        pass

    return instance.create_run_for_job(job, status=status)


def _versions(instance: dg.DagsterInstance) -> object:
    return instance.event_log_storage.get_latest_tags_by_partition(
        KEY, dg.DagsterEventType.ASSET_MATERIALIZATION, ["dagster/data_version"]
    )


def _files(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    home = Path(instance.root_directory)
    return sorted(str(each.relative_to(home)) for each in home.rglob(f"{run_id}*"))
