"""How runs are carried out: in one process, or in several, as the environment says."""

import os
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.definitions import defs
from pond_pipeline.errors import ConfigError
from pond_pipeline.instance import open_instance
from pond_pipeline.runs.executor import EXECUTOR
from tests.pipeline.automation.lake import RAW, SITE, SITES, SOURCE


@pytest.fixture
def pond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the pond will be, of resources that make three assets."""
    (tmp_path / "resources.yaml").write_text(SOURCE + SITES)
    monkeypatch.setenv("POND_RESOURCES", str(tmp_path / "resources.yaml"))
    monkeypatch.setenv("POND", str(tmp_path / "pond"))
    return tmp_path / "pond"


def pull() -> dg.JobDefinition:
    """Return the job over them: a process of a step calls this again."""
    definitions = defs()
    assert isinstance(definitions, dg.Definitions)
    return definitions.get_repository_def().get_job("bay_pull")


def processes_of_a_run(home: Path) -> set[int | None]:
    """Carry out a run over a month, and return in which processes its steps were."""
    month = {"dagster/partition": "2025-01"}
    with (
        open_instance(home) as instance,
        dg.execute_job(dg.reconstructable(pull), instance=instance, tags=month) as result,
    ):
        assert result.success
        return {event.pid for event in result.all_events if event.is_successful_output}


@pytest.mark.usefixtures("pond")
def test_steps_run_in_one_process_unless_told_otherwise() -> None:
    assert pull().executor_def is dg.in_process_executor


def test_a_run_in_several_processes_fills_one_pond(
    pond: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(EXECUTOR, "multiprocess")
    processes = processes_of_a_run(tmp_path / "home")
    assert len(processes) == 3
    assert os.getpid() not in processes
    snapshot = Pond.open(pond).snapshot()
    assert all(snapshot.read_series(path).num_rows for path in (*RAW, SITE))


@pytest.mark.usefixtures("pond")
def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EXECUTOR, "many")
    with pytest.raises(ConfigError) as refusal:
        defs()
    assert (str(refusal.value), refusal.value.hint) == (
        "'many' is no way to carry out a run",
        "set POND_EXECUTOR to in_process, multiprocess, dask",
    )


@pytest.mark.usefixtures("pond")
def test_no_step_is_forked_from_a_process_that_may_have_a_pond_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(EXECUTOR, "multiprocess")
    for method in ("spawn", "forkserver"):
        dg.validate_run_config(pull(), execution_of(method))
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(pull(), execution_of("fork"))


def execution_of(method: str) -> dict[str, object]:
    return {"execution": {"config": {"start_method": {method: {}}}}}
