"""Runs whose process is gone: killed, or lost with the power.

Dagster learns nothing of such an end. The run stays STARTED and its step keeps its place in the
account's pool, for which the next run would wait for ever. So each process that runs assets holds
the lock of a file that its runs are tagged with: the kernel releases it however the process ends.

A run that was lost is failed. Where the UI or the daemon had started it, Dagster starts it again
(`run_retries` in `dagster.yaml`): what was collected is in the pond, so that little is done twice.
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

# Dagster's own names (dagster 1.13, storage/tags.py). "From failure", which it would do otherwise,
# finds no failed step in a run that lost its process.
_RETRY = {"dagster/retry_strategy": "ALL_STEPS"}


@contextlib.contextmanager
def running(instance: dg.DagsterInstance) -> Iterator[dict[str, str]]:
    """Fail the runs of processes that are gone, and yield the tags of this process's runs."""
    folder = _folder(instance)
    _end_lost(instance, folder)
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
        _end_lost(instance, folder)
        _end_served(instance)
        try:
            yield held.fileno()
        finally:
            _end_served(instance)


def _end_lost(instance: dg.DagsterInstance, folder: Path) -> None:
    for run in _unfinished(instance):
        process = run.tags.get(_PROCESS_TAG)
        if process is not None and _is_gone(folder / process):
            _end(instance, run)
            (folder / process).unlink(missing_ok=True)


def _end_served(instance: dg.DagsterInstance) -> None:
    for run in _unfinished(instance):
        if _PROCESS_TAG not in run.tags:
            _end(instance, run)


def _unfinished(instance: dg.DagsterInstance) -> Sequence[dg.DagsterRun]:
    statuses = [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
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
