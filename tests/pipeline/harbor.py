"""The repository's own resources.yaml, and a server for it that is always at the same instant."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pond_pipeline.build import build_definitions
from pond_pipeline.config import read_documents
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.simulator import Simulator, World, harbor

ROOT = Path(__file__).parents[2]
RESOURCES = ROOT / "resources.yaml"
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
"""When the last reading was taken."""

SMALL = """
kind: HydroVu
name: bay
spec:
  key: demo
  secret: demo
  base_url: {url}
  start: 2023-03-01
  devices:
    - {{name: Pier, id: 5103667482910720, scope: Pier, interval: 1h}}
---
kind: Combine
name: bay
spec:
  sites: [{{name: Bay, inputs: [{{pattern: /normalized/bay/Pier}}]}}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [7d]
      datasets: [{{in_pattern: "/combined/bay/*", out_pattern: "$0"}}]
"""
"""One instrument of the harbor (its clock once lost power), as a site, downsampled."""


def harbor_plan() -> Plan:
    return compile_plan(read_documents(RESOURCES), root=ROOT)


def small_plan(folder: Path, url: str) -> Plan:
    """Write `SMALL` into a folder and compile it."""
    file = folder / "resources.yaml"
    file.write_text(SMALL.format(url=url))
    return compile_plan(read_documents(file), root=folder)


def definitions_of(plan: Plan, folder: Path) -> dg.Definitions:
    return build_definitions(plan, root=folder, pond=folder / "pond")


def harbor_server(world: World | None = None) -> Simulator:
    """Return a server with pages of a month; of the harbor, where no other world is given."""
    return Simulator(world or harbor(now=NOW), page_days=31, rate_per_minute=100_000)


def account_of(server: Simulator) -> dict[str, str]:
    """Return the variables of the environment that `RESOURCES` names."""
    return {"HYDROVU_URL": server.base_url, "HYDROVU_KEY": "demo", "HYDROVU_SECRET": "demo"}
