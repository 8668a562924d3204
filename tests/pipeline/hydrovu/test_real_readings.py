"""The client, end to end, on the published readings of Noyo Harbor."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pond_core import ALWAYS
from pond_pipeline.hydrovu import HydroVuClient, Normalized, normalize, raw_table
from pond_pipeline.simulator import Simulator, replay
from tests.pipeline.hydrovu.api import Clock

NOYO = Path(__file__).resolve().parents[4].joinpath("shared", "noyo", "hydrovu")
FLOOR = datetime(2000, 1, 1, tzinfo=UTC)
FILES = sorted(NOYO.glob("*.parquet"))

pytestmark = pytest.mark.skipif(not FILES, reason=f"the published readings are not at {NOYO}")


@pytest.fixture(scope="module")
def harbor() -> dict[str, Normalized]:
    """What came of each instrument, by location id."""
    clock = Clock()
    with (
        Simulator(replay(NOYO), page_days=120, clock=clock) as sim,
        HydroVuClient(sim.base_url, "demo", "demo", sleep=clock.sleep, clock=clock) as client,
    ):
        names = client.names()
        found = {}
        for file in FILES:
            pages = client.readings(int(file.stem), ALWAYS)
            raw = raw_table(pages, ALWAYS, fetched_at=clock())
            found[file.stem] = normalize(raw, names, window=ALWAYS, clock_floor=FLOOR)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_value_is_where_it_was_published(file: Path, harbor: dict[str, Normalized]) -> None:
    published = pl.read_parquet(file).with_columns(pl.col("timestamp").dt.cast_time_unit("us"))
    columns = [name for name in published.columns if name != "timestamp"]
    expected = (
        published.filter(
            pl.col("timestamp") >= FLOOR, pl.any_horizontal(pl.col(columns).is_not_null())
        )
        .select("timestamp", *sorted(columns))
        .sort("timestamp")
    )

    assert pl.DataFrame(harbor[file.stem].table).equals(expected)


def test_the_readings_stamped_1970_are_in_quarantine(harbor: dict[str, Normalized]) -> None:
    quarantined = [result.quarantine for result in harbor.values()]

    assert sum(table.num_rows for table in quarantined) == 414
    assert sum(len(table["timestamp"].unique()) for table in quarantined) == 46
