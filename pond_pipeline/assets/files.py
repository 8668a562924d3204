"""What the UI says about exported files: which cannot be read, and which nobody declared."""

from collections.abc import Sequence

import dagster as dg

from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import FilesStep
from pond_pipeline.steps import CheckedFiles, Verdict

_READABLE = "exports_are_readable"
_DECLARED = "locations_are_declared"


def check_specs(step: FilesStep) -> list[dg.AssetCheckSpec]:
    """Return the checks of a folder of exports."""
    key = path_to_key(step.outputs[0])
    return [
        dg.AssetCheckSpec(_READABLE, asset=key, description="Every file is an export."),
        dg.AssetCheckSpec(
            _DECLARED, asset=key, description="Every location in a file is in resources.yaml."
        ),
    ]


def check_results(step: FilesStep, files: CheckedFiles) -> list[dg.AssetCheckResult]:
    """Return what the checks found; a failed one names each file and what to do."""
    undeclared = [
        f"{v.name}: add to `locations` of {step.source.name}: {_line(v)}"
        for v in files.undeclared(step.locations)
    ]
    return [
        _result(step, _READABLE, list(files.problems.values())),
        _result(step, _DECLARED, undeclared),
    ]


def _result(step: FilesStep, name: str, problems: Sequence[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=path_to_key(step.outputs[0]),
        check_name=name,
        passed=not problems,
        description="\n".join(problems) or None,
    )


def _line(verdict: Verdict) -> str:
    return ", ".join(_declaration(name) for name in verdict.locations)


def _declaration(name: str) -> str:
    return f'{{name: {name}, match: "{name}"}}'
