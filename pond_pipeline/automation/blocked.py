"""What waits for a check: automation makes nothing of a series that a blocking check has failed.

In a run that makes both, Dagster sees to that; a run that makes what comes after alone would not
know of it.
"""

from collections.abc import Sequence

import dagster as dg

from pond_pipeline.assets.series import series_specs
from pond_pipeline.due import Stale
from pond_pipeline.paths import key_to_path
from pond_pipeline.plan import Judged, Plan


def unblocked(instance: dg.DagsterInstance, plan: Plan, behind: Sequence[Stale]) -> list[Stale]:
    """Return what may be made, of what is behind: no input has failed a blocking check.

    As in a run, it must be an error: what is but a warning stops nothing.
    """
    inputs = {path for each in behind for path in each.step.inputs}
    judged = [s for s in plan.steps if isinstance(s, Judged) and inputs.intersection(s.outputs)]
    keys = [spec.key for step in judged for spec in series_specs(step) if spec.blocking]
    if not keys:
        return list(behind)
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    bad = {
        key_to_path(key.asset_key)
        for key, record in records.items()
        if isinstance(record.evaluation, dg.AssetCheckEvaluation)
        and not record.evaluation.passed
        and record.evaluation.severity is dg.AssetCheckSeverity.ERROR
    }
    return [each for each in behind if not bad.intersection(each.step.inputs)]
