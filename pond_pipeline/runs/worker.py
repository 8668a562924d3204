"""What a Dask worker does with a step: a process of its own, which ends when nobody wants it.

A pond does not survive a fork, Dagster not two steps in the threads of one process. So the step is
spawned, and told what to do by its standard input; when that ends, the worker has died, and so does
the step. Nothing here imports Dagster: a worker that waits is small.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pond_pipeline.errors import PipelineError

_POLL_S = 0.2
_STOP_S = 20
"""What a step may take to give its pool back after it was told to end."""


def carry_out(task: str, arguments: str, *, folder: str, environ: Mapping[str, str]) -> None:
    """Carry out one step, and return when it has ended; Dagster's log says how.

    Args:
        task: The key of the Dask task that this is.
        arguments: Dagster's arguments of a step, one line of JSON.
        folder: The working directory of the run: what is relative to it means the same here.
        environ: What the run says about pond and home: variables that go before the worker's own.

    Raises:
        PipelineError: Its process ended before the step did, or there is no such folder here.
    """
    if not Path(folder).is_dir():
        msg = f"the run was started in {folder}, which is not there on {socket.gethostname()}"
        raise PipelineError(msg, hint="have it at the same path wherever a worker is")
    # The arguments are Dagster's own, and go where no other user of the machine sees them.
    with subprocess.Popen(
        [sys.executable, "-m", "pond_pipeline.runs.step_process"],
        cwd=folder,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None  # noqa: S101 -- it was asked for
        process.stdin.write(arguments.encode() + b"\n")
        process.stdin.flush()
        while process.poll() is None:
            if not _is_wanted(task):
                _end(process)
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(_POLL_S)
    if process.returncode:
        msg = f"the process of the step ended with exit code {process.returncode}"
        raise PipelineError(msg, hint="the worker's own output says more")


def _is_wanted(task: str) -> bool:
    """Say whether the run still waits for it: Dask does not interrupt what is running."""
    # Lazy: an optional extra, that only workers need.
    from distributed import get_worker  # noqa: PLC0415

    known = get_worker().state.tasks.get(task)
    return known is not None and known.state == "executing"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
