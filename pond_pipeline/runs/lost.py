"""Runs whose process is gone: killed, or lost with the power.

Dagster learns nothing of such an end. The run stays STARTED and its step keeps its place in the
account's pool, for which the next run would wait for ever. So each process that runs assets holds
the lock of a file that its runs are tagged with: the kernel releases it however the process ends.

A run that was lost is failed by whoever runs or serves next, and within a minute while the UI is
up. Where the UI or the daemon had started it, Dagster starts it again (`run_retries` in
`dagster.yaml`): what was collected is in the pond, so that little is done twice.
Runs that wait in the queue, and backfills, are in Dagster's own storage and go on by themselves.
"""

import contextlib
import fcntl
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg

from pond_pipeline.errors import ConfigError

_PROCESS_TAG = "pond/process"
_FOLDER = "processes"
_SERVER = "server"

_BEGUN = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

# Dagster's own names (dagster 1.13, storage/tags.py). "From failure", which it would do otherwise,
# finds no failed step in a run that lost its process.
_RETRY = {"dagster/retry_strategy": "ALL_STEPS"}


@contextlib.contextmanager
def running(instance: dg.DagsterInstance) -> Iterator[dict[str, str]]:
    """Fail the runs of processes that are gone, and yield the tags of this process's runs."""
    end_lost(instance)
    folder = _folder(instance)
    file = folder / uuid.uuid4().hex
    with file.open("xb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield {_PROCESS_TAG: file.name}
        finally:
            file.unlink()


@contextlib.contextmanager
def serving(instance: dg.DagsterInstance) -> Iterator[int]:
    """End the runs that an earlier UI or daemon of this home left behind, and stand in for them.

    Those that are left when the block ends are ended too: its processes are gone by then.

    Yields:
        A file descriptor. Processes that inherit it keep others from doing the same, even when
        this one is killed.

    Raises:
        ConfigError: A UI is running on this home already.
    """
    folder = _folder(instance)
    with (folder / _SERVER).open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            msg = f"the UI is running on {instance.root_directory} already"
            hint = "stop it first (of one that was killed, what it started), or use another --home"
            raise ConfigError(msg, hint=hint) from exc
        end_lost(instance)
        _end_served(instance)
        try:
            yield held.fileno()
        finally:
            _end_served(instance)


def end_lost(instance: dg.DagsterInstance) -> None:
    """Fail the runs of commands whose process is gone; those of the UI are left alone."""
    folder = _folder(instance)
    # Its process makes such a run, and then starts it; what the UI makes, the daemon may start.
    for run in _runs(instance, [dg.DagsterRunStatus.NOT_STARTED, *_BEGUN]):
        if _is_of_command(run) and _is_gone(process := folder / run.tags[_PROCESS_TAG]):
            _end(instance, run)
            process.unlink(missing_ok=True)


def _end_served(instance: dg.DagsterInstance) -> None:
    for run in _runs(instance, _BEGUN):
        if not _is_of_command(run):
            _end(instance, run)


def _is_of_command(run: dg.DagsterRun) -> bool:
    """Say whether a command runs it: a rerun in the UI copies the tags, and has an origin."""
    return _PROCESS_TAG in run.tags and run.remote_job_origin is None


def _runs(
    instance: dg.DagsterInstance, statuses: Sequence[dg.DagsterRunStatus]
) -> Sequence[dg.DagsterRun]:
    return instance.get_runs(dg.RunsFilter(statuses=statuses))


def _end(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, "the process of this run is gone")
    else:
        instance.add_run_tags(run.run_id, _RETRY)
        instance.report_run_failed(run, "the process of this run is gone")
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _folder(instance: dg.DagsterInstance) -> Path:
    folder = Path(instance.root_directory, _FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _is_gone(file: Path) -> bool:
    try:
        with file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    return True
