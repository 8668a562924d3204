"""A plan as Dagster definitions: assets, the IO manager, the pond."""

from pathlib import Path

import dagster as dg
from typing_extensions import override

from pond_core import Pond
from pond_pipeline.assets import IO_MANAGER, POND, build_assets
from pond_pipeline.assets.s3 import build_s3
from pond_pipeline.assets.services import (
    build_service_jobs,
    build_service_schedules,
    build_services,
)
from pond_pipeline.automation import (
    build_catch_up,
    build_condition_sensors,
    build_jobs,
    build_schedules,
)
from pond_pipeline.freshness import build_freshness
from pond_pipeline.io_manager import PondIOManager
from pond_pipeline.plan import Plan
from pond_pipeline.sensors import (
    build_alert_sensors,
    build_change_sensors,
    build_failure_sensors,
    build_folder_sensors,
)


class PondResource(dg.ConfigurableResource[Pond]):
    """The pond, for ops that have no upstream asset; it is made when it is not there.

    Attributes:
        path: Its directory.
    """

    path: str

    @override
    def create_resource(self, context: dg.InitResourceContext) -> Pond:
        """Open the pond."""
        return Pond.init(self.path, exist_ok=True)


def build_definitions(
    plan: Plan,
    *,
    root: Path,
    pond: str | Path,
    executor: dg.ExecutorDefinition | None = dg.in_process_executor,
    loggers: dict[str, dg.LoggerDefinition] | None = None,
    own_s3: bool = False,
) -> dg.Definitions:
    """Return the definitions of a plan.

    Args:
        plan: What to build.
        root: Where `resources.yaml` and its `.env` stand.
        pond: The pond's directory or URL.
        executor: How the steps of a run are carried out; None: as the code location says.
        loggers: Instead of Dagster's own console logger.
        own_s3: Whether the code location has an `S3Resource` of its own, by the key `s3`.
    """
    checks, jobs, schedules = build_freshness(plan, pond=pond)
    return dg.Definitions(
        assets=[*build_assets(plan, root=root), *build_services(plan)],
        asset_checks=checks,
        jobs=[*build_jobs(plan), *build_service_jobs(plan), *jobs],
        schedules=[
            *build_schedules(plan, pond=pond),
            *build_service_schedules(plan),
            *schedules,
        ],
        sensors=[
            *build_folder_sensors(plan, root=root, pond=pond),
            *build_catch_up(plan, pond=pond),
            *build_condition_sensors(plan),
            *build_change_sensors(plan, pond=pond),
            *build_failure_sensors(plan, pond=pond),
            *build_alert_sensors(plan, root=root, pond=pond),
        ],
        resources={
            IO_MANAGER: PondIOManager(path=str(pond)),
            POND: PondResource(path=str(pond)),
            **({} if own_s3 else build_s3(plan)),
        },
        executor=executor,
        loggers=loggers,
    )
