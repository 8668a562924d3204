"""Engines that are not ours read what is in the pond, wherever it is published."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond, content_hash, publish
from tests.core.publication import engines, harbor
from tests.s3 import server as s3

PLACES = ("folder", "bucket")


@pytest.fixture(params=("sail", "clickhouse"))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=PLACES)
def lake(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    bucket_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """Where tables are published; a bucket is reached as the environment says."""
    if request.param == "folder":
        return str(tmp_path / "lake")
    server: s3.Server = request.getfixturevalue("s3_server")
    for variable, value in {**server.environ, "AWS_ALLOW_HTTP": "true"}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return bucket_url


@pytest.fixture
def engine(name: str, lake: str) -> Iterator[engines.Engine]:
    assert lake
    if name == "clickhouse":
        yield engines.clickhouse()
        return
    with engines.sail() as running:
        yield running


def assert_equal(engine: engines.Engine, lake: str, pond: Pond) -> None:
    """Compare what an engine reads with what the pond holds, to the last bit."""
    read = engine.read(lake + harbor.SITE)
    held = pond.snapshot().read_series(harbor.SITE)
    assert read.column_names == held.column_names
    assert len(read) == len(held)
    assert content_hash(read) == content_hash(held)


def test_an_engine_reads_what_the_pond_holds_through_all_that_happens_to_it(
    engine: engines.Engine, lake: str, pond: Pond
) -> None:
    harbor.fill(pond)
    publish(pond, lake)
    assert_equal(engine, lake, pond)

    harbor.collect(pond, "2026-02", hours=500, level=9.0)  # a correction, with fewer readings
    publish(pond, lake)
    assert_equal(engine, lake, pond)

    harbor.collect(pond, "2026-04", deep=True)  # a new month, with a new column
    publish(pond, lake)
    assert_equal(engine, lake, pond)

    with pond.transaction() as tx:
        tx.write_window(harbor.SITE, None, harbor.window_of("2026-01"))
    publish(pond, lake)
    assert_equal(engine, lake, pond)


def test_an_engine_finds_the_readings_of_a_range(
    engine: engines.Engine, lake: str, pond: Pond
) -> None:
    harbor.fill(pond)
    publish(pond, lake)
    read = engine.read(lake + harbor.SITE, "timestamp >= '2026-02-01' AND timestamp < '2026-02-02'")
    assert len(read) == 24


def test_an_engine_reads_a_table_that_has_changed_its_types(
    engine: engines.Engine, lake: str, pond: Pond
) -> None:
    harbor.write_units(pond, "C", "mg/L")
    publish(pond, lake)
    assert engine.read(lake + harbor.UNITS)["name"].to_pylist() == ["C", "mg/L"]
    with pond.transaction() as tx:
        tx.write_table(harbor.UNITS, pa.table({"timestamp": ["a", "b"], "name": [1, 2]}))
    publish(pond, lake)
    assert engine.read(lake + harbor.UNITS).to_pydict() == {"timestamp": ["a", "b"], "name": [1, 2]}
