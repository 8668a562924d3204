"""What Dagster loads: resources.yaml, compiled. Reads no network, no secret, no pond.

`POND_RESOURCES` names another file than `./resources.yaml`, `POND` another pond than `./.pond`.
"""

import os
from pathlib import Path

import dagster as dg

from pond_pipeline.build import build_definitions
from pond_pipeline.config import read_documents
from pond_pipeline.plan import compile_plan


@dg.definitions
def defs() -> dg.Definitions:
    """Compile the resources into assets."""
    resources = Path(os.environ.get("POND_RESOURCES", "resources.yaml")).absolute()
    pond = Path(os.environ.get("POND", ".pond")).absolute()
    plan = compile_plan(read_documents(resources), root=resources.parent)
    return build_definitions(plan, root=resources.parent, pond=pond)
