"""Failed runs: a line in the daemon's log for each, and a message to every webhook that wants it.

Dagster's cursor of such a sensor goes on after each run, whatever became of the message: a webhook
that does not answer delays nothing and is not asked for ever.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg

from pond_pipeline.config import EnvText, Incident, read_environment
from pond_pipeline.errors import AlertError, ConfigError
from pond_pipeline.paths import key_to_path
from pond_pipeline.plan import Alert, Plan
from pond_pipeline.runs.reason import reason_of
from pond_pipeline.runs.tags import RANGE_END, RANGE_START
from pond_pipeline.sensors.patience import Patience
from pond_pipeline.webhook import post

_LOGGER = logging.getLogger(__name__)

_INTERVAL_S = 30

# Dagster's own names (dagster 1.13, storage/tags.py), which its face does not export.
_PARTITION = "dagster/partition"


def build_failure_sensors(plan: Plan, *, root: Path) -> list[dg.SensorDefinition]:
    """Return the sensor of failed runs; on as soon as the daemon runs.

    Args:
        plan: What there is.
        root: Where `.env` stands, which has the addresses; read when a run has failed.
    """
    named = [
        (service.name, channel.webhook)
        for service in plan.services
        if isinstance(service, Alert) and _wants_failures(service)
        for channel in service.channels
        if channel.webhook is not None
    ]

    webhooks = [(name, webhook, Patience(len(named))) for name, webhook in named]

    @dg.run_failure_sensor(
        name="failed_runs",
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells of each failed run, once.",
    )
    def tell(context: dg.RunFailureSensorContext) -> None:
        failure = _described(context)
        _LOGGER.error("run failed: %s", json.dumps(failure, ensure_ascii=False))
        for name, webhook, patience in webhooks:
            _send(name, webhook, failure, root, patience)

    return [tell]


def _wants_failures(alert: Alert) -> bool:
    return any(condition.incident is Incident.RUN_FAILED for condition in alert.conditions)


def _send(
    name: str, webhook: EnvText, failure: Mapping[str, object], root: Path, patience: Patience
) -> None:
    """Tell one webhook; that it could not be told is a line in the log."""
    assets = failure["assets"]
    what = ", ".join(assets) if isinstance(assets, list) and assets else failure["job"]
    text = f"DuckPond: {what} failed: {failure['reason']}"
    message = {"event": Incident.RUN_FAILED, "alert": name, "text": text, **failure}
    try:
        url = webhook.resolve(read_environment(root).values)
        left_s = patience.left_s
        if left_s <= 0:
            msg = "the webhook took too long for the failures before this one"
            raise AlertError(msg, hint="this line is all that tells of it")
        with patience.spending():
            post(url, message, within_s=left_s)
    except (AlertError, ConfigError) as exc:
        _LOGGER.error(  # without the traceback, which has the address
            "the alert %s of run %s was not sent: %s (%s)", name, failure["run_id"], exc, exc.hint
        )


def _described(context: dg.RunFailureSensorContext) -> dict[str, object]:
    """Return what is told: plain values, the assets that failed first."""
    run = context.dagster_run
    steps = context.get_step_failure_events()
    reason = reason_of(steps[0]) if steps else context.failure_event.message
    return {
        "run_id": run.run_id,
        "job": run.job_name,
        "assets": _assets(context, [event.step_key or "" for event in steps]),
        "partitions": _partitions(run.tags),
        "reason": reason or "the run ended without saying why",
    }


def _assets(context: dg.RunFailureSensorContext, steps: Sequence[str]) -> list[str]:
    """Return the assets whose steps failed; without such a step, those that the run was about."""
    repository = context.repository_def
    definitions = () if repository is None else repository.asset_graph.assets_defs
    failed = [
        key_to_path(key)
        for each in definitions
        if each.is_executable and each.op.name in steps
        for key in each.keys
    ]
    return sorted(failed or map(key_to_path, context.dagster_run.asset_selection or ()))


def _partitions(tags: Mapping[str, str]) -> list[str]:
    if _PARTITION in tags:
        return [tags[_PARTITION]]
    return [tags[RANGE_START], tags[RANGE_END]] if RANGE_START in tags else []
