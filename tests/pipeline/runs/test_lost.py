import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from pond_pipeline.errors import ConfigError
from pond_pipeline.instance import open_instance
from pond_pipeline.runs.lost import end_lost, running, serving

_KILLED = """
import os, sys
from pathlib import Path
from pond_pipeline.instance import open_instance
from pond_pipeline.runs.lost import running
with open_instance(Path(sys.argv[1])) as instance, running(instance) as tags:
    print(next(iter(tags.items())))
    sys.stdout.flush()
    os._exit(9)
"""

_ORIGIN = RemoteRepositoryOrigin(
    RegisteredCodeLocationOrigin("duckpond"), repository_name="__repository__"
).get_job_origin("any_job")
"""What the UI tells its runs by."""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "to be restored")
    with open_instance(tmp_path / "home") as opened:
        yield opened


def test_a_run_of_a_process_that_was_killed_is_failed_by_the_next(
    instance: dg.DagsterInstance,
) -> None:
    run = _started(instance, tags=_tags_of_a_killed_process(instance))
    with running(instance):
        assert _status(instance, run) is dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize(
    "status", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED], ids=lambda s: s.value
)
def test_a_run_of_a_command_that_was_killed_is_failed_while_the_ui_runs(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    with serving(instance):
        tags = _tags_of_a_killed_process(instance)
        run = _started(instance, tags=tags, status=status)
        end_lost(instance)
        assert _status(instance, run) is dg.DagsterRunStatus.FAILURE


def test_runs_of_the_ui_are_no_lost_ones_while_it_runs(instance: dg.DagsterInstance) -> None:
    with serving(instance):
        run = _started(instance, tags={})
        end_lost(instance)
        assert _status(instance, run) is dg.DagsterRunStatus.STARTED


def test_what_the_ui_runs_again_is_no_run_of_the_command_that_was_killed(
    instance: dg.DagsterInstance,
) -> None:
    tags = _tags_of_a_killed_process(instance)
    with serving(instance):
        rerun = _started(instance, tags=tags, origin=_ORIGIN)
        end_lost(instance)
        assert _status(instance, rerun) is dg.DagsterRunStatus.STARTED
    assert _status(instance, rerun) is dg.DagsterRunStatus.FAILURE


def test_a_run_of_a_process_that_lives_is_left_alone(instance: dg.DagsterInstance) -> None:
    with running(instance) as tags:
        run = _started(instance, tags=tags)
        with running(instance):
            assert _status(instance, run) is dg.DagsterRunStatus.STARTED


def test_a_run_of_the_ui_is_left_alone_by_the_command(instance: dg.DagsterInstance) -> None:
    run = _started(instance, tags={})
    with running(instance):
        assert _status(instance, run) is dg.DagsterRunStatus.STARTED


def test_a_run_that_an_earlier_ui_left_behind_is_failed_by_the_next(
    instance: dg.DagsterInstance,
) -> None:
    run = _started(instance, tags={})
    with serving(instance):
        assert _status(instance, run) is dg.DagsterRunStatus.FAILURE


def test_a_ui_leaves_the_runs_of_commands_alone(instance: dg.DagsterInstance) -> None:
    with running(instance) as tags:
        run = _started(instance, tags=tags)
        with serving(instance):
            assert _status(instance, run) is dg.DagsterRunStatus.STARTED


def test_a_second_ui_on_one_home_is_refused(instance: dg.DagsterInstance) -> None:
    second = serving(instance)
    with serving(instance), pytest.raises(ConfigError, match="already"):
        second.__enter__()


def test_a_run_that_a_ui_leaves_when_it_is_stopped_is_failed_at_once(
    instance: dg.DagsterInstance,
) -> None:
    with serving(instance):
        run = _started(instance, tags={})
    assert _status(instance, run) is dg.DagsterRunStatus.FAILURE


def test_a_run_that_was_being_canceled_is_canceled(instance: dg.DagsterInstance) -> None:
    run = _started(instance, tags={}, status=dg.DagsterRunStatus.CANCELING)
    with serving(instance):
        assert _status(instance, run) is dg.DagsterRunStatus.CANCELED


def test_a_lost_run_is_one_that_dagster_makes_again_whole(instance: dg.DagsterInstance) -> None:
    run = _started(instance, tags={})
    with serving(instance):
        pass
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    assert found.tags["dagster/will_retry"] == "true"
    assert found.tags["dagster/retry_strategy"] == "ALL_STEPS"


def test_what_a_killed_ui_has_started_keeps_its_place(instance: dg.DagsterInstance) -> None:
    waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with serving(instance) as held:
        left = subprocess.Popen(waits, stdin=subprocess.PIPE, pass_fds=[held])  # noqa: S603 -- ours
    with left:
        second = serving(instance)
        with pytest.raises(ConfigError, match="already"):
            second.__enter__()
    with serving(instance):
        pass


def _tags_of_a_killed_process(instance: dg.DagsterInstance) -> dict[str, str]:
    killed = subprocess.run(  # noqa: S603 -- our own Python, our own text
        [sys.executable, "-c", _KILLED, instance.root_directory],
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == 9, killed.stderr
    name, value = killed.stdout.strip().strip("()").replace("'", "").split(", ")
    return {name: value}


def _started(
    instance: dg.DagsterInstance,
    *,
    tags: dict[str, str],
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
    origin: RemoteJobOrigin | None = None,
) -> dg.DagsterRun:
    @dg.job(name="any_job")
    def job() -> None:
        pass

    return instance.create_run_for_job(job, status=status, tags=tags, remote_job_origin=origin)


def _status(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status
