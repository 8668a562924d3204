"""The jobs of a source as the UI runs them: refetch, reprocess, and a refetch that was killed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from dagster._core.definitions.job_base import InMemoryJob  # what the UI's re-execution comes to
from dagster._core.execution.api import execute_run

from pond_core import Pond, Window, to_us
from pond_pipeline.assets import ALLOW_SHRINK_TAG
from pond_pipeline.periods import Period
from pond_pipeline.runs.lost import running
from pond_pipeline.simulator import Simulator, replay
from tests.acceptance import pier
from tests.acceptance.lake import Lake, assert_same

DERIVED = sorted((pier.SONDES | pier.LOGGERS) - {"/raw/pier/Sonde", "/raw/pier/Logger"})


@pytest.fixture
def folder(collected: Lake, tmp_path: Path) -> Path:
    """The folder of a copy of the pier."""
    collected.copy(tmp_path / "lake")
    return tmp_path / "lake"


def test_a_refetch_replaces_a_corrected_month_and_what_is_made_of_it_and_nothing_else(
    readings: Path, folder: Path, tmp_path: Path
) -> None:
    corrected = pier.corrected(readings, tmp_path, at=pier.MIDDLE.start + 9 * 24 * pier.HOUR)
    with pier.serve(corrected) as server:
        lake = pier.lake(folder, server)
        before = lake.snapshot().txn
        assert lake.execute("pier_refetch", pier.MIDDLE).success
    assert _written(lake, after=before) == {(path, pier.MIDDLE.key) for path in pier.SONDES}
    assert_same(lake.content(), pier.from_scratch(corrected, tmp_path))


def test_a_refetch_asks_for_the_pages_of_its_month_alone(readings: Path, folder: Path) -> None:
    with pier.serve(readings) as server:
        assert pier.lake(folder, server).execute("pier_refetch", pier.MIDDLE).success
        span = {"startTime": pier.MIDDLE.start, "endTime": pier.MIDDLE.next().start}
        query = {name: str(pier.seconds(instant)) for name, instant in span.items()}
        assert all(dict(each.query) == query for each in server.log if _is_data(each.path))
        pages = pier.pages(pier.MIDDLE.start, pier.MIDDLE.next().start)
        assert server.counts == {"token": 1, "names": 1, "locations": 1, "data": 2 * pages}


def test_a_refetch_that_shrinks_fails_with_both_counts_unless_it_is_told_to(
    readings: Path, folder: Path, content: dict[str, object], tmp_path: Path
) -> None:
    gone = pier.seconds(pier.MIDDLE.start + 9 * 24 * pier.HOUR)
    fewer = pier.change_readings(
        readings,
        tmp_path / "fewer",
        location=pier.SONDE,
        change=lambda all_: all_.filter(pl.col("timestamp") != gone),
    )
    stored = 2 * 24 * (pier.MIDDLE.next().start - pier.MIDDLE.start).days
    with pier.serve(fewer) as server:
        lake = pier.lake(folder, server)
        refused = lake.execute("pier_refetch", pier.MIDDLE)
        assert f"brought {stored - 2} readings where {stored} are stored" in _failure(refused)
        assert_same(lake.content(), content)
        assert lake.execute("pier_refetch", pier.MIDDLE, tags={ALLOW_SHRINK_TAG: "true"}).success
    assert_same(lake.content(), pier.from_scratch(fewer, tmp_path))


def test_reprocessing_asks_nobody_and_writes_nothing_where_nothing_differs(
    readings: Path, folder: Path
) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(folder, server)
        before = lake.snapshot().txn
        assert lake.execute("pier_reprocess", *pier.MONTHS).success
        assert lake.snapshot().txn == before
        assert server.log == []


def test_reprocessing_repairs_series_that_were_damaged_by_hand(
    readings: Path, folder: Path, content: dict[str, object]
) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(folder, server)
        for path in DERIVED:
            _damage(lake, path)
        before = lake.snapshot().txn
        assert lake.execute("pier_reprocess", *pier.MONTHS).success
        assert server.log == []
    assert {path for path, _ in _written(lake, after=before)} == set(DERIVED)
    assert_same(lake.content(), content)


def test_a_refetch_that_was_killed_is_made_again_for_the_months_that_it_had_not_committed(
    readings: Path, folder: Path, tmp_path: Path
) -> None:
    corrected = tmp_path / "corrected"
    for location in (pier.SONDE, pier.LOGGER):
        source = corrected if corrected.exists() else readings
        target = tmp_path / str(location)
        pier.change_readings(source, target, location=location, change=_all_corrected)
        corrected = target
    world = pier.StallingWorld(replay(corrected), at=pier.LAST.start + 20 * 24 * pier.HOUR)
    months = ("--from", pier.FIRST.key, "--to", pier.LAST.key)
    with pier.serve(world) as server:
        lake = pier.lake(folder, server)
        before = lake.snapshot().txn
        with lake.process("--refetch", *months) as process:
            assert world.reached.wait(timeout=120), "the run never asked for the third month"
            process.send_signal(signal.SIGKILL)
            process.wait()
        world.released.set()
    raw = {(path, month) for path, month in _written(lake, after=before) if "/raw/" in path}
    ((begun, *_), *_) = raw
    assert raw == {(begun, pier.FIRST.key), (begun, pier.MIDDLE.key)}
    with pier.serve(corrected) as server:
        lake = pier.lake(folder, server)
        _make_again(lake)
        asked = set(_asked(server))
    ids = [pier.SONDE, pier.LOGGER]
    begun_id, other_id = ids if begun.endswith("Sonde") else reversed(ids)
    assert asked == {
        (begun_id, pier.seconds(pier.LAST.start)),
        (other_id, 0),
        (other_id, pier.seconds(pier.FIRST.start)),
    }
    assert_same(lake.content(), pier.from_scratch(corrected, tmp_path))


def _make_again(lake: Lake) -> None:
    """Re-execute the newest run from its beginning, as the button of the UI does."""
    with lake.dagster() as (definitions, instance), running(instance) as tags:
        (killed,) = instance.get_runs(limit=1)
        job = definitions.resolve_implicit_global_asset_job_def()
        run = instance.create_run_for_job(
            job,
            tags={**killed.tags, **tags},
            root_run_id=killed.run_id,
            parent_run_id=killed.run_id,
        )
        assert execute_run(InMemoryJob(job), run, instance).success


def _all_corrected(readings: pl.DataFrame) -> pl.DataFrame:
    return readings.with_columns(pl.col("Temperature.C") + 0.5)


def _damage(lake: Lake, path: str) -> None:
    """Overwrite a day of a series by hand: other values, and a row less."""
    pond = Pond.open(lake.pond)
    start_us = to_us(pier.MIDDLE.start)
    day = Window(start_us, start_us + 24 * 3_600_000_000)
    rows = pond.snapshot().read_series(path, day).slice(1)
    columns = [
        pc.add(column, pa.scalar(1, column.type)) if name != "timestamp" else column
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    ]
    damaged = pa.table(columns, schema=rows.schema)
    pond.transact(lambda tx: tx.write_window(path, damaged if damaged.num_rows else None, day))


def _written(lake: Lake, *, after: int) -> set[tuple[str, str]]:
    """Return the paths and months that transactions after one wrote readings to."""
    snapshot = lake.snapshot()
    return {
        (path, Period.of(instant).key)
        for path in pier.SONDES | pier.LOGGERS
        for piece in snapshot.node(path).pieces
        if piece.txn is not None and piece.txn > after
        for instant in snapshot.read_series(path, piece.window)["timestamp"].to_pylist()
    }


def _asked(server: Simulator) -> Iterator[tuple[int, int]]:
    """Yield the location and the start of each question for readings."""
    for each in server.log:
        if _is_data(each.path):
            yield int(each.path.split("/")[-2]), int(each.query["startTime"])


def _is_data(path: str) -> bool:
    return path.endswith("/data")


def _failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = (each for each in result.all_events if each.is_step_failure)
    return str(event.step_failure_data.error)
