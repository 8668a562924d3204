"""What the UI says about a wide series: whether it is in order and whole, and its battery full.

A check is there only where it can fail: one that Dagster announces and records costs a run some
15 KB of its database, whatever it says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from pond_core import ReadFS
from pond_pipeline.assets.verdict import (
    Verdict,
    judge_battery,
    judge_columns,
    judge_gaps,
    judge_order,
)
from pond_pipeline.battery import battery_limits
from pond_pipeline.check_spec import CheckSpec
from pond_pipeline.config import Check, Severity
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.plan import Judged
from pond_pipeline.profiles import profiles_of
from pond_pipeline.quality import Profile
from pond_pipeline.wording import duration_text

SEVERITIES = {
    Severity.WARN: dg.AssetCheckSeverity.WARN,
    Severity.ERROR: dg.AssetCheckSeverity.ERROR,
}
"""What the configuration's severities are in Dagster."""

_Parts = dict[Period, Profile]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One check of a series.

    Attributes:
        name: What it is called, as in the configuration.
        settings: How it counts.
        description: What it asks for.
        judge: From the pond and the profiles of the series to what was found.
    """

    name: str
    settings: Check
    description: str
    judge: Callable[[ReadFS, _Parts], Verdict]


def series_specs(step: Judged) -> list[dg.AssetCheckSpec]:
    """Return the checks of a series."""
    return [
        CheckSpec(
            rule.name,
            asset=path_to_key(step.outputs[0]),
            description=rule.description,
            blocking=rule.settings.blocking,
        )
        for rule in _rules(step)
    ]


def series_results(step: Judged, fs: ReadFS) -> list[dg.AssetCheckResult]:
    """Return what the checks found in the whole series, as it is in the pond."""
    parts = profiles_of(fs, step.outputs[0], limit=step.judgement.longest_gap)
    return [_result(step, rule, rule.judge(fs, parts)) for rule in _rules(step)]


def _result(step: Judged, rule: _Rule, verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=path_to_key(step.outputs[0]),
        check_name=rule.name,
        passed=verdict.passed,
        severity=SEVERITIES[rule.settings.severity],
        description=verdict.text,
        metadata=dict(verdict.metadata),
    )


def _rules(step: Judged) -> Iterator[_Rule]:
    path, judgement = step.outputs[0], step.judgement
    checks, declared, limit = judgement.checks, judgement.columns, judgement.longest_gap
    yield _Rule(
        "order",
        checks.order,
        "Instants are in order, and each is there once.",
        lambda _fs, parts: judge_order(parts),
    )
    if declared is not None:
        yield _Rule(
            "columns",
            checks.columns,
            f"The newest readings have the columns {', '.join(declared)}, and no others.",
            lambda fs, parts: judge_columns(fs, path, parts, declared=declared),
        )
    if limit is not None:
        yield _Rule(
            "gaps",
            checks.gaps,
            f"Readings are at most {duration_text(limit)} apart.",
            lambda _fs, parts: judge_gaps(parts, limit=limit),
        )
    limits = battery_limits(judgement)
    least = " and ".join(f"{each.value:g} {each.unit}" for each in limits.values())
    yield _Rule(
        "battery",
        checks.battery,
        f"The newest values of the battery are at least {least}.",
        lambda _fs, parts: judge_battery(parts, limits=limits),
    )
