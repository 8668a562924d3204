"""A source over time: nothing is lost or doubled, and little is asked for that is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pond_core import FS, MemoryBackend
from pond_pipeline.config import load_documents
from pond_pipeline.due import periods_of
from pond_pipeline.hydrovu import HydroVuClient
from pond_pipeline.hydrovu.retry import ATTEMPTS
from pond_pipeline.periods import Period
from pond_pipeline.plan import PullStep, compile_plan
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.simulator import Faults, Simulator, replay
from pond_pipeline.steps import Request, crafts, make
from tests.acceptance import pier
from tests.acceptance.lake import Lake, assert_same

DAY = timedelta(days=1)
OVERLAP = 14 * DAY
NEWEST = pier.END - pier.HOUR
EACH_RUN = {"token": 1, "names": 1, "locations": 1}
"""What a run asks for beside readings: all that it may cost more than what can be new."""

FLEET = tuple(range(5_000_000_000_000_001, 5_000_000_000_000_201))
FLEET_RESOURCES = """
kind: HydroVu
name: coast
spec:
  key: demo
  secret: demo
  base_url: {url}
  start: {start:%Y-%m-%d}
  cadence: yearly
  devices: [{devices}]
"""


@dataclass(slots=True)
class Clock:
    """A clock that is set by hand, and moved by who sleeps."""

    now: datetime
    naps: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def folder(collected: Lake, tmp_path: Path) -> Path:
    """The folder of a copy of the pier, for a run that goes on from it."""
    collected.copy(tmp_path / "lake")
    return tmp_path / "lake"


@pytest.mark.parametrize(("device", "location"), [("Sonde", pier.SONDE), ("Logger", pier.LOGGER)])
def test_raw_has_each_reading_of_the_source_once(
    collected: Lake, readings: Path, device: str, location: int
) -> None:
    snapshot = collected.snapshot()
    parameters, units = (
        pl.DataFrame(snapshot.read_table(f"/raw/pier/{name}")).select(
            "id", pl.col("name").alias(to)
        )
        for name, to in (("parameters", "parameter"), ("units", "unit"))
    )
    raw = (
        pl.DataFrame(snapshot.read_series(f"/raw/pier/{device}"))
        .join(parameters, left_on="parameter_id", right_on="id")
        .join(units, left_on="unit_id", right_on="id")
        .select(
            pl.col("timestamp").dt.epoch("s"),
            pl.concat_str("parameter", "unit", separator=".").alias("column"),
            "value",
        )
    )
    truth = pl.read_parquet(readings / f"{location}.parquet").unpivot(
        index="timestamp", variable_name="column"
    )
    order = ["timestamp", "column"]
    assert raw.sort(order).equals(truth.sort(order))


def test_a_run_with_nothing_new_asks_for_the_overlap_alone(
    readings: Path, folder: Path, content: dict[str, object]
) -> None:
    with pier.serve(readings, faults=Faults(duplicate_readings=True)) as server:
        lake = pier.lake(folder, server)
        assert lake.complete() == set()
        assert server.counts == {**EACH_RUN, "data": 2 * pier.pages(NEWEST - OVERLAP, NEWEST)}
    assert_same(lake.content(), content)


def test_an_instrument_that_is_missing_for_a_while_costs_one_request_and_loses_nothing(
    readings: Path, folder: Path, content: dict[str, object]
) -> None:
    missing = Faults(location_missing=frozenset({pier.SONDE}))
    with pier.serve(readings, faults=missing) as server:
        lake = pier.lake(folder, server)
        assert lake.complete() == {"/raw/pier/locations"}
        assert [each.status for each in server.log if str(pier.SONDE) in each.path] == [404]
        server.faults = Faults()
        assert lake.complete() == {"/raw/pier/locations"}
    assert_same(lake.content(), content)


def test_parameters_that_appear_and_end_in_the_course_of_a_year_are_collected_as_they_come(
    tmp_path: Path,
) -> None:
    months = _year()
    start, ends, appears = months[0].start, months[4].start + 12 * DAY, months[6].start + 10 * DAY
    all_ = pier.write_readings(tmp_path / "all", start=start)
    without = _blank(all_, tmp_path / "without", pier.SONDE, "DO.mg/L", pl.col("at") < appears)
    readings = _blank(without, tmp_path / "year", pier.LOGGER, "Baro.psi", pl.col("at") >= ends)
    template = pier.RESOURCES.replace("{start:%Y-%m-%d}", f"{start:%Y-%m-%d}")
    clock = Clock(ends + 7 * DAY)
    with pier.serve(readings, clock=clock) as server:
        lake = pier.lake(tmp_path / "lake", server, template=template)
        lake.complete()
        # One request more for each instrument: what a wrong clock may have stamped long ago.
        assert server.counts == {**EACH_RUN, "data": 2 * (1 + pier.pages(start, clock.now))}
        assert "DO.mg/L" not in lake.series("/normalized/pier/Sonde").column_names
        newest, clock.now = clock.now, NEWEST
        server.counts.clear()
        lake.complete()
        pages = pier.pages(newest - OVERLAP, NEWEST)
        assert server.counts == {"names": 1, "locations": 1, "data": 2 * pages}
    assert _extent(lake, "/normalized/pier/Sonde", "DO.mg/L") == (appears, NEWEST)
    assert _extent(lake, "/combined/pier/Pier", "Box.Baro.psi") == (start, ends - pier.HOUR)
    assert_same(lake.content(), pier.from_scratch(readings, tmp_path, template=template))


def test_after_a_day_without_an_api_the_next_tick_catches_up(
    readings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, naps = Clock(pier.END - 3 * DAY), list[float]()
    monkeypatch.setattr(crafts, "HydroVuClient", partial(HydroVuClient, sleep=naps.append))
    template = pier.RESOURCES.replace("overlap:", 'schedule: "0 */8 * * *"\n  overlap:')
    with pier.serve(readings, clock=clock) as server:
        lake = pier.lake(tmp_path / "lake", server, template=template)
        assert [result.success for result in _tick(lake, clock.now)] == [True]
        newest, txn = clock.now, lake.snapshot().txn
        server.faults = Faults(down=True)
        server.counts.clear()
        for _ in range(3):
            clock.now += timedelta(hours=8)
            (result,) = _tick(lake, clock.now)
            failed = dict(_failures(result))
            assert set(failed) == {"raw_pier_units", "raw_pier_Sonde", "raw_pier_Logger"}
            assert f"location {pier.SONDE}, page 1: " in failed["raw_pier_Sonde"]
            assert "Server disconnected" in failed["raw_pier_Sonde"]
        assert lake.snapshot().txn == txn
        assert server.counts.total() == 3 * 3 * ATTEMPTS
        assert len(naps) == 3 * 3 * (ATTEMPTS - 1)
        server.faults = Faults()
        server.counts.clear()
        clock.now += timedelta(hours=8)
        assert [result.success for result in _tick(lake, clock.now)] == [True]
        pages = pier.pages(newest - OVERLAP, clock.now)
        assert server.counts == {"names": 1, "locations": 1, "data": 2 * pages}
        scratch = pier.lake(tmp_path / "scratch", server)
        scratch.complete()
    assert_same(lake.content(), scratch.content())


def test_200_instruments_keep_to_1000_requests_a_minute_and_need_few_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, clock = pier.END - 42 * DAY, Clock(NEWEST)
    stamps = range(pier.seconds(begin), pier.seconds(pier.END), 24 * 3600)
    truth = pl.DataFrame({"timestamp": stamps}).with_columns(
        (pl.col("timestamp") % 977 / 64).alias("Temperature.C")
    )
    for location in FLEET:
        truth.write_parquet(tmp_path / f"{location}.parquet")
    injected = partial(HydroVuClient, sleep=clock.sleep, clock=clock)
    monkeypatch.setattr(crafts, "HydroVuClient", injected)
    with Simulator(
        replay(tmp_path), page_days=pier.PAGE.days, rate_per_minute=1000, clock=clock
    ) as server:
        for values in _pull_fleet(server, begin, clock.now):
            assert values == truth["Temperature.C"].to_list()
        pages = pier.pages(begin, pier.END - DAY)
        assert server.counts == {"token": 1, "data": len(FLEET) * (1 + pages)}
        assert {each.status for each in server.log} == {200}
    assert server.counts.total() > 1000
    assert 0 < sum(clock.naps) <= 60


def _pull_fleet(server: Simulator, start: datetime, now: datetime) -> Iterator[list[float]]:
    """Pull all instruments, each as a step of its own, and yield the values of each."""
    devices = ", ".join(f"{{name: D{location}, id: {location}}}" for location in FLEET)
    text = FLEET_RESOURCES.format(url=server.base_url, start=start, devices=devices)
    plan = compile_plan(load_documents(text), root=Path())
    nothing_yet = FS(MemoryBackend())
    for step in plan.steps:
        if isinstance(step, PullStep):
            periods = periods_of(plan, step, now=now)
            (update,) = make(step, nothing_yet, periods, Request(now=now)).values()
            assert isinstance(update, SeriesUpdate)
            yield [
                value
                for batch in update.batches
                for part in batch
                for value in part.table["value"].to_pylist()
            ]


def _year() -> list[Period]:
    """Return the twelve months of which the last one is the pier's."""
    months = [pier.LAST]
    while len(months) < 12:
        months.insert(0, Period.of(months[0].start - DAY))
    return months


def _blank(folder: Path, to: Path, location: int, column: str, when: pl.Expr) -> Path:
    """Copy readings, of one column those without some; `when` tells them by the instant `at`."""
    at = pl.from_epoch("timestamp", time_unit="s").dt.replace_time_zone("UTC").alias("at")
    kept = pl.when(~when).then(column).alias(column)
    return pier.change_readings(
        folder,
        to,
        location=location,
        change=lambda all_: all_.with_columns(at).with_columns(kept).drop("at"),
    )


def _extent(lake: Lake, path: str, column: str) -> tuple[datetime, datetime]:
    """Return the first and the last instant at which a column has a value."""
    table = lake.series(path).select(["timestamp", column]).drop_null()
    instants: Sequence[datetime] = table["timestamp"].to_pylist()
    return instants[0], instants[-1]


def _tick(lake: Lake, now: datetime) -> list[dg.ExecuteInProcessResult]:
    """Let the schedule of the source tick, and run what it asks for, as the daemon does."""
    with lake.dagster() as (definitions, instance):
        schedule = definitions.resolve_schedule_def("pier_schedule")
        with dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=now,
            repository_def=definitions.get_repository_def(),
        ) as context:
            requests = schedule.evaluate_tick(context).run_requests or []
        job = definitions.resolve_job_def(schedule.job_name)
        return [
            job.execute_in_process(
                instance=instance,
                partition_key=request.partition_key,
                tags=dict(request.tags),
                raise_on_error=False,
            )
            for request in requests
        ]


def _failures(result: dg.ExecuteInProcessResult) -> Iterator[tuple[str, str]]:
    """Yield each step that failed, and why."""
    for event in result.all_events:
        if event.is_step_failure:
            yield event.step_key or "", str(event.step_failure_data.error)
