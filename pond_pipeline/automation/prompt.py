"""Sensors that ask for what the conditions of assets want: prompt, but not to be relied on."""

import dagster as dg

from pond_pipeline.assets.condition import condition_of
from pond_pipeline.automation.jobs import selection_of
from pond_pipeline.paths import safe_name
from pond_pipeline.plan import Plan

INTERVAL_S = 60
"""How far apart the ticks of one source's sensors are."""


def build_condition_sensors(plan: Plan) -> list[dg.AutomationConditionSensorDefinition]:
    """Return a sensor for each source that asks for what its conditions want.

    One for all would take half a minute a tick over 2,000 assets.
    """
    sensors = []
    for source in plan.sources:
        steps = [
            step
            for step in plan.steps
            if plan.homes.get(step.outputs[0]) == source.name and condition_of(step) is not None
        ]
        if steps:
            sensors.append(
                dg.AutomationConditionSensorDefinition(
                    f"{safe_name(source.name)}_automation",
                    target=selection_of(steps),
                    minimum_interval_seconds=INTERVAL_S,
                    default_status=dg.DefaultSensorStatus.RUNNING,
                    description=f"Asks for what is made of {source.name} when that changes.",
                )
            )
    return sensors
