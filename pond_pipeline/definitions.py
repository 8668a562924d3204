"""What Dagster loads: resources.yaml, compiled. Reads no network and no secret.

`POND_RESOURCES` names another file than `./resources.yaml`, `POND` another pond than `./.pond`, and
`POND_EXECUTOR` another way to carry out runs than `in_process`. Where the file is wrong, what was
applied last is read from the pond, and the log says so.
"""

import os
from pathlib import Path

import dagster as dg

from pond_pipeline.location import load_location
from pond_pipeline.reach import reached
from pond_pipeline.runs.executor import EXECUTOR, IN_PROCESS, executor_named


@dg.definitions
def defs() -> dg.Definitions:
    """Compile the resources into assets."""
    file = Path(os.environ.get("POND_RESOURCES", "resources.yaml")).absolute()
    return load_location(
        file,
        pond=reached(os.environ.get("POND", ".pond"), folder=file.parent),
        executor=executor_named(os.environ.get(EXECUTOR, IN_PROCESS)),
    )
