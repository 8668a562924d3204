from collections.abc import Iterator

import dagster as dg
import pytest

from pond_pipeline.runs.unfinished import UNFINISHED, unfinished_run


@dg.job(name="pull")
def pull() -> None:
    pass


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.mark.parametrize(
    "status",
    [each for each in UNFINISHED if each is not dg.DagsterRunStatus.QUEUED],  # which needs a daemon
    ids=lambda status: status.value,
)
def test_a_run_is_found_until_it_is_over(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    run = instance.create_run_for_job(pull, status=status)
    found = unfinished_run(instance, job="pull")
    assert found is not None
    assert found.run_id == run.run_id
    instance.report_run_failed(run)
    assert unfinished_run(instance, job="pull") is None


def test_runs_of_other_jobs_and_with_other_tags_do_not_count(instance: dg.DagsterInstance) -> None:
    instance.create_run_for_job(pull, tags={"a": "1"})
    assert unfinished_run(instance, job="push") is None
    assert unfinished_run(instance, tags={"a": "2"}) is None
    assert unfinished_run(instance, tags={"a": "1"}) is not None
