"""What the UI says about kept files: which cannot be taken or read, and which nobody declared."""

from collections.abc import Sequence

import dagster as dg

from pond_pipeline.check_spec import CheckSpec
from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import FilesStep, InboxStep
from pond_pipeline.steps import CheckedFiles, Verdict

_MOST_LINES = 50
"""How many problems a check tells in full: an event of ten thousand would burden every page."""

_EXPORTS = "exports_are_readable"
_FILES = "files_are_readable"
_DECLARED = "locations_are_declared"


def file_specs(step: FilesStep | InboxStep) -> list[dg.AssetCheckSpec]:
    """Return the checks of a folder."""
    key = path_to_key(step.outputs[0])
    if isinstance(step, InboxStep):
        return [CheckSpec(_FILES, asset=key, description="Every file could be taken.")]
    return [
        CheckSpec(_EXPORTS, asset=key, description="Every file is an export."),
        CheckSpec(
            _DECLARED, asset=key, description="Every location in a file is in resources.yaml."
        ),
    ]


def file_results(step: FilesStep | InboxStep, files: CheckedFiles) -> list[dg.AssetCheckResult]:
    """Return what the checks found; a failed one names each file and what to do."""
    problems = [files.problems[name] for name in sorted(files.problems)]
    if isinstance(step, InboxStep):
        return [_result(step, _FILES, problems)]
    undeclared = [
        f"{v.name}: add to `locations` of {step.source.name}: {_line(v)}"
        for v in files.undeclared(step.locations)
    ]
    return [_result(step, _EXPORTS, problems), _result(step, _DECLARED, undeclared)]


def _result(step: FilesStep | InboxStep, name: str, problems: Sequence[str]) -> dg.AssetCheckResult:
    lines = list(problems[:_MOST_LINES])
    if len(problems) > _MOST_LINES:
        lines.append(f"and {len(problems) - _MOST_LINES} more")
    return dg.AssetCheckResult(
        asset_key=path_to_key(step.outputs[0]),
        check_name=name,
        passed=not problems,
        description="\n".join(lines) or None,
    )


def _line(verdict: Verdict) -> str:
    return ", ".join(_declaration(name) for name in verdict.locations)


def _declaration(name: str) -> str:
    return f'{{name: {name}, match: "{name}"}}'
