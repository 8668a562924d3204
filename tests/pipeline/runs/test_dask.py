"""Runs that Dask's workers carry out: what has to be there for that; operations show the rest."""

import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.retries import RetryMode

from pond_pipeline.errors import ConfigError
from pond_pipeline.runs.dask import SCHEDULER, dask_executor
from pond_pipeline.runs.executor import executor_named


def executor(config: dict[str, object]) -> dg.Executor:
    """Return the executor of a run that is configured so."""
    context = dg.InitExecutorContext(
        job=InMemoryJob(dg.GraphDefinition(name="all").to_job()),
        executor_def=dask_executor,
        executor_config={"max_concurrent": None, **config},
        instance=dg.DagsterInstance.ephemeral(),
    )
    create = dask_executor.executor_creation_fn
    assert create is not None
    return create(context)


def test_the_code_location_does_without_dask() -> None:
    code = (
        "import sys, pond_pipeline.definitions; print({'dask', 'distributed'} & set(sys.modules))"
    )
    told = subprocess.run(  # noqa: S603 -- our own Python, our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "set()"


def test_dask_is_chosen_by_its_name() -> None:
    assert executor_named("dask") is dask_executor


def test_a_scheduler_has_to_be_named() -> None:
    with pytest.raises(ConfigError, match=r"nobody says where the Dask scheduler is") as refusal:
        executor({})
    assert SCHEDULER in refusal.value.hint


def test_a_scheduler_that_is_named_is_not_asked_before_there_is_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(SCHEDULER, "tcp://127.0.0.1:1")
    assert executor({}).retries is RetryMode.ENABLED
    assert executor({"scheduler": "tcp://127.0.0.1:2"}).retries is RetryMode.ENABLED
