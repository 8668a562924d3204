"""What the UI says about kept files: what cannot be taken or read, is undeclared, or is to come."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import dagster as dg

from pond_core import from_us, to_us
from pond_pipeline.check_spec import CheckSpec
from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import FilesStep, InboxStep
from pond_pipeline.quality import AHEAD
from pond_pipeline.steps import CheckedFiles, Verdict
from pond_pipeline.wording import instant_text

_MOST_LINES = 50
"""How many problems a check tells in full: an event of ten thousand would burden every page."""

_EXPORTS = "exports_are_readable"
_FILES = "files_are_readable"
_DECLARED = "locations_are_declared"
_PAST = "readings_are_past"


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
        CheckSpec(_PAST, asset=key, description="No reading in a file is of the future."),
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
    return [
        _result(step, _EXPORTS, problems),
        _result(step, _DECLARED, undeclared),
        _result(step, _PAST, [*_ahead(files)], severity=dg.AssetCheckSeverity.WARN),
    ]


def _ahead(files: CheckedFiles) -> Iterator[str]:
    latest = to_us(datetime.now(UTC) + AHEAD)
    for verdict in files.verdicts.values():
        for held in verdict.held:
            if held.last_us is not None and held.last_us > latest:
                told = f"{held.location} has readings up to {instant_text(from_us(held.last_us))}"
                yield (
                    f"{verdict.name}: {told}, which is to come: its clock was wrong, or `timezone` "
                    "is; they count from their month on"
                )


def _result(
    step: FilesStep | InboxStep,
    name: str,
    problems: Sequence[str],
    *,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    lines = list(problems[:_MOST_LINES])
    if len(problems) > _MOST_LINES:
        lines.append(f"and {len(problems) - _MOST_LINES} more")
    return dg.AssetCheckResult(
        asset_key=path_to_key(step.outputs[0]),
        check_name=name,
        passed=not problems,
        severity=severity,
        description="\n".join(lines) or None,
    )


def _line(verdict: Verdict) -> str:
    return ", ".join(_declaration(name) for name in verdict.locations)


def _declaration(name: str) -> str:
    return f'{{name: {name}, match: "{name}"}}'
