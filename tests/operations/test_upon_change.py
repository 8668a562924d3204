"""What the daemon does when something has changed: no hand starts it, and no clock."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pond_core import Change, Pond, Window
from pond_pipeline.periods import Period, periods_between
from pond_pipeline.simulator import Correction, Faults, Simulator, harbor
from tests.operations.station import BUOY
from tests.operations.up import Up
from tests.operations.waiting import until
from tests.pipeline.services import Receiver, receiving

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")

NOW = datetime(2025, 2, 10, 12, tzinfo=UTC)
"""When the last reading was taken."""

LAST_MONTH = Period.parse("2025-01")
MONTHS = periods_between(Period.parse("2024-12"), Period.parse("2025-02"))
KEYS = [month.key for month in MONTHS]

RESOURCES = """
kind: HydroVu
name: bay
spec:
  key: ${{env:BAY_KEY}}
  secret: ${{env:BAY_SECRET}}
  base_url: {url}
  start: 2024-12-01
  overlap: 45d
  devices: [{{name: Buoy, id: {buoy}, scope: Buoy, interval: 1h}}]
---
kind: Combine
name: bay
spec:
  sites: [{{name: Bay, inputs: [{{pattern: /normalized/bay/Buoy}}]}}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [1h, 1d, 7d]
      datasets: [{{in_pattern: "/combined/bay/*", out_pattern: "$0"}}]
---
kind: Alert
name: pager
spec:
  conditions: [{{when: run_failed}}]
  channels: [{{webhook: "${{env:PAGER}}"}}]
"""

MORE = """
---
kind: Combine
name: cove
spec:
  sites: [{name: Cove, inputs: [{pattern: /normalized/bay/Buoy}]}]
---
kind: Reduce
name: cove
spec:
  collections:
    - name: sites
      resolutions: [12h]
      datasets: [{in_pattern: "/combined/cove/*", out_pattern: "$0"}]
"""

NAMES = tuple(f"/raw/bay/{each}" for each in ("units", "parameters", "locations"))
RAW, SITE = "/raw/bay/Buoy", "/combined/bay/Bay"
HOURS, DAYS, WEEKS = (f"/reduced/bay/sites/Bay/res={width}" for width in ("1h", "1d", "7d"))
DERIVED = ("/normalized/bay/Buoy", SITE, HOURS, DAYS, WEEKS)
NEW = ("/combined/cove/Cove", "/reduced/cove/sites/Cove/res=12h")

SECRETS = {"BAY_KEY": "key-of-the-bay", "BAY_SECRET": "secret-of-the-bay"}


@dataclass(frozen=True, slots=True)
class Bay:
    """What the tests share.

    Attributes:
        up: UI and daemon.
        simulator: The API that they ask.
        receiver: The webhook that they tell.
    """

    up: Up
    simulator: Simulator
    receiver: Receiver

    @property
    def pond(self) -> Pond:
        return Pond.open(self.up.pond)

    def pull(self) -> tuple[str, str]:
        """Ask the API for what it has; return the run and what became of it."""
        run = self.up.ui.launch(RAW, KEYS[0], KEYS[-1], also=NAMES)
        return run, self.up.ui.end_of(run)

    def has(self, *paths: str) -> bool:
        """Say whether all months of some series are made."""
        snapshot = self.pond.snapshot()
        return all(
            snapshot.exists(path)
            and {month.window for month in MONTHS} <= snapshot.node(path).marks.keys()
            for path in paths
        )

    def changes(self, since: int) -> dict[str, Change]:
        """Return the series of which other rows were written since a txn."""
        return {change.path: change for change in self.pond.diff(since).changes if change.rows}

    def temperatures(self, path: str) -> pl.DataFrame:
        """Return the temperatures of a series, or their means."""
        column = "Buoy.Temperature.C" + ("" if path == SITE else ".avg")
        table = self.pond.snapshot().read_series(path, columns=["timestamp", column])
        return pl.DataFrame(table).rename({column: "value"})


@pytest.fixture(scope="module")
def bay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bay]:
    folder, (key, secret) = tmp_path_factory.mktemp("bay"), SECRETS.values()
    api = Simulator(harbor(now=NOW), page_days=31, rate_per_minute=100_000, key=key, secret=secret)
    with api as simulator, receiving() as receiver:
        env = {**SECRETS, "PAGER": receiver.url}
        (folder / ".env").write_text("".join(f"{name}={env[name]}\n" for name in env))
        (folder / ".env").chmod(0o600)
        with Up(folder, RESOURCES.format(url=simulator.base_url, buoy=BUOY)) as up:
            bay = Bay(up, simulator, receiver)
            assert bay.pull()[1] == "SUCCESS"
            yield bay


def written_months(change: Change) -> list[Period]:
    return [month for month in MONTHS if month.window in change.marks]


def test_all_that_is_made_of_a_pull_is_made_by_itself(bay: Bay) -> None:
    until(lambda: bay.has(*DERIVED), "month of all that is made of the readings")
    assert bay.pond.verify().ok


def test_a_webhook_is_told_of_a_run_that_failed_and_of_no_secret(bay: Bay) -> None:
    bay.simulator.faults = Faults(token_status=401)
    run, status = bay.pull()
    bay.simulator.faults = Faults()
    assert status == "FAILURE"
    until(lambda: bay.receiver.bodies, "message")
    [message] = bay.receiver.bodies
    told = json.loads(message)
    assert (told["event"], told["alert"], told["run_id"]) == ("run_failed", "pager", run)
    assert RAW in told["assets"]
    assert told["partitions"] == [KEYS[0], KEYS[-1]]
    assert told["reason"].startswith("HydroVu refused the credentials")
    for secret in (*SECRETS.values(), "s3cret"):
        assert secret not in message.decode()


def test_a_correction_of_last_month_reaches_every_resolution_and_nothing_else(bay: Bay) -> None:
    until(lambda: bay.has(*DERIVED), "month of all that is made of the readings")
    before, since = {path: bay.temperatures(path) for path in (SITE, DAYS)}, bay.pond.snapshot().txn
    first, end = datetime(2025, 1, 14, tzinfo=UTC), datetime(2025, 1, 16, tzinfo=UTC)
    bay.simulator.faults = Faults(corrections=[Correction("1", first, end, 0.5)])
    assert bay.pull()[1] == "SUCCESS"

    until(lambda: bay.changes(since).keys() >= {RAW, *DERIVED}, "change of every resolution")
    ui = bay.up.ui
    until(lambda: {run.status for run in ui.runs()} <= {"SUCCESS", "FAILURE"}, "end of all runs")
    assert bay.changes(since).keys() == {RAW, *DERIVED}
    touched = pl.col("timestamp").is_between(first, end, closed="left")
    for path, was in before.items():
        corrected = was.with_columns(pl.col("value") + pl.when(touched).then(0.5).otherwise(0.0))
        values = bay.temperatures(path)
        assert values["timestamp"].equals(corrected["timestamp"])
        assert values["value"].to_list() == pytest.approx(corrected["value"].to_list())
    for path, change in bay.changes(since).items():
        reach = timedelta(days=7 if path == WEEKS else 0)
        [written] = [each for each in change.windows if each.rows]
        assert written.window.cut(Window.of(first - reach, end + reach)) == []
        assert written_months(change) == [LAST_MONTH]


def test_what_a_new_resource_makes_is_made_for_all_months_by_itself(bay: Bay) -> None:
    until(lambda: bay.has(*DERIVED), "month of all that is made of the readings")
    since = bay.pond.snapshot().txn
    file = bay.up.pond.parent / "resources.yaml"
    file.write_text(file.read_text() + MORE)
    until(lambda: bay.has(*NEW), "month of what the new resource makes")
    assert bay.changes(since).keys() == {*NEW}
    assert bay.temperatures(SITE).height == bay.pond.snapshot().read_series(NEW[0]).num_rows
    assert bay.pond.verify().ok
