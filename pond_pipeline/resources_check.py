"""What the UI says about `resources.yaml`: the asset `sys/resources`, and a check of the file.

A sensor looks at the file while the daemon runs. One that is right is recorded in the pond; one
that is wrong fails the check, whose description says what to do.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pond_pipeline.apply import apply_resources
from pond_pipeline.errors import ConfigError
from pond_pipeline.paths import path_to_key
from pond_pipeline.resources import RESOURCES
from pond_pipeline.served import ServedPlan, problem_text

CHECK = "resources_yaml_is_right"
"""The name of the check."""

_KEY = path_to_key(RESOURCES)
_INTERVAL_S = 15
_GONE = "gone"


def resources_definitions(served: ServedPlan, *, file: Path, pond: str | Path) -> dg.Definitions:
    """Return the asset, its check and the sensor.

    Args:
        served: What was loaded.
        file: `resources.yaml`.
        pond: The pond's directory or URL.
    """
    asset = dg.AssetSpec(
        _KEY,
        group_name="sys",
        description=served.problem or f"The resources of {file.name}, as they are recorded.",
        metadata={"pond/path": RESOURCES, "pond/file": dg.MetadataValue.path(str(file))},
        kinds={"yaml"},
    )

    @dg.asset_check(asset=_KEY, name=CHECK, description="What is in the file can be served.")
    def check() -> dg.AssetCheckResult:
        txn, problem = _judged(file, pond)
        return dg.AssetCheckResult(
            passed=not problem, description=problem or None, metadata=_metadata(txn)
        )

    @dg.sensor(
        name="resources_yaml",
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Records resources.yaml in the pond when it changes, or says what is wrong.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        digest = _digest(served.files)
        if context.cursor == digest:
            return dg.SkipReason(f"{file.name} is as it was")
        txn, problem = _judged(file, pond)
        events: list[dg.AssetMaterialization | dg.AssetCheckEvaluation] = [
            dg.AssetCheckEvaluation(
                asset_key=_KEY,
                check_name=CHECK,
                passed=not problem,
                description=problem or None,
                metadata=_metadata(txn),
            )
        ]
        if txn is not None or (context.cursor is None and not problem):
            events.insert(0, dg.AssetMaterialization(_KEY, metadata=_metadata(txn)))
        return dg.SensorResult(asset_events=events, cursor=digest)

    return dg.Definitions(assets=[asset], asset_checks=[check], sensors=[sensor])


def _judged(file: Path, pond: str | Path) -> tuple[int | None, str]:
    """Record the file; return the txn, if one was needed, and what is wrong with it."""
    try:
        return apply_resources(file, pond=pond, author="dagster").txn, ""
    except ConfigError as exc:
        return None, problem_text(exc)


def _metadata(txn: int | None) -> dict[str, int]:
    return {} if txn is None else {"pond/txn": txn}


def _digest(files: Sequence[Path]) -> str:
    return " ".join(_digest_of(file) for file in files)


def _digest_of(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return _GONE
