"""A pond that is collected without any network: made-up readings, a site, its downsamples."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pond_core import Pond, Provenance, Snapshot
from pond_pipeline.apply import Applied, apply_resources, foresee_resources
from pond_pipeline.config import load_documents
from pond_pipeline.due import periods_of, stale
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.record import SeriesUpdate, record
from pond_pipeline.steps import Request, make

NOW = datetime(2024, 5, 10, tzinfo=UTC)

SOURCE = """\
kind: Scribble
name: tide
spec: {start: 2024-03-10, interval: 6h, series: [north, south]}
"""
SITE = """\
kind: Combine
name: shore
desc: The shore
spec:
  sites:
    - name: Pier
      inputs: [{pattern: /raw/tide/north, scope: N}, {pattern: /raw/tide/south, scope: S}]
"""
CHART = """\
kind: Reduce
name: charts
spec:
  collections:
    - name: days
      resolutions: [1d]
      datasets: [{in_pattern: /combined/shore/*, out_pattern: $0}]
"""

PIER = "/combined/shore/Pier"
DAYS = "/reduced/charts/days/Pier/res=1d"


class Shore:
    """A folder with a `resources.yaml` and a pond.

    Attributes:
        file: The resources.
        pond: The pond's directory.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "resources.yaml"
        self.pond = folder / "pond"

    def write(self, *documents: str) -> None:
        """Write the resources."""
        self.file.write_text("---\n".join(documents))

    def apply(self, *documents: str, pruning: bool = False) -> Applied:
        """Write the resources and apply them."""
        self.write(*documents)
        return apply_resources(self.file, pond=self.pond, pruning=pruning)

    def foresee(self, *documents: str, pruning: bool = False) -> Applied:
        """Write the resources and say what applying them would do."""
        self.write(*documents)
        return foresee_resources(self.file, pond=self.pond, pruning=pruning)

    def plan(self) -> Plan:
        """Compile the resources."""
        return compile_plan(load_documents(self.file.read_text()), root=self.file.parent)

    def collect(self) -> None:
        """Make all that is behind, as a run does, without Dagster."""
        pond, plan = Pond.open(self.pond), self.plan()
        request = Request(now=NOW)
        for step in plan.steps:
            made = make(step, pond.snapshot(), periods_of(plan, step, now=NOW), request)
            for path, update in made.items():
                assert isinstance(update, SeriesUpdate)
                list(record(pond, path, update, provenance=Provenance(author="test")))

    def behind(self) -> list[str]:
        """Return the assets that are behind what they are made of."""
        plan = self.plan()
        found = stale(plan, plan.steps, self.snapshot(), now=NOW)
        return list(dict.fromkeys(each.step.outputs[0] for each in found))

    def snapshot(self) -> Snapshot:
        """Return the pond now."""
        return Pond.open(self.pond).snapshot()

    def txn(self) -> int:
        """Return how many transactions there are."""
        return self.snapshot().txn

    def paths(self, pattern: str) -> Sequence[str]:
        """Return the paths that a pattern matches."""
        return sorted(node.path for node, _ in self.snapshot().glob(pattern))
