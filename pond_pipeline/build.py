"""A plan as Dagster definitions: assets, the IO manager, the pond."""

from pathlib import Path

import dagster as dg
from typing_extensions import override

from pond_core import Pond
from pond_pipeline.assets import IO_MANAGER, POND, build_assets
from pond_pipeline.io_manager import PondIOManager
from pond_pipeline.plan import Plan
from pond_pipeline.schedules import build_schedules


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
    plan: Plan, *, root: Path, pond: Path, loggers: dict[str, dg.LoggerDefinition] | None = None
) -> dg.Definitions:
    """Return the definitions of a plan.

    Args:
        plan: What to build.
        root: Where `resources.yaml` and its `.env` stand.
        pond: The pond's directory.
        loggers: Instead of Dagster's own console logger.
    """
    return dg.Definitions(
        assets=build_assets(plan, root=root),
        schedules=build_schedules(plan, pond=pond),
        resources={
            IO_MANAGER: PondIOManager(path=str(pond)),
            POND: PondResource(path=str(pond)),
        },
        # A step costs 0.1 s in process, 0.9 to 2.4 s in a process of its own.
        executor=dg.in_process_executor,
        loggers=loggers,
    )
