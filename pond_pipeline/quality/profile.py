"""What checks need to know of the readings of one period: little enough to be kept with it.

A series is judged as a whole. Ten years of readings take longer to read than a run may take, so
each period is profiled when it is written, and the profiles are put together.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pond_pipeline.quality.threshold import MICROSECOND

BATTERY_LEVEL = "Battery Level"
"""What HydroVu and its exports call the parameter of a battery's charge."""

BATTERY_VOLTAGE = "Battery Voltage"
"""What they call the parameter of its voltage."""

_BATTERIES = (BATTERY_LEVEL, BATTERY_VOLTAGE)

_LISTED = 16
"""At most so many steps are listed by themselves."""

_LONG = 2
"""A step is listed when it is longer than so many times the median."""


@dataclass(frozen=True, slots=True)
class BatteryProfile:
    """One column that tells about a battery, where it has a finite value.

    Attributes:
        column: Its name.
        parameter: What it measures.
        unit: The column's; empty where nobody knows.
        last: The newest value.
        last_us: When it was read, in microseconds since the epoch.
        lowest: The lowest value.
        lowest_us: When that was first read.
    """

    column: str
    parameter: str
    unit: str
    last: float
    last_us: int
    lowest: float
    lowest_us: int


@dataclass(frozen=True, slots=True)
class Profile:
    """The readings of one period. Instants and steps are in microseconds.

    Attributes:
        rows: How many there are.
        first_us: The first instant; None without rows.
        last_us: The last.
        repeated: Rows with the instant of the row before.
        fallen: Rows with an earlier one.
        wrong_us: The first instant at fault; None without one.
        steps: The longest times between two rows, as both their ends, in order of time.
        rest_us: The longest of all other steps; 0 without others.
        batteries: The columns that tell about a battery and have a value, in order.
    """

    rows: int
    first_us: int | None
    last_us: int | None
    repeated: int
    fallen: int
    wrong_us: int | None
    steps: tuple[tuple[int, int], ...]
    rest_us: int
    batteries: tuple[BatteryProfile, ...]

    def lists_over(self, limit: timedelta) -> bool:
        """Say whether every step that is longer than a limit is listed."""
        return timedelta(microseconds=self.rest_us) <= limit


def profile(table: pa.Table, *, over: timedelta | None = None) -> Profile:
    """Return the profile of a wide table.

    Args:
        table: The rows of one period.
        over: List every step that is longer than this; None: the 16 longest of those that are
            longer than twice the median step. Of a regular series that is none.
    """
    instants = pl.Series("end", table["timestamp"].cast(pa.int64()))
    rows = pl.DataFrame([instants, instants.diff().alias("step")])
    wrong = rows.filter(pl.col("step") <= 0)
    steps, rest_us = _long_steps(rows.slice(1), over)
    return Profile(
        rows=len(rows),
        first_us=int(instants[0]) if len(rows) else None,
        last_us=int(instants[-1]) if len(rows) else None,
        repeated=len(wrong.filter(pl.col("step") == 0)),
        fallen=len(wrong.filter(pl.col("step") < 0)),
        wrong_us=int(wrong["end"][0]) if len(wrong) else None,
        steps=steps,
        rest_us=rest_us,
        batteries=tuple(_batteries(table)),
    )


def _long_steps(
    rows: pl.DataFrame, over: timedelta | None
) -> tuple[tuple[tuple[int, int], ...], int]:
    """Return the steps that are listed, and the longest that is not."""
    if over is None:
        is_long = pl.col("step") > _LONG * pl.col("step").median()
        longest = rows.filter(is_long).sort("step", descending=True, maintain_order=True)
        listed, others = (
            longest.head(_LISTED),
            pl.concat([rows.filter(~is_long)["step"], longest.slice(_LISTED)["step"]]),
        )
    else:
        is_long = pl.col("step") > over // MICROSECOND
        listed, others = rows.filter(is_long), rows.filter(~is_long)["step"]
    ends = sorted((end - step, end) for end, step in listed.iter_rows())
    return tuple(ends), max(int(str(others.max() or 0)), 0)


def _batteries(table: pa.Table) -> list[BatteryProfile]:
    found = []
    for field in table.schema:
        metadata = field.metadata or {}
        parameter = metadata.get(b"parameter", b"").decode()
        if parameter in _BATTERIES and field.type == pa.float64():
            told = table.select(["timestamp", field.name]).filter(pc.is_finite(table[field.name]))
            if told.num_rows:
                unit = metadata.get(b"unit", b"").decode()
                found.append(_battery(told, field.name, parameter, unit))
    return found


def _battery(told: pa.Table, column: str, parameter: str, unit: str) -> BatteryProfile:
    instants, values = told["timestamp"].cast(pa.int64()), told[column]
    lowest = pc.min(values)
    return BatteryProfile(
        column,
        parameter,
        unit,
        last=values[-1].as_py(),
        last_us=instants[-1].as_py(),
        lowest=lowest.as_py(),
        lowest_us=instants[pc.index(values, lowest).as_py()].as_py(),
    )
