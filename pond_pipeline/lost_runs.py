"""Runs whose process is gone: killed, or lost with the power.

Dagster learns nothing of such an end. The run stays STARTED and its step keeps its place in the
account's pool, for which the next run would wait for ever. So each process that runs assets holds
the lock of a file that its runs are tagged with: the kernel releases it however the process ends.
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


@contextlib.contextmanager
def running(instance: dg.DagsterInstance) -> Iterator[dict[str, str]]:
    """Fail the runs of processes that are gone, and yield the tags of this process's runs."""
    folder = _folder(instance)
    _fail_lost(instance, folder)
    file = folder / uuid.uuid4().hex
    with file.open("xb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield {_PROCESS_TAG: file.name}
        finally:
            file.unlink()


@contextlib.contextmanager
def serving(instance: dg.DagsterInstance) -> Iterator[None]:
    """Fail the runs that an earlier UI or daemon of this home left behind, and stand in for them.

    Raises:
        ConfigError: A UI is running on this home already.
    """
    folder = _folder(instance)
    with (folder / _SERVER).open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            msg = f"the UI is running on {instance.root_directory} already"
            raise ConfigError(msg, hint="stop it first, or give this one another --home") from exc
        _fail_lost(instance, folder)
        for run in _unfinished(instance):
            if _PROCESS_TAG not in run.tags:
                _fail(instance, run)
        yield


def _fail_lost(instance: dg.DagsterInstance, folder: Path) -> None:
    for run in _unfinished(instance):
        process = run.tags.get(_PROCESS_TAG)
        if process is not None and _is_gone(folder / process):
            _fail(instance, run)
            (folder / process).unlink(missing_ok=True)


def _unfinished(instance: dg.DagsterInstance) -> Sequence[dg.DagsterRun]:
    statuses = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    return instance.get_runs(dg.RunsFilter(statuses=statuses))


def _fail(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
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
