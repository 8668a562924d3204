"""What the UI says about inputs of SQL: which of them cannot be read."""

import dagster as dg

from pond_pipeline.check_spec import CheckSpec
from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import DeriveStep
from pond_pipeline.steps import SeriesFolder

_READABLE = "inputs_are_readable"


def input_specs(step: DeriveStep) -> list[dg.AssetCheckSpec]:
    """Return the checks of a directory of derived series."""
    key = path_to_key(step.outputs[0])
    description = "The query can be asked of every input."
    return [CheckSpec(_READABLE, asset=key, description=description)]


def input_results(step: DeriveStep, made: SeriesFolder) -> list[dg.AssetCheckResult]:
    """Return what the checks found; a failed one names each input and what is wrong with it."""
    problems = [f"{name}: {problem}" for name, problem in made.problems.items()]
    return [
        dg.AssetCheckResult(
            asset_key=path_to_key(step.outputs[0]),
            check_name=_READABLE,
            passed=not problems,
            description="\n".join(problems) or None,
        )
    ]
