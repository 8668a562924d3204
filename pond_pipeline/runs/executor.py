"""How the steps of a run are carried out: one after another, several at once, or by workers."""

from collections.abc import Mapping

import dagster as dg

from pond_pipeline.errors import ConfigError
from pond_pipeline.runs import dask

EXECUTOR = "POND_EXECUTOR"
"""The variable that says how."""

IN_PROCESS = "in_process"
"""How, unless somebody says otherwise."""

DASK = "dask"
"""By the workers of a Dask cluster."""

# A process of its own is spawned, or forked from a server that never opened a pond: Dagster offers
# nothing else. A plain fork would copy the locks of delta-rs' threads, and wait for them for ever.
_EXECUTORS: Mapping[str, dg.ExecutorDefinition] = {
    IN_PROCESS: dg.in_process_executor,
    "multiprocess": dg.multiprocess_executor,
    DASK: dask.dask_executor,
}


def executor_named(name: str) -> dg.ExecutorDefinition:
    """Return an executor: `in_process`, `multiprocess` or `dask`.

    A step costs 0.1 s in process, 0.9 to 2.4 s in a process of its own.

    Raises:
        ConfigError: There is none of this name, or Dask is not installed.
    """
    if name not in _EXECUTORS:
        msg = f"{name!r} is no way to carry out a run"
        raise ConfigError(msg, hint=f"set {EXECUTOR} to {', '.join(_EXECUTORS)}")
    if name == DASK:
        dask.check_installed()
    return _EXECUTORS[name]
