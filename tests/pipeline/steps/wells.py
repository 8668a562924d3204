"""A folder into which files are dropped, what SQL and templates make of them, and their Dagster."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from pond_core import EntryType, OpKind, Pond
from pond_pipeline.build import build_definitions
from pond_pipeline.config import load_documents
from pond_pipeline.paths import key_to_path, path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.plan import Plan, Step, compile_plan
from pond_pipeline.steps import Request, behind
from tests.pipeline.steps.exports import age
from tests.pipeline.waters import at

RAW = "/raw/drop"
NOW = "2025-04-10"

INBOX = """
kind: Inbox
name: drop
spec: {pattern: "inbox/**/*.csv"}
"""


class Wells:
    """A plan on a folder: files come and go, and its assets are made by real runs.

    Attributes:
        folder: Where the files are dropped, in `inbox`, and the pond is.
        resources: The YAML text; it may be changed.
    """

    def __init__(self, folder: Path, instance: dg.DagsterInstance, resources: str) -> None:
        self.folder = folder
        self.resources = resources
        self._instance = instance

    @property
    def pond(self) -> Pond:
        return Pond.open(self.folder / "pond")

    @property
    def plan(self) -> Plan:
        return compile_plan(load_documents(self.resources), root=self.folder)

    def drop(self, name: str, readings: Mapping[str, object], *, column: str = "level") -> None:
        """Put a file into the folder, or another one into its place."""
        file = self.folder / "inbox" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{each},{value}" for each, value in readings.items()]
        file.write_text("\n".join([f"timestamp,{column}", *lines]) + "\n")
        age(file)

    def forget(self, path: str) -> None:
        """Take something out of the pond, as a person does with `pond rm`."""
        with self.pond.transaction() as tx:
            tx.remove(path)

    def make(self, *paths: str, months: str = "", **tags: str) -> dg.ExecuteInProcessResult:
        """Make assets: of no month, or of some (`2025-01...2025-03`)."""
        definitions = build_definitions(self.plan, root=self.folder, pond=self.folder / "pond")
        first, _, last = months.partition("...")
        span = {
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last or first,
        }
        return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self._instance,
            asset_selection=[path_to_key(path) for path in paths],
            tags={**(span if months else {}), **tags},
        )

    def behind(self, path: str, *keys: str) -> list[str]:
        """Return which periods of an asset are behind for a reason; `whole` for one without."""
        step = self.step(path)
        periods = [Period.parse(key) for key in keys]
        lags = behind(step, self.pond.snapshot(), periods, Request(now=at(NOW)))
        return ["whole" if lag.period is None else lag.period.key for lag in lags if lag.has_reason]

    def step(self, path: str) -> Step:
        (step,) = (each for each in self.plan.steps if path in each.outputs)
        return step

    def written(self, since: int) -> list[str]:
        """Return the paths of nodes whose content was written after a transaction."""
        logged = (self.pond.show(each.txn) for each in self.pond.log() if each.txn > since)
        operations = (each for transaction in logged for each in transaction.operations)
        return sorted({str(each.path) for each in operations if each.op in _WRITES})

    def names(self, path: str) -> list[str]:
        """Return the paths, below a directory, of all that it holds but directories."""
        inside = self.pond.snapshot().walk(path)
        files = (each for each in inside if each.entry_type is not EntryType.DIRECTORY)
        return [each.path.removeprefix(f"{path}/") for each in files]


def failed(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return what the checks of a run that failed say, by the asset."""
    checks = result.get_asset_check_evaluations()
    return {
        key_to_path(each.asset_key): each.description or "" for each in checks if not each.passed
    }


_WRITES = (OpKind.WRITE, OpKind.WINDOW)
