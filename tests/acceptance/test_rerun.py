"""What a run does when it is not the first: nothing without need, and never anything twice."""

import signal
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pond_pipeline.periods import Period
from pond_pipeline.simulator import replay
from tests.acceptance import pier
from tests.acceptance.lake import Lake, assert_same


@pytest.fixture
def going_on(collected: Lake, tmp_path: Path) -> Path:
    """The folder of a copy of the pier, for a run that goes on from it."""
    collected.copy(tmp_path / "lake")
    return tmp_path / "lake"


def test_a_run_with_nothing_new_writes_no_transaction(readings: Path, going_on: Path) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(going_on, server)
        before = lake.snapshot().txn
        assert lake.complete() == set()
        assert lake.snapshot().txn == before


def test_new_readings_change_what_they_touch(going_on: Path, tmp_path: Path) -> None:
    longer = pier.write_readings(tmp_path / "longer", end=pier.END + 5 * pier.HOUR)
    with pier.serve(longer) as server:
        lake = pier.lake(going_on, server)
        before = lake.snapshot().txn
        assert lake.complete() == pier.SONDES | pier.LOGGERS
        assert _earliest_written(lake, after=before) >= pier.LAST.start
    assert_same(lake.content(), pier.from_scratch(longer, tmp_path))


def test_a_batch_that_arrives_ten_days_late_changes_what_it_touches(
    readings: Path, tmp_path: Path
) -> None:
    begin = pier.seconds(pier.END - timedelta(days=10))
    batch = pl.col("timestamp").is_between(begin, begin + 6 * 3600)
    without = pier.change_readings(
        readings, tmp_path / "without", location=pier.SONDE, change=lambda all_: all_.filter(~batch)
    )
    with pier.serve(without) as server:
        lake = pier.lake(tmp_path / "lake", server)
        lake.complete()
        before = lake.snapshot().txn
    with pier.serve(readings) as server:
        lake = pier.lake(tmp_path / "lake", server)
        assert lake.complete() == pier.SONDES
        assert _earliest_written(lake, after=before) >= pier.LAST.start
    assert_same(lake.content(), pier.from_scratch(readings, tmp_path))


def test_a_value_that_was_corrected_lately_is_taken_over(
    readings: Path, going_on: Path, tmp_path: Path
) -> None:
    corrected = pier.corrected(readings, tmp_path, at=pier.END - timedelta(days=5))
    with pier.serve(corrected) as server:
        lake = pier.lake(going_on, server)
        assert lake.complete() == pier.SONDES
    assert_same(lake.content(), pier.from_scratch(corrected, tmp_path))


def test_a_value_that_was_corrected_long_ago_is_taken_over_by_a_refetch(
    readings: Path, going_on: Path, content: dict[str, object], tmp_path: Path
) -> None:
    corrected = pier.corrected(readings, tmp_path, at=pier.FIRST.start + timedelta(days=9))
    with pier.serve(corrected) as server:
        lake = pier.lake(going_on, server)
        lake.complete()
        assert_same(lake.content(), content)
        assert lake.complete("--refetch", "--partition", pier.FIRST.key) == pier.SONDES
    assert_same(lake.content(), pier.from_scratch(corrected, tmp_path))


def test_a_reading_that_the_source_took_back_stays_until_a_refetch(
    readings: Path, going_on: Path, content: dict[str, object], tmp_path: Path
) -> None:
    instant = pier.seconds(pier.END - timedelta(days=5))
    fewer = pier.change_readings(
        readings,
        tmp_path / "fewer",
        location=pier.SONDE,
        change=lambda all_: all_.filter(pl.col("timestamp") != instant),
    )
    with pier.serve(fewer) as server:
        lake = pier.lake(going_on, server)
        assert lake.complete() == set()
        assert_same(lake.content(), content)
        refused = lake.run("--refetch", "--partition", pier.LAST.key)
        assert refused.exit_code == 1
        assert "readings where" in refused.stderr
        assert_same(lake.content(), content)
        whole = ("--refetch", "--allow-shrink", "--partition", pier.LAST.key)
        assert lake.complete(*whole) == pier.SONDES
    assert_same(lake.content(), pier.from_scratch(fewer, tmp_path))


def test_months_in_any_order_come_to_what_one_run_comes_to(
    readings: Path, content: dict[str, object], tmp_path: Path
) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(tmp_path / "lake", server)
        for month in (pier.MIDDLE, pier.FIRST):
            lake.complete("--partition", month.key)
        assert lake.series("/combined/pier/Pier").num_rows == 24 * _days(pier.FIRST, pier.MIDDLE)
        lake.complete()
    assert_same(lake.content(), content)


def test_a_run_that_is_killed_keeps_what_it_collected_and_the_next_one_goes_on(
    readings: Path, content: dict[str, object], tmp_path: Path
) -> None:
    world = pier.StallingWorld(replay(readings), at=pier.LAST.start + timedelta(days=20))
    with pier.serve(world) as server:
        lake = pier.lake(tmp_path / "lake", server)
        with lake.process() as process:
            assert world.reached.wait(timeout=120), "the run never asked for the third month"
            process.send_signal(signal.SIGKILL)
            process.wait()
        world.released.set()
    (kept,) = [path for path in ("/raw/pier/Sonde", "/raw/pier/Logger") if _has(lake, path)]
    marks = [str(facts["partition"]) for facts in lake.snapshot().node(kept).marks.values()]
    assert sorted(marks) == [pier.FIRST.key, pier.MIDDLE.key]
    with pier.serve(readings) as server:
        lake = pier.lake(tmp_path / "lake", server)
        lake.complete()
        start = str(pier.seconds(pier.FIRST.start))
        asked = {each.path for each in server.log if each.query.get("startTime") == start}
    assert_same(lake.content(), content)
    other = pier.LOGGER if kept.endswith("Sonde") else pier.SONDE
    assert asked == {f"/public-api/v1/locations/{other}/data"}


def test_a_new_device_makes_only_what_is_new(
    readings: Path, content: dict[str, object], tmp_path: Path
) -> None:
    with pier.serve(readings) as server:
        alone = pier.lake(tmp_path / "lake", server, template=pier.SOURCE + pier.SITE + pier.CHARTS)
        alone.complete()
        lake = pier.lake(tmp_path / "lake", server)
        new = pier.LOGGERS | {"/quarantine/pier/Logger"}
        assert lake.complete() == new | {path for path in pier.SONDES if "Pier" in path}
    assert_same(lake.content(), content)


def test_a_new_site_makes_only_what_is_new(readings: Path, going_on: Path) -> None:
    site = """\
    - name: Box
      inputs: [{{pattern: /normalized/pier/Logger}}]
"""
    template = pier.SOURCE + pier.LOGGER_LINE + pier.SITE + site + pier.CHARTS
    with pier.serve(readings) as server:
        lake = pier.lake(going_on, server, template=template)
        assert lake.complete() == {
            "/combined/pier/Box",
            "/reduced/pier/sites/Box/res=1h",
            "/reduced/pier/sites/Box/res=24h",
        }


def test_a_changed_site_is_computed_anew_with_what_comes_after_it(
    readings: Path, going_on: Path, tmp_path: Path
) -> None:
    changed = pier.SITE.replace('pier/*"', f'pier/*", begin: {pier.MIDDLE.start:%Y-%m-%d}')
    template = pier.SOURCE + pier.LOGGER_LINE + changed + pier.CHARTS
    with pier.serve(readings) as server:
        lake = pier.lake(going_on, server, template=template)
        assert lake.complete() == {path for path in pier.SONDES if "Pier" in path}
    assert_same(lake.content(), pier.from_scratch(readings, tmp_path, template=template))


def test_a_selection_makes_nothing_else(readings: Path, tmp_path: Path) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(tmp_path / "lake", server)
        assert lake.complete("--select", "/raw/pier/Logger") == {"/raw/pier/Logger"}


def _earliest_written(lake: Lake, *, after: int) -> datetime:
    """Return the earliest instant of what transactions after one wrote."""
    snapshot = lake.snapshot()
    starts = [
        piece.window.start_us
        for path in pier.SONDES | pier.LOGGERS
        for piece in snapshot.node(path).pieces
        if piece.txn is not None and piece.txn > after and piece.window.start_us is not None
    ]
    return datetime.fromtimestamp(min(starts) / 1e6, tz=pier.END.tzinfo)


def _has(lake: Lake, path: str) -> bool:
    return lake.snapshot().exists(path)


def _days(*months: Period) -> int:
    return sum((month.next().start - month.start).days for month in months)
