"""Partitions of days, months and years, through real runs of Dagster."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.config import load_documents
from pond_pipeline.due import stale
from pond_pipeline.errors import ConfigError
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Period, periods_between
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.runs import launch
from pond_pipeline.summary import summarize
from tests.pipeline.cli.shell import Shell
from tests.pipeline.harbor import SMALL, harbor_server
from tests.pipeline.waters import at, months_of, rows_of

RAW, SITE, WEEKS = "/raw/bay/A", "/combined/bay/Pier", "/reduced/bay/all/Pier/res=1w"
DAYS = "/reduced/bay/all/Pier/res=1d"

SOURCE = """
---
kind: Scribble
name: {name}
spec: {{start: {start}, end: {end}, interval: 6h, series: [A], cadence: {cadence}}}
"""
SITES = """
---
kind: Combine
name: bay
spec:
  sites:
    - name: Pier
      quality: [{column: value, spike: {suspect: 3}, rate_of_change: {suspect: 1}}]
      inputs: [{pattern: /raw/bay/A}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: all
      resolutions: [1d, 1w]
      datasets: [{in_pattern: "/combined/bay/*", out_pattern: $0, timezone: America/Los_Angeles}]
"""
MIXED = """
---
kind: Combine
name: both
spec:
  sites: [{name: Both, inputs: [{pattern: /raw/bay/A}, {pattern: /raw/cove/A, scope: B}]}]
"""


def a_bay(cadence: str, *, name: str = "bay") -> str:
    return SOURCE.format(name=name, cadence=cadence, start="2025-01-25", end="2025-02-11")


class Bay:
    """A plan on a folder; its resources may be changed."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance, resources: str) -> None:
        self.folder = folder
        self.resources = resources
        self.instance = instance

    @property
    def plan(self) -> Plan:
        return compile_plan(load_documents(self.resources), root=self.folder)

    @property
    def pond(self) -> Pond:
        return Pond.open(self.folder / "pond")

    def run(self, *keys: str, select: Sequence[str] = ()) -> list[launch.RunReport]:
        """Make what is selected in some periods (`2025-01-30...2025-02-02`)."""
        periods = [each for key in keys for each in span(key)]
        plan = self.plan
        steps = launch.select_steps(plan, select)
        pond = self.folder / "pond"
        reports = list(
            launch.run(plan, steps, periods, root=self.folder, pond=pond, instance=self.instance)
        )
        assert [report.failures for report in reports] == [()] * len(reports)
        return reports

    def partitions(self, path: str) -> list[str]:
        """Return the partitions that are recorded of a series."""
        marks = self.pond.snapshot().node(path).marks.values()
        return sorted(str(facts["partition"]) for facts in marks)

    def stale(self, key: str) -> list[str]:
        """Return what is behind among some periods."""
        snapshot = self.pond.snapshot()
        found = stale(self.plan, self.plan.steps, snapshot, now=at("2025-02-10 12:00"))
        wanted = span(key)
        return [f"{each.step.outputs[0]} {each.period}" for each in found if each.period in wanted]

    def content(self) -> dict[str, dict[str, float | None]]:
        columns = {RAW: "value", SITE: "value.qc", DAYS: "value.avg", WEEKS: "value.avg"}
        return {path: rows_of(self.pond, path, column) for path, column in columns.items()}


def span(key: str) -> list[Period]:
    first, _, last = key.partition("...")
    return periods_between(Period.parse(first), Period.parse(last or first))


ALL = {
    "daily": "2025-01-25...2025-02-10",
    "monthly": "2025-01...2025-02",
    "yearly": "2025",
}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def bay(tmp_path: Path, instance: dg.DagsterInstance) -> Bay:
    return Bay(tmp_path, instance, a_bay("daily") + SITES)


def test_days_months_and_years_hold_the_same(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    contents = []
    for cadence, key in ALL.items():
        bay = Bay(tmp_path / cadence, instance, a_bay(cadence) + SITES)
        bay.run(key)
        assert bay.partitions(SITE) == [period.key for period in span(key)]
        contents.append(bay.content())
    assert contents[0] == contents[1] == contents[2]
    assert len(contents[0][RAW]) == 17 * 4


def test_a_range_of_days_is_one_run_of_which_each_day_is_told(bay: Bay) -> None:
    (report,) = bay.run("2025-01-30...2025-02-02")
    days = ["2025-01-30", "2025-01-31", "2025-02-01", "2025-02-02"]
    assert [period.key for period in report.periods] == days
    made = bay.instance.get_materialized_partitions(path_to_key(RAW))
    assert sorted(made) == days


def test_days_one_by_one_give_what_all_at_once_give(bay: Bay) -> None:
    bay.run("2025-01-28...2025-02-06")
    at_once = bay.content()
    with bay.pond.transaction() as tx:
        tx.remove(SITE)
        tx.remove("/reduced", recursive=True)
    for key in ("2025-02-03...2025-02-06", "2025-01-31", "2025-01-28...2025-01-30"):
        bay.run(key, select=[SITE, DAYS])
    bay.run("2025-02-01...2025-02-02", select=[SITE, DAYS])
    for _ in range(2):
        bay.run("2025-01-28...2025-02-06", select=[SITE, DAYS])
    assert bay.content() == at_once
    assert bay.stale("2025-01-28...2025-02-06") == []


def test_sources_of_two_cadences_keep_each_its_own(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    bay = Bay(tmp_path, instance, a_bay("daily") + a_bay("monthly", name="cove"))
    reports = bay.run("2025-02-01...2025-02-02", "2025-02")
    assert [len(report.periods) for report in reports] == [2, 1]
    assert bay.partitions(RAW) == ["2025-02-01", "2025-02-02"]
    assert bay.partitions("/raw/cove/A") == ["2025-02"]


def test_a_site_of_two_cadences_is_refused() -> None:
    text = a_bay("daily") + a_bay("monthly", name="cove") + MIXED
    with pytest.raises(ConfigError, match="partitions of two lengths") as caught:
        compile_plan(load_documents(text), root=Path("/"))
    assert "/raw/bay/A daily and /raw/cove/A monthly" in str(caught.value)
    assert "`cadence`" in caught.value.hint


@pytest.mark.parametrize(
    ("before", "after"), [("monthly", "daily"), ("daily", "monthly"), ("yearly", "monthly")]
)
def test_another_cadence_loses_nothing_doubles_nothing_and_leaves_no_old_partitions(
    tmp_path: Path, instance: dg.DagsterInstance, before: str, after: str
) -> None:
    bay = Bay(tmp_path, instance, a_bay(before) + SITES)
    bay.run(ALL[before])
    content = bay.content()
    bay.resources = a_bay(after) + SITES
    assert bay.stale(ALL[after]) != []
    bay.run(ALL[after])
    assert bay.content() == content
    for path in (RAW, SITE, DAYS, WEEKS):
        assert bay.partitions(path) == [period.key for period in span(ALL[after])]
    assert bay.stale(ALL[after]) == []
    assert summarize(bay.plan, bay.pond.snapshot())[0].rows == len(content[RAW])


def test_what_is_made_of_another_cadence_in_part_is_behind_in_the_rest(bay: Bay) -> None:
    bay.resources = a_bay("monthly") + SITES
    bay.run("2025-01...2025-02")
    content = bay.content()
    bay.resources = a_bay("daily") + SITES
    bay.run("2025-01-25...2025-02-03")
    bay.run("2025-02-04...2025-02-10")
    # Now the flags of the last day before have readings after them.
    assert f"{SITE} 2025-02-03" in bay.stale(ALL["daily"])
    bay.run(ALL["daily"])
    assert bay.stale(ALL["daily"]) == []
    assert bay.content() == content


def test_a_description_after_another_cadence_shows_its_partitions(bay: Bay, tmp_path: Path) -> None:
    bay.resources = a_bay("monthly")
    bay.run("2025-01...2025-02")
    bay.resources = a_bay("daily")
    bay.run("2025-01-25...2025-02-02")
    described = Shell(tmp_path / "pond", tmp_path).row("describe", RAW)
    keys = [each["partition"] for each in described["partitions"]]  # type: ignore[attr-defined]
    assert keys == [period.key for period in span("2025-01-25...2025-02-02")]


def test_an_instrument_can_be_pulled_day_by_day(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    with harbor_server() as server:
        monthly = SMALL.format(url=server.base_url).replace("2023-03-01", "2025-01-01")
        daily = monthly.replace("start:", "cadence: daily\n  start:")
        paths = ["/raw/bay/Pier", "/normalized/bay/Pier", "/combined/bay/Bay"]
        tables = []
        for name, text, key in (
            ("monthly", monthly, "2025-01"),
            ("daily", daily, "2025-01-01...2025-01-31"),
        ):
            bay = Bay(tmp_path / name, instance, text)
            bay.run(key)
            window = Period.parse("2025-01").window
            snapshot = bay.pond.snapshot()
            tables.append([snapshot.read_series(path, window) for path in paths])
            assert bay.partitions(paths[0]) == [period.key for period in span(key)]
        assert tables[1][0].drop_columns("fetched_at") == tables[0][0].drop_columns("fetched_at")
        assert tables[1][1:] == tables[0][1:]
        assert tables[0][0].num_rows


def test_an_instrument_whose_cadence_changes_keeps_its_readings(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    with harbor_server() as server:
        monthly = SMALL.format(url=server.base_url).replace("2023-03-01", "2025-01-01")
        bay = Bay(tmp_path, instance, monthly)
        bay.run("2025-01")
        before = bay.pond.snapshot().read_series("/raw/bay/Pier")
        bay.resources = monthly.replace("start:", "cadence: daily\n  start:")
        bay.run("2025-01-01...2025-01-31")
        assert bay.pond.snapshot().read_series("/raw/bay/Pier").equals(before)
        assert len(bay.partitions("/raw/bay/Pier")) == 31


def test_months_given_for_a_daily_source_are_the_days_that_touch_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    file = tmp_path / "resources.yaml"
    file.write_text(a_bay("daily") + a_bay("monthly", name="cove"))
    shell = Shell(tmp_path / "pond", tmp_path)
    outcome = shell.row("run", "-f", file, "--from", "2025-01", "--to", "2025-02")
    made = [each["periods"] for each in outcome["runs"]]  # type: ignore[attr-defined]
    days = [period.key for period in span("2025-01-01...2025-02-28")]
    assert made == [days, ["2025-01", "2025-02"]]
    outcome = shell.row("run", "-f", file, "--partition", "2025-02-02")
    made = [each["periods"] for each in outcome["runs"]]  # type: ignore[attr-defined]
    assert made == [["2025-02-02"], ["2025-02"]]


def test_a_period_that_touches_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "resources.yaml"
    file.write_text(a_bay("daily"))
    result = Shell(tmp_path / "pond", tmp_path).run("run", "-f", file, "--partition", "2024")
    assert result.exit_code == 2
    assert "2024 is none of the periods 2025-01-01 to" in result.stderr


def test_the_months_of_a_plan_are_those_of_its_earliest_source() -> None:
    plan = compile_plan(load_documents(a_bay("daily")), root=Path("/"))
    assert plan.start == months_of("2025-01")[0].first
