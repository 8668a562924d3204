"""Dated corrections: an offset that was measured in the field, a sensor that drifts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import to_us
from pond_pipeline.errors import ConfigError
from pond_pipeline.quality.target import Target
from pond_pipeline.quality.threshold import MICROSECOND, is_finite

CORRECTED = b"corrected"
"""The metadata of a corrected column: a JSON list of its corrections, in order of time."""

_DAY_US = timedelta(days=1) // MICROSECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is added to the values of some columns from an instant on.

    At an instant after `start` that is `d` days, `offset + drift * d` is added. It ends at `end`,
    or where the next correction of the column begins, which may be one for its parameter;
    corrections never add up.

    Attributes:
        target: The columns.
        start: Where it begins, aware; included.
        end: Where it ends, aware; not included. None: with the next one, or never.
        offset: In the column's unit.
        drift: In the column's unit per day of 24 hours.

    Raises:
        ConfigError: An instant has no time zone, the end is not after the start, or a number is
            not finite.
    """

    target: Target
    start: datetime
    end: datetime | None = None
    offset: float = 0.0
    drift: float = 0.0

    def __post_init__(self) -> None:
        for instant in (self.start, self.end):
            if instant is not None and instant.tzinfo is None:
                msg = f"the correction's instant {instant} has no time zone"
                raise ConfigError(msg, hint=f"write {instant.isoformat()}Z if it is UTC")
        if self.end is not None and self.end <= self.start:
            msg = f"the correction from {self.start} ends at {self.end}, before it begins"
            raise ConfigError(msg, hint="write a later until, or leave it out")
        for number in (self.offset, self.drift):
            if not is_finite(number):
                raise ConfigError(f"the correction from {self.start} adds {number}")


def correct(table: pa.Table, corrections: Sequence[Correction]) -> pa.Table:
    """Return a wide table with corrected values.

    What is added to a value depends on its own instant alone, so a table may be corrected in parts.

    Args:
        table: A wide series table.
        corrections: In any order. Columns that are not there are passed over.

    Returns:
        The same rows and columns. Null and NaN stay; outside of all corrections, and where nothing
        is added, values stay to the bit. A column with corrections has them in its metadata under
        `corrected`, whether or not one of them lies within the table.

    Raises:
        ConfigError: Two corrections of one column begin at once, or one begins before the `end` of
            another.
        SchemaError: A named column is no float64, or its parameter is there in two units.
    """
    by_column: dict[str, list[Correction]] = {}
    for each in corrections:
        for name in each.target.names(table.schema):
            by_column.setdefault(name, []).append(each)
    for name, unordered in by_column.items():
        ordered = sorted(unordered, key=lambda each: each.start)
        _check_apart(f"column {name!r}", ordered)
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        metadata = {**(field.metadata or {}), CORRECTED: _provenance(ordered)}
        values = _corrected(table[name], table["timestamp"], ordered)
        table = table.set_column(place, field.with_metadata(metadata), values)
    return table


def check_apart(corrections: Sequence[Correction]) -> None:
    """Make sure that corrections of one target follow each other.

    Whether one for a column and one for its parameter do shows when there is a table: see
    `correct`.

    Raises:
        ConfigError: As `correct`.
    """
    by_target: dict[Target, list[Correction]] = {}
    for each in corrections:
        by_target.setdefault(each.target, []).append(each)
    for target, unordered in by_target.items():
        ordered = sorted(unordered, key=lambda each: each.start)
        about = f"column {target.column!r}" if target.column else f"parameter {target.parameter!r}"
        _check_apart(about, ordered)


def _check_apart(about: str, ordered: Sequence[Correction]) -> None:
    for one, following in pairwise(ordered):
        if one.start == following.start:
            msg = f"{about}: two corrections begin at {one.start}"
            raise ConfigError(msg, hint="add their offsets and drifts up, or leave one out")
        if one.end is not None and following.start < one.end:
            msg = (
                f"{about}: the correction from {following.start} begins before the one"
                f" from {one.start} ends, at {one.end}"
            )
            raise ConfigError(msg, hint="leave out until: the next correction ends it")


def _corrected(
    given: pa.ChunkedArray, timestamps: pa.ChunkedArray, ordered: Sequence[Correction]
) -> pa.ChunkedArray:
    instants_us = timestamps.cast(pa.int64())
    result = given
    for each in ordered:
        start_us = to_us(each.start)
        right = given
        if each.offset != 0 or each.drift != 0:  # adding zero would make 0.0 of -0.0
            elapsed_us = pc.subtract(instants_us, start_us).cast(pa.float64())
            # Arrow divides; the last bit of polars' division depends on the number of rows.
            drifted = pc.multiply(each.drift, pc.divide(elapsed_us, float(_DAY_US)))
            right = pc.add(given, pc.add(each.offset, drifted))
        if each.end is not None:
            right = pc.if_else(pc.less(instants_us, to_us(each.end)), right, given)
        # From its start on it takes the place of those before it, also where it has ended.
        result = pc.if_else(pc.greater_equal(instants_us, start_us), right, result)
    return result


def _provenance(ordered: Sequence[Correction]) -> bytes:
    entries = [
        {
            "from": each.start.isoformat(),
            "until": None if each.end is None else each.end.isoformat(),
            "offset": each.offset,
            "drift": each.drift,
        }
        for each in ordered
    ]
    return json.dumps(entries).encode()
