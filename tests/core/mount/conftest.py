"""A file system over a fresh pond."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond, PondFileSystem

START = datetime(2026, 9, 1, tzinfo=UTC)
HOUR_US = 3_600_000_000


def readings(count: int, *, first: int = 0, column: str = "Depth.m") -> pa.Table:
    """Return hourly readings from the start of September 2026 on; each value is its number."""
    start_us = int(START.timestamp()) * 1_000_000
    numbers = range(first, first + count)
    instants = [start_us + number * HOUR_US for number in numbers]
    return pa.table(
        {
            "timestamp": pa.array(instants, pa.timestamp("us", tz="UTC")),
            column: pa.array(numbers, pa.float64()),
        },
        schema=pa.schema(
            [
                pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False),
                pa.field(column, pa.float64(), metadata={"unit": "m"}),
            ]
        ),
    )


@pytest.fixture
def mounted(pond: Pond, place: Path) -> PondFileSystem:
    """Return the file system of the test's pond."""
    assert pond.path == place
    return PondFileSystem(place, durability="process")


@pytest.fixture
def at(place: Path) -> Callable[..., PondFileSystem]:
    """Return a maker of file systems of the test's pond, each another instance."""

    def make(as_of: int | None = None) -> PondFileSystem:
        return PondFileSystem(place, as_of=as_of, durability="process", skip_instance_cache=True)

    return make
