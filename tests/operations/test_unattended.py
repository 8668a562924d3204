"""What the daemon does by itself: no hand starts it.

What has to be waited for takes its time in ticks of a daemon, not in work. So all that happens at
first happens in one fixture, all that happens afterwards in another, and each test looks at what
came of one thing.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pond_core import Change, Window
from pond_pipeline.periods import Period
from pond_pipeline.simulator import Correction, Faults, Simulator, harbor
from tests.operations.station import BUOY, PIER, SONDE, questions
from tests.operations.ui import Run
from tests.operations.unattended import (
    ASIDE,
    BAY,
    DAYS,
    DERIVED,
    EXPORTS,
    FILES,
    KEYS,
    MARCH,
    MONTHS,
    MORE,
    NEW,
    NOW,
    OTHER_TABLE,
    RAW,
    SECRETS,
    SENSOR,
    SITE,
    TIDE,
    WEEKS,
    WINTER,
    Clock,
    Unattended,
)
from tests.operations.up import Up
from tests.operations.waiting import until
from tests.pipeline.services import receiving

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")

LAST_MONTH = Period.parse("2025-01")
FIRST, END = datetime(2025, 1, 14, tzinfo=UTC), datetime(2025, 1, 16, tzinfo=UTC)
"""The half-open range of what is corrected."""


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unattended]:
    """Drop files, pull, and let a pull fail; from then on nobody does anything."""
    folder, (key, secret) = tmp_path_factory.mktemp("left"), SECRETS.values()
    clock = Clock()
    start = clock.now - timedelta(days=70)
    with (
        Simulator(
            harbor(now=NOW), page_days=31, rate_per_minute=100_000, key=key, secret=secret
        ) as bay,
        Simulator(harbor(), clock=clock, rate_per_minute=100_000) as tide,
        receiving() as receiver,
    ):
        env = {**SECRETS, "PAGER": receiver.url}
        (folder / ".env").write_text("".join(f"{name}={env[name]}\n" for name in env))
        (folder / ".env").chmod(0o600)
        (folder / "inbox").mkdir()
        resources = (
            BAY.format(url=bay.base_url, buoy=BUOY, sonde=SONDE)
            + TIDE.format(url=tide.base_url, start=start, pier=PIER)
            + EXPORTS
        )
        with Up(folder, resources) as up:
            left = Unattended(up, bay, tide, clock, receiver)
            left.drop()
            assert left.pull()[1] == "SUCCESS"
            bay.faults = Faults(token_status=401)
            failed, status = left.pull()
            bay.faults = Faults()
            assert status == "FAILURE"
            yield replace(left, failed=failed)


@dataclass(frozen=True, slots=True)
class Before:
    """What there was before the world changed.

    Attributes:
        txn: The newest transaction.
        temperatures: Of the site, and their daily means.
        requests: How many the tide's API had.
    """

    txn: int
    temperatures: Mapping[str, pl.DataFrame]
    requests: int


@pytest.fixture(scope="module")
def before(left: Unattended) -> Before:
    """Change the world once all is done: readings, the time, a file, and the resources."""
    for what, is_there in left.awaited().items():
        until(is_there, what)
    until(lambda: ended(runs_of(left, "bay")), "end of all runs")
    before = Before(
        left.snapshot.txn,
        {path: left.temperatures(path) for path in (SITE, DAYS)},
        len(left.tide.log),
    )
    left.clock.now += timedelta(hours=3)
    (left.inbox / "march.csv").write_text(MARCH)
    corrected = Faults(corrections=[Correction("1", FIRST, END, 0.5)])
    left.bay.faults = Faults(by_location={BUOY: corrected})
    assert left.pull()[1] == "SUCCESS"
    file = left.up.pond.parent / "resources.yaml"
    file.write_text(file.read_text() + MORE)
    return before


def runs_of(left: Unattended, name: str) -> list[Run]:
    """Return the runs of a source or of what is made of it, newest first."""
    return [
        run
        for run in left.up.ui.runs()
        if run.job.startswith(f"{name}_") or any(f"/{name}/" in path for path in run.paths)
    ]


def ended(runs: list[Run]) -> bool:
    return {run.status for run in runs} <= {"SUCCESS", "FAILURE"}


def written_months(change: Change) -> list[Period]:
    return [month for month in MONTHS if month.window in change.marks]


def test_all_that_is_made_of_a_pull_is_made_by_itself(left: Unattended) -> None:
    until(lambda: left.has(*DERIVED), "month of all that is made of the readings")
    assert left.pond.verify().ok


def test_a_webhook_is_told_of_a_run_that_failed_and_of_no_secret(left: Unattended) -> None:
    until(lambda: left.receiver.bodies, "message")
    [message] = left.receiver.bodies
    told = json.loads(message)
    assert (told["event"], told["alert"], told["run_id"]) == ("run_failed", "pager", left.failed)
    assert RAW in told["assets"]
    assert told["partitions"] == [KEYS[0], KEYS[-1]]
    assert told["reason"].startswith("HydroVu refused the credentials")
    for secret in (*SECRETS.values(), "s3cret"):
        assert secret not in message.decode()


def test_a_dropped_file_is_kept_and_all_that_is_made_of_its_months_is_made(
    left: Unattended,
) -> None:
    until(lambda: left.rows() == [4 * 24, 4 * 24, 4, 1], "row of each hour, day and week")
    assert left.snapshot.read_data(f"{FILES}/winter.csv") == WINTER.encode()
    assert left.pond.verify().ok


def test_a_file_that_is_half_written_is_told_once(left: Unattended) -> None:
    ui = left.up.ui
    until(lambda: ui.said(SENSOR) == "nothing changed: 2 files", "tick that asks for nothing")
    [look] = left.looks()
    assert look.status == "SUCCESS"
    status, told = ui.checks(FILES)["exports_are_readable"]
    assert status == "FAILED"
    assert "march.csv: line 26: no Location" in told
    assert [node.name for node in left.snapshot.ls(ASIDE)] == ["march.csv"]


def test_a_correction_of_last_month_reaches_every_resolution_and_nothing_else(
    left: Unattended, before: Before
) -> None:
    def changes() -> dict[str, Change]:
        return {path: c for path, c in left.changes(before.txn).items() if path not in NEW}

    until(lambda: changes().keys() >= {RAW, *DERIVED}, "change of every resolution")
    until(lambda: ended(runs_of(left, "bay")), "end of all runs")
    assert changes().keys() == {RAW, *DERIVED}
    touched = pl.col("timestamp").is_between(FIRST, END, closed="left")
    for path, was in before.temperatures.items():
        corrected = was.with_columns(pl.col("value") + pl.when(touched).then(0.5).otherwise(0.0))
        values = left.temperatures(path)
        assert values["timestamp"].equals(corrected["timestamp"])
        assert values["value"].to_list() == pytest.approx(corrected["value"].to_list())
    for path, change in changes().items():
        reach = timedelta(days=7 if path == WEEKS else 0)
        [written] = [each for each in change.windows if each.rows]
        assert written.window.cut(Window.of(FIRST - reach, END + reach)) == []
        assert written_months(change) == [LAST_MONTH]


def test_what_a_new_resource_makes_is_made_for_all_months_by_itself(
    left: Unattended, before: Before
) -> None:
    until(lambda: left.has(*NEW), "month of what the new resource makes")
    assert left.changes(before.txn).keys() - {RAW, *DERIVED} == {*NEW}
    snapshot = left.snapshot
    assert snapshot.read_series(OTHER_TABLE).num_rows == snapshot.read_series(NEW[0]).num_rows
    assert left.pond.verify().ok


@pytest.mark.usefixtures("before")
def test_a_file_that_was_half_written_is_taken_when_it_is_whole(left: Unattended) -> None:
    until(lambda: left.rows() == [6 * 24, 6 * 24, 6, 2], "row of each hour, day and week of March")
    assert left.up.ui.checks(FILES)["exports_are_readable"] == ("SUCCEEDED", "")
    assert left.snapshot.ls(ASIDE) == []
    assert len(left.looks()) == 2


def test_each_tick_collects_what_is_new(left: Unattended, before: Before) -> None:
    ui, clock = left.up.ui, left.clock
    until(lambda: left.newest() == clock.hour, "reading of a later tick")

    asked = questions(left.tide, PIER, since=before.requests)
    assert min(each.start for each in asked) >= clock.hour - timedelta(days=1, hours=3)
    status, ticks = ui.ticks("tide_schedule")
    assert status == "RUNNING"
    assert {ui.end_of(run) for _, runs in ticks for run in runs} == {"SUCCESS"}
    # Another tick may have come meanwhile, and freshness is looked at by the quarter of an hour.
    runs = [run for run in runs_of(left, "tide") if run.job != "tide_freshness"]
    assert {run.tags.get("dagster/schedule_name") for run in runs} == {"tide_schedule"}
    first, last = runs[-1].span
    assert Period.parse(first).next() < Period.parse(last)
    assert left.pond.verify().ok
