"""A pond without a network, its definitions, and a daemon that ticks when it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pond_core import Pond
from pond_pipeline.build import build_definitions
from pond_pipeline.config import load_documents
from pond_pipeline.due import Stale, stale
from pond_pipeline.paths import key_to_path, path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.plan import Plan, compile_plan

FIRST, SECOND, THIRD = (Period.parse(key) for key in ("2025-01", "2025-02", "2025-03"))
RAW = ("/raw/bay/A", "/raw/bay/B")
SITE = "/combined/bay/Pier"
DAYS = "/reduced/bay/days/Pier/res=1d"

SOURCE = """
kind: Scribble
name: bay
spec: {start: 2025-01-01, end: 2025-03-20, interval: 6h, series: [A, B]}
"""
SITES = """
---
kind: Combine
name: bay
spec:
  sites:
    - name: Pier
      inputs: [{pattern: /raw/bay/A, scope: A}, {pattern: /raw/bay/B, scope: B}]
"""
CHARTS = """
---
kind: Reduce
name: bay
spec:
  collections:
    - {name: days, resolutions: [1d], datasets: [{in_pattern: "/combined/bay/*", out_pattern: $0}]}
"""


@dataclass(slots=True)
class Lake:
    """A pond and its Dagster.

    Attributes:
        folder: Where `resources.yaml` would stand.
        instance: Dagster's own.
        resources: The YAML text.
    """

    folder: Path
    instance: dg.DagsterInstance
    resources: str = SOURCE + SITES + CHARTS
    cursors: dict[str, str | None] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "pond"

    @property
    def pond(self) -> Pond:
        return Pond.open(self.path)

    @property
    def plan(self) -> Plan:
        return compile_plan(load_documents(self.resources), root=self.folder)

    @property
    def definitions(self) -> dg.Definitions:
        return build_definitions(self.plan, root=self.folder, pond=self.path)

    def stale(self, *, now: datetime | None = None) -> list[tuple[str, str]]:
        """Return what is behind, as paths and partition keys."""
        found: list[Stale] = stale(
            self.plan, self.plan.steps, self.pond.snapshot(), now=now or datetime.now(UTC)
        )
        return [(each.step.outputs[0], str(each.period)) for each in found]

    def make(self, paths: Sequence[str], *periods: Period, fails: bool = False) -> None:
        """Materialize assets in some periods."""
        tags = {}
        if periods:
            tags["dagster/asset_partition_range_start"] = periods[0].key
            tags["dagster/asset_partition_range_end"] = periods[-1].key
        self.execute([path_to_key(path) for path in paths], tags, fails=fails)

    def execute(
        self, keys: Sequence[dg.AssetKey], tags: dict[str, str], *, fails: bool = False
    ) -> None:
        job = self.definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            instance=self.instance, asset_selection=list(keys), tags=tags, raise_on_error=False
        )
        assert result.success is not fails

    def tick(self, *, run: bool = True, fails: bool = False) -> list[tuple[set[str], str]]:
        """Evaluate the sensor, run what it asks for, and say what that was: paths, partitions."""
        asked = []
        for request in self.requests():
            keys = list(request.asset_selection or [])
            if run:
                self.execute(keys, dict(request.tags), fails=fails)
            span = [
                request.tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end")
            ]
            asked.append((set(map(key_to_path, keys)), "..".join(map(str, span))))
        return asked

    def requests(self) -> Sequence[dg.RunRequest]:
        """Evaluate the sensor of the source; what it says is kept as its cursor."""
        repository = self.definitions.get_repository_def()
        sensor = repository.get_sensor_def("bay_catch_up")
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursors.get(sensor.name),
            repository_def=repository,
            sensor_name=sensor.name,
        )
        tick = sensor.evaluate_tick(context)
        self.cursors[sensor.name] = tick.cursor
        self.said = tick.skip_message or ""
        return tick.run_requests or []

    said: str = ""
