"""One instrument whose readings a test writes down, collected by real runs of a real plan."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import dagster as dg

from pond_core import Pond
from pond_pipeline.config import read_documents
from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.simulator import Simulator
from tests.pipeline.harbor import definitions_of
from tests.pipeline.steps.station import LOCATION, Ledger
from tests.pipeline.waters import at

RAW = "/raw/bay/Pier"
TABLE = "/normalized/bay/Pier"
SITE = "/combined/bay/Bay"

RESOURCES = """
kind: HydroVu
name: bay
spec:
  key: demo
  secret: demo
  base_url: {url}
  start: 2025-01-01
  checks: {checks}
  devices:
    - {{name: Pier, id: {location}, scope: Pier, interval: 1h{more}}}
---
kind: Combine
name: bay
spec:
  sites: [{{name: Bay, {site}inputs: [{{pattern: /normalized/bay/Pier}}]}}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [1d]
      datasets: [{{in_pattern: "/combined/bay/*", out_pattern: "$0"}}]
"""

Evaluations = dict[str, dg.AssetCheckEvaluation]


class Pier:
    """The instrument, its server, and the folder that it is collected in.

    Attributes:
        ledger: What the server knows.
        instance: What the runs are recorded in.
        plan: What is collected.
    """

    def __init__(self, folder: Path, ledger: Ledger, *, text: str) -> None:
        file = folder / "resources.yaml"
        file.write_text(text)
        self.ledger = ledger
        self.folder = folder
        self.plan: Plan = compile_plan(read_documents(file), root=folder)
        self.definitions = definitions_of(self.plan, folder)
        self.instance = dg.DagsterInstance.ephemeral()

    @property
    def pond(self) -> Pond:
        return Pond.open(self.folder / "pond")

    def write_hours(self, first: str, last: str) -> None:
        """Write a reading of every hour, both ends included."""
        instant, instants = at(first), []
        while instant <= at(last):
            instants.append(f"{instant:%Y-%m-%d %H:%M}")
            instant += timedelta(hours=1)
        self.ledger.write(*instants)

    def run(self, months: str, *paths: str, **tags: str) -> dg.ExecuteInProcessResult:
        """Make assets of one month (`2025-01`) or several (`2025-01...2025-03`)."""
        first, _, last = months.partition("...")
        return self.definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self.instance,
            asset_selection=[path_to_key(path) for path in paths] or None,
            tags={
                "dagster/asset_partition_range_start": first,
                "dagster/asset_partition_range_end": last or first,
                **tags,
            },
            raise_on_error=False,
        )

    def metadata(self, path: str, month: str) -> dict[str, object]:
        """Return what the newest materialization of a month says."""
        (record,) = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(path_to_key(path), asset_partitions=[month]), limit=1
        ).records
        assert record.asset_materialization is not None
        told = record.asset_materialization.metadata
        return {name: value.value for name, value in told.items()}


def evaluations(result: dg.ExecuteInProcessResult, path: str) -> Evaluations:
    """Return what a run's checks of an asset found, by their names."""
    found = result.get_asset_check_evaluations()
    return {each.check_name: each for each in found if each.asset_key == path_to_key(path)}


@contextmanager
def a_pier(
    folder: Path, *, checks: str = "{}", more: str = "", site: str = "", plan: str = ""
) -> Iterator[Pier]:
    """Serve an instrument and compile its plan.

    Args:
        folder: Where.
        checks: The source's `checks`, as YAML.
        more: Further keys of the device, beginning with a comma.
        site: Further keys of the site, ending in a comma.
        plan: Further resources.
    """
    ledger = Ledger()
    with Simulator(ledger, page_days=400) as server:
        text = RESOURCES.format(
            url=server.base_url, location=LOCATION, checks=checks, more=more, site=site
        )
        pier = Pier(folder, ledger, text=text + plan)
        with pier.instance:
            yield pier
