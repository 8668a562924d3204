"""All that DuckPond gives Dagster for one `resources.yaml` and one pond: a code location."""

from pathlib import Path

import dagster as dg

from pond_pipeline.build import build_definitions
from pond_pipeline.resources_check import resources_definitions
from pond_pipeline.runs.old import purge_definitions
from pond_pipeline.served import serve_plan


def load_location(
    file: Path, *, pond: str | Path, executor: dg.ExecutorDefinition | None, own_s3: bool = False
) -> dg.Definitions:
    """Compile a file and return its definitions, with those that look after the file and the runs.

    Args:
        file: `resources.yaml`; where it is wrong, what was applied last is served instead.
        pond: The pond's directory or URL; nothing need be there.
        executor: How the steps of a run are carried out; None: as the code location says.
        own_s3: Whether the code location has an `S3Resource` of its own, by the key `s3`.

    Raises:
        ConfigError: The file is wrong, and nothing was ever applied.
    """
    served = serve_plan(file, pond=pond)
    if served.problem:
        dg.get_dagster_logger("pond").warning(served.problem)
    return dg.Definitions.merge(
        build_definitions(
            served.plan, root=file.parent, pond=pond, executor=executor, own_s3=own_s3
        ),
        resources_definitions(served, file=file, pond=pond),
        purge_definitions(),
    )
