"""What a person does in the UI, and to `resources.yaml`: one start of `pond up` serves it all."""

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pond_core import Pond, Snapshot, from_us
from pond_pipeline.assets.request import REFETCH_TAG
from pond_pipeline.periods import Period, periods_between
from pond_pipeline.simulator import Simulator, harbor
from tests.operations import station
from tests.operations.browser import browse, metadata, press
from tests.operations.gate import Gate
from tests.operations.station import BUOY, PIER, questions
from tests.operations.ui import Run, Ui
from tests.operations.up import Up
from tests.operations.waiting import until
from tests.pipeline.steps.exports import write_export

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")

MONTHS = periods_between(Period.parse("2024-11"), Period.parse("2026-10"))
"""Two years: what is backfilled."""

KEYS = [month.key for month in MONTHS]
PAGE_DAYS = 31
PAGES_BEFORE_THE_KILL = 10

CHECK = """{ assetCheckExecutions(assetKey: {path: ["sys", "resources"]},
    checkName: "resources_yaml_is_right", limit: 1) { status evaluation { description } } }"""

CLOCK_FLOOR = datetime(2000, 1, 1, tzinfo=UTC)
"""Readings before it come from a logger without a clock; they are asked for on their own."""


@dataclass(frozen=True, slots=True)
class Office:
    """What the tests share.

    Attributes:
        up: UI and daemon.
        simulator: The API that they ask.
        gate: Holds the API's answers about the buoy.
        inbox: Where exports are put.
        backfill: A backfill of all of the bay; it goes on beside what else is done.
    """

    up: Up
    simulator: Simulator
    gate: Gate
    inbox: Path
    backfill: str

    @property
    def pond(self) -> Pond:
        return Pond.open(self.up.pond)

    @property
    def snapshot(self) -> Snapshot:
        return self.pond.snapshot()

    def months_of(self, path: str) -> list[Period]:
        """Return the months that a series has, in order."""
        marks = self.snapshot.node(path).marks.values()
        return sorted(Period.parse(str(facts["partition"])) for facts in marks)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    gate = Gate(harbor(now=MONTHS[-1].next().next().start), BUOY)
    with (
        Simulator(gate, page_days=PAGE_DAYS, rate_per_minute=100_000) as simulator,
        Up(folder, station.RESOURCES.format(url=simulator.base_url), account=station.ACCOUNT) as up,
        gate,
    ):
        backfill = up.ui.start_backfill(paths_of_the_bay(up.ui), KEYS)
        yield Office(up, simulator, gate, folder / "inbox", backfill)


def paths_of_the_bay(ui: Ui) -> list[str]:
    return [path for path, group in ui.groups().items() if group.endswith("_bay")]


def test_a_month_that_is_materialized_shows_what_it_holds_and_who_wrote_it(office: Office) -> None:
    ui, path = office.up.ui, "/raw/cove/Sonde"
    run = ui.launch(path, "2025-04")
    assert ui.end_of(run) == "SUCCESS"
    [shown] = ui.materializations(path, "2025-04")
    marks = office.snapshot.node(path).marks[Period.parse("2025-04").window]
    [header] = [each for each in office.pond.log() if each.provenance.asset == path]
    assert shown["run_id"] == run
    assert shown["dagster/partition_row_count"] == marks["rows"] == 8 * 30 * 24
    assert shown["pond/txn"] == header.txn
    assert shown["pond/first"] == Period.parse("2025-04").start.timestamp()
    assert shown["pond/last"] == Period.parse("2025-05").start.timestamp() - 3600
    assert header.provenance.run_id == run
    assert header.provenance.partitions == ("2025-04",)
    assert {"MaterializationEvent", "RunSuccessEvent"} <= {kind for kind, _ in ui.events(run)}


def test_a_run_whose_process_is_killed_goes_on_where_it_was(office: Office) -> None:
    ui, path = office.up.ui, "/raw/reef/Buoy"
    office.gate.close_after(PAGES_BEFORE_THE_KILL)
    killed = ui.launch(path, *KEYS)
    until(office.gate.held.is_set, "page that is held")
    os.kill(ui.worker(killed), signal.SIGKILL)
    office.gate.open()
    assert ui.end_of(killed) == "FAILURE"
    kept = office.months_of(path)
    before = len(office.simulator.log)
    assert 1 < len(kept) < len(MONTHS) - 1
    assert kept == MONTHS[: len(kept)]

    assert ui.end_of(ui.rerun_from_failure(killed)) == "SUCCESS"
    # The daemon may ask once more meanwhile: for nothing of before.
    asked, *later = questions(office.simulator, BUOY, since=before)
    assert all(each.start > asked.start for each in later)
    assert kept[-1].start < asked.start < kept[-1].next().start
    assert asked.pages <= len(MONTHS) - len(kept) + 1
    assert office.months_of(path) == MONTHS
    assert office.pond.verify().ok


def test_checks_of_exports_pass_and_fail_in_the_ui(office: Office) -> None:
    ui, path = office.up.ui, "/raw/exports/files"
    checks: dict[str, tuple[str, str]] = {}

    def judged(*statuses: str) -> bool:  # the folder's sensor may have it judged once more
        checks.update(ui.checks(path))
        return {status for status, _ in checks.values()} == {*statuses}

    write_export(office.inbox, "a.csv", "2025-01-01 00:00,Dock-1,Temp (C),5")
    assert ui.make(path) == "SUCCESS"
    until(lambda: judged("SUCCEEDED"), "check that passes")

    write_export(office.inbox, "b.csv", "2025-01-01 00:00,Weir-1,Temp (C),5")
    assert ui.make(path) == "SUCCESS"
    until(lambda: judged("SUCCEEDED", "FAILED"), "check that fails")
    assert checks["exports_are_readable"] == ("SUCCEEDED", "")
    status, told = checks["locations_are_declared"]
    assert status == "FAILED"
    assert 'b.csv: add to `locations` of exports: {name: Weir-1, match: "Weir-1"}' in told
    names = [node.name for node in office.snapshot.ls(path)]
    assert names == ["a.csv", "b.csv"]


def test_an_asset_is_materialized_in_a_browser(office: Office, tmp_path: Path) -> None:
    ui, path = office.up.ui, "/raw/cove/Sonde"
    known = {run.run_id for run in ui.runs()}
    with browse(office.up.url, tmp_path / "profile") as page:
        page.goto("/assets")
        page.get_by_label("Search and filter assets").focus()
        page.keyboard.type("Sonde")
        page.get_by_role("link").filter(has_text=re.compile("raw.*cove.*Sonde")).first.click()
        press(page, "Materialize")
        press(page, "Latest")
        press(page, "Launch 1 run")

        def launched() -> list[Run]:  # sensors ask for what comes after it
            return [r for r in ui.runs() if r.run_id not in known and r.paths == (path,)]

        until(launched, "run")
        [run] = launched()
        assert ui.end_of(run.run_id) == "SUCCESS"
        [month, _] = run.span
        shown = metadata(page, f"/assets{path}?view=partitions&partition={month}")
        marks = office.snapshot.node(path).marks[Period.parse(month).window]
        [newest, *_] = [each for each in office.pond.log() if each.provenance.asset == path]
        assert newest.provenance.run_id == run.run_id
        assert shown["pond/txn"] == str(newest.txn)
        assert shown["dagster/partition_row_count"] == str(marks["rows"])


def test_a_backfill_of_two_years_runs_each_group_of_assets_once(office: Office) -> None:
    ui = office.up.ui
    paths = paths_of_the_bay(ui)
    status, runs = ui.end_of_backfill(office.backfill)
    assert status == "COMPLETED_SUCCESS"
    assert sorted(path for run in runs for path in run.paths) == sorted(paths)
    assert {run.span for run in runs} == {("", ""), (KEYS[0], KEYS[-1])}
    assert len(runs) == 3  # dictionaries; the pull; what is made of both

    long_ago, asked = questions(office.simulator, PIER)
    assert (long_ago.start, long_ago.end) == (from_us(0), CLOCK_FLOOR)
    assert (asked.start, asked.end) == (MONTHS[0].start, MONTHS[-1].next().start)

    snapshot = office.snapshot
    for path in ("/raw/bay/Pier", "/normalized/bay/Pier", "/combined/bay/Bay"):
        assert office.months_of(path) == MONTHS
    hours = int((MONTHS[-1].next().start - MONTHS[0].start).total_seconds()) // 3600
    lost = snapshot.read_series("/quarantine/bay/Pier")["timestamp"].unique()
    assert snapshot.read_series("/combined/bay/Bay").num_rows == hours - len(lost)
    assert office.pond.verify().ok


def test_an_edited_file_is_followed_a_typo_is_told_and_runs_go_on(office: Office) -> None:
    up, gate, refetch = office.up, office.gate, {REFETCH_TAG: "true"}
    gate.close_after(1)
    run_id = up.ui.launch("/raw/reef/Buoy", "2024-11", "2025-01", tags=refetch)
    until(gate.held.is_set, "page that is held")
    file = up.pond.parent / "resources.yaml"

    file.write_text(file.read_text().replace("name: Spare", "name: Probe"))
    until(lambda: "/raw/reef/Probe" in up.ui.groups(), "asset of the edited file")
    until(lambda: checked(up) == ("SUCCEEDED", ""), "check of the edited file")

    file.write_text(file.read_text().replace("devices:", "devcies:"))
    until(lambda: "did you mean 'devices'?" in up.said(), "warning on the terminal")
    until(lambda: checked(up)[0] == "FAILED", "check of the typo")
    assert "spec.devcies: is no known key" in checked(up)[1]
    assert "/raw/reef/Probe" in up.ui.groups()
    assert up.ui.status(run_id) == "STARTED"

    gate.open()
    until(lambda: up.ui.status(run_id) == "SUCCESS", "end of the run")
    assert up.ui.make("/raw/reef/Probe", "2025-02") == "SUCCESS"
    assert office.snapshot.exists("/raw/reef/Probe")


def checked(up: Up) -> tuple[str, str]:
    """Return the status and the description of the newest check of the file."""
    found = up.ui.ask(CHECK)["assetCheckExecutions"]
    assert isinstance(found, list)
    if not found:
        return "", ""
    return found[0]["status"], found[0]["evaluation"]["description"] or ""
