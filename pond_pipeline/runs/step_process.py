"""The process of one step at a worker: `python -m pond_pipeline.runs.step_process`."""

import logging
import os
import sys
import threading

import dagster as dg
from dagster._cli.api import execute_step_command
from dagster._grpc.types import ExecuteStepArgs

from pond_pipeline.runs.step_end import has_ended


def main() -> None:
    """Carry out the step that the first line of standard input tells; end with its end.

    A step that has ended already is left alone: Dask does again what a lost worker was doing, and
    that may have been nothing but to say that it was done.
    """
    arguments = sys.stdin.readline()
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    step = dg.deserialize_value(arguments, ExecuteStepArgs)
    assert step.instance_ref is not None  # noqa: S101 -- a run of several processes has one
    with dg.DagsterInstance.from_ref(step.instance_ref) as instance:
        is_over = has_ended(instance, step)
    if not is_over:
        execute_step_command([arguments], standalone_mode=False)
    # All is said and stored. At an ordinary end DuckDB tells, in 50 lines, what it still holds.
    logging.shutdown()
    os._exit(0)


def _end_with_the_worker() -> None:
    sys.stdin.read()
    os._exit(1)  # whatever the step does: another worker does it again


if __name__ == "__main__":
    main()
