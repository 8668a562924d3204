"""What is behind, over random histories: pulls, late data, corrections, kills, new resources."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from typing_extensions import override

from pond_core import Pond, Provenance
from pond_pipeline.config import load_documents
from pond_pipeline.due import Stale, stale
from pond_pipeline.periods import Period
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.record import SeriesUpdate, record
from pond_pipeline.steps import Request, make
from tests.pipeline.waters import update_of, water

NOW = datetime(2025, 4, 10, tzinfo=UTC)
MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04")
RAW = ("/raw/bay/A", "/raw/bay/B")

SOURCE = """
kind: Scribble
name: bay
spec: {start: 2025-01-01, series: [A, B]}
"""
SITE = """
---
kind: Combine
name: bay
spec:
  sites:
    - name: Pier
      quality: {quality}
      inputs: [{{pattern: /raw/bay/A, scope: A}}, {{pattern: /raw/bay/B, scope: B}}]
"""
CHARTS = """
---
kind: Reduce
name: bay
spec:
  collections:
    - name: charts
      resolutions: [1d, 1w, 1q]
      datasets: [{in_pattern: "/combined/bay/*", out_pattern: "$0", exclude_flags: [3, 4]}]
"""
PIVOT = """
---
kind: Pivot
name: bay
spec: {datasets: [{name: all, in_pattern: "/combined/bay/*", column: A.value}]}
"""
TESTS = ("[]", "[{column: A.value, spike: {suspect: 3}, rate_of_change: {suspect: 2, per: 1d}}]")

DAYS = st.integers(1, 28)
VALUES = st.integers(0, 9)
READINGS = st.dictionaries(DAYS, VALUES, max_size=4)


def plan_of(*, tests: int, charts: bool, pivot: bool) -> Plan:
    text = SOURCE + SITE.format(quality=TESTS[tests])
    text += (CHARTS if charts else "") + (PIVOT if pivot else "")
    return compile_plan(load_documents(text), root=Path("/"))


def carry_out(pond: Pond, each: Stale) -> None:
    """Make one thing that is behind, as a run does."""
    periods = [] if each.period is None else [each.period]
    for path, update in make(each.step, pond.snapshot(), periods, Request(now=NOW)).items():
        assert isinstance(update, SeriesUpdate)
        list(record(pond, path, update, provenance=Provenance()))


def settle(plan: Plan, pond: Pond) -> None:
    """Bring everything up to date, as `catch_up` does: what is behind, tick by tick."""
    for _ in plan.steps:
        behind = stale(plan, plan.steps, pond.snapshot(), now=NOW)
        for each in behind:
            carry_out(pond, each)
    assert stale(plan, plan.steps, pond.snapshot(), now=NOW) == []


def derived(plan: Plan, pond: Pond) -> Iterator[tuple[str, pa.Table]]:
    fs = pond.snapshot()
    for step in plan.steps:
        for path in step.outputs:
            if path not in RAW:
                yield path, fs.read_series(path) if fs.exists(path) else None


class Histories(RuleBasedStateMachine):
    """Whatever happened, in whatever order: what is behind is found, and only that."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.pond = Pond.init(Path(self.folder.name, "pond"), durability="process")
        self.plan = plan_of(tests=0, charts=False, pivot=False)

    @initialize(tests=st.sampled_from([0, 1]))
    def begin(self, tests: int) -> None:
        self.plan = plan_of(tests=tests, charts=False, pivot=False)

    @rule(path=st.sampled_from(RAW), month=st.sampled_from(MONTHS), readings=READINGS)
    def collect(self, path: str, month: str, readings: dict[int, int]) -> None:
        """A pull, late data, a correction, or readings that are taken away."""
        rows = {f"{month}-{day:02}": float(value) for day, value in sorted(readings.items())}
        update = update_of(water(rows, column="value"), month)
        list(record(self.pond, path, update, provenance=Provenance()))

    @rule(tests=st.sampled_from([0, 1]), charts=st.booleans(), pivot=st.booleans())
    def apply(self, tests: int, charts: bool, pivot: bool) -> None:  # noqa: FBT001  # drawn
        """Other resources: new ones, or other settings."""
        self.plan = plan_of(tests=tests, charts=charts, pivot=pivot)

    @rule(which=st.integers(0, 30))
    def run_some(self, which: int) -> None:
        """A run that was killed after its first step."""
        behind = stale(self.plan, self.plan.steps, self.pond.snapshot(), now=NOW)
        if behind:
            carry_out(self.pond, behind[which % len(behind)])

    @rule()
    def restart(self) -> None:
        self.pond = Pond.open(self.pond.path)

    @rule()
    def catch_up(self) -> None:
        """All that is behind is made, and it is what it would be had it been made at once."""
        settle(self.plan, self.pond)
        txn = self.pond.snapshot().txn
        settle(self.plan, self.pond)
        assert self.pond.snapshot().txn == txn
        with tempfile.TemporaryDirectory() as folder:
            fresh = Pond.init(Path(folder, "pond"), durability="process")
            self._copy_raw(fresh)
            settle(self.plan, fresh)
            for (path, ours), (_, theirs) in zip(
                derived(self.plan, self.pond), derived(self.plan, fresh), strict=True
            ):
                assert _same(ours, theirs), path

    @invariant()
    def asking_changes_nothing(self) -> None:
        before = self.pond.snapshot()
        first = stale(self.plan, self.plan.steps, before, now=NOW)
        assert stale(self.plan, self.plan.steps, before, now=NOW) == first
        assert self.pond.snapshot().txn == before.txn

    @override
    def teardown(self) -> None:
        self.folder.cleanup()

    def _copy_raw(self, fresh: Pond) -> None:
        fs = self.pond.snapshot()
        for path in RAW:
            if not fs.exists(path):
                continue
            marks = fs.node(path).marks.values()
            months = sorted(str(facts["partition"]) for facts in marks)
            update = update_of(fs.read_series(path), *months)
            list(record(fresh, path, update, provenance=Provenance()))


def _same(ours: pa.Table | None, theirs: pa.Table | None) -> bool:
    """Say whether two series hold the same; columns without any value do not count."""
    tables = [None if each is None else _without_empty(each) for each in (ours, theirs)]
    first, second = tables
    if first is None or second is None:
        return (first is None or not first.num_rows) and (second is None or not second.num_rows)
    return first.num_rows == second.num_rows and (not first.num_rows or first.equals(second))


def _without_empty(table: pa.Table) -> pa.Table:
    """Leave out columns without values; before a column begins, nobody counts its values."""
    for number, name in enumerate(table.column_names):
        if name.endswith(".count"):
            table = table.set_column(number, name, pc.fill_null(table[name], 0))
    kept = [name for name in table.column_names if table[name].null_count < table.num_rows]
    with_values = [
        name for name in kept if name == "timestamp" or pc.any(_there(table[name])).as_py()
    ]
    return table.select(sorted(with_values))


def _there(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_valid(values) if values.type != pa.int64() else pc.not_equal(values, 0)


class TestHistories(Histories.TestCase):  # type: ignore[misc,valid-type]  # made by Hypothesis
    settings = settings(
        max_examples=12,
        stateful_step_count=14,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def test_a_month_of_which_nothing_was_collected_is_not_behind(tmp_path: Path) -> None:
    pond = Pond.init(tmp_path / "pond", durability="process")
    plan = plan_of(tests=0, charts=True, pivot=True)
    update = update_of(water({"2025-02-03": 1.0}, column="value"), "2025-02")
    list(record(pond, RAW[0], update, provenance=Provenance()))
    behind = stale(plan, plan.steps, pond.snapshot(), now=NOW)
    assert {each.period for each in behind} == {Period.parse("2025-02")}
