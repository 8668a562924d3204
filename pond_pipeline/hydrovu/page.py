"""One page of readings: JSON text in, Arrow columns out.

Speed is decided here: a page becomes lists, and lists become columns, without one object of ours
per reading.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pydantic_core import from_json

from pond_pipeline.hydrovu.shape import ShapeError, json_name, member

PAGE_SCHEMA = pa.schema(
    [
        pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False),  # as stamped
        pa.field("parameter_id", pa.string(), nullable=False),  # what was measured
        pa.field("unit_id", pa.string(), nullable=False),  # in which unit
        pa.field("value", pa.float64(), nullable=True),  # null where the API said null
        pa.field("custom", pa.bool_(), nullable=False),  # the API's `customParameter`
    ]
)
"""One row per reading, in the order received; nothing is unique."""

_US_PER_S = 1_000_000
_STAMP: frozenset[type] = frozenset({int})  # true and 1.0 are equal to integers, and are none
_VALUE: frozenset[type] = frozenset({float, int, type(None)})


@dataclass(frozen=True, slots=True)
class Page:
    """What one request for readings brought.

    Attributes:
        number: 1, 2, 3 ... within one call.
        readings: Columns of `PAGE_SCHEMA`.
    """

    number: int
    readings: pa.Table


def decode(text: bytes) -> object:
    """Decode JSON; `NaN` and `Infinity` are numbers, as in Python's own decoder.

    Raises:
        ValueError: It is no JSON; the message says at which line and column.
    """
    decoded: object = from_json(text)
    return decoded


def read_readings(document: object, *, location_id: int) -> pa.Table:
    """Turn one decoded page of `locations/{id}/data` into columns.

    Args:
        document: A page, as `decode` returns it.
        location_id: The location that was asked for.

    Returns:
        Columns of `PAGE_SCHEMA`, in the order of the page.

    Raises:
        ShapeError: The page is about another location, lacks something, or holds a type or an
            instant that no reading can have.
    """
    parameters = member(document, "parameters", list, where="the page")
    answered = member(document, "locationId", int, where="the page")
    if answered != location_id:
        msg = f"the page is about location {answered}, which was not asked for"
        raise ShapeError(msg)
    stamps: list[object] = []
    values: list[object] = []
    which: list[int] = []  # of which parameter each reading is
    for index, parameter in enumerate(parameters):
        where = f"parameters[{index}]"
        readings = member(parameter, "readings", list, where=where)
        stamps += _column(readings, "timestamp", _STAMP, where=where)
        values += _column(readings, "value", _VALUE, where=where)
        which += [index] * len(readings)
    identities = [_identity(item, where=f"parameters[{i}]") for i, item in enumerate(parameters)]
    parameter_ids, unit_ids, customs = zip(*identities, strict=True) if identities else ((), (), ())
    rows = pa.array(which, pa.int32())
    columns = [
        _instants(stamps),
        pa.array(parameter_ids, pa.string()).take(rows),
        pa.array(unit_ids, pa.string()).take(rows),
        _floats(values),
        pa.array(customs, pa.bool_()).take(rows),
    ]
    return pa.Table.from_arrays(columns, schema=PAGE_SCHEMA)


def _identity(parameter: object, *, where: str) -> tuple[str, str, bool]:
    parameter_id = member(parameter, "parameterId", str, where=where)
    unit_id = member(parameter, "unitId", str, where=where)
    if not parameter_id or not unit_id:
        msg = f"`parameterId` or `unitId` of {where} is empty"
        raise ShapeError(msg)
    return parameter_id, unit_id, member(parameter, "customParameter", bool, where=where)


def _column(
    readings: list[object], key: str, kinds: frozenset[type], *, where: str
) -> list[object]:
    """Return one member of every reading, when all have it and all types are among `kinds`."""
    try:
        column = [reading[key] for reading in readings]  # type: ignore[index]  # caught just below
    except (KeyError, TypeError, IndexError):
        raise _first_without(readings, key, where=where) from None
    if not set(map(type, column)) <= kinds:
        first = next(i for i, value in enumerate(column) if type(value) not in kinds)
        found = json_name(type(column[first]))
        msg = f"`{key}` of reading [{first}] of {where} is {found}"
        raise ShapeError(msg)
    return column


def _first_without(readings: list[object], key: str, *, where: str) -> ShapeError:
    first = next(
        index
        for index, reading in enumerate(readings)
        if not isinstance(reading, dict) or key not in reading
    )
    return ShapeError(f"reading [{first}] of {where} has no `{key}`")


def _instants(stamps: list[object]) -> pa.Array:
    try:
        instants_us = pc.multiply_checked(pa.array(stamps, pa.int64()), _US_PER_S)
    except (OverflowError, pa.ArrowInvalid):
        msg = f"a `timestamp` is out of range, {_US_PER_S} times it is no 64-bit integer"
        raise ShapeError(msg) from None
    return instants_us.view(PAGE_SCHEMA.field("timestamp").type)


def _floats(values: list[object]) -> pa.Array:
    try:
        return pa.array(values, pa.float64())
    except pa.ArrowInvalid:
        # Arrow refuses integers that float64 rounds; in JSON they are numbers like all others.
        return pa.array([_rounded(value) for value in values], pa.float64())


def _rounded(value: object) -> object:
    try:
        return float(value) if isinstance(value, int) else value
    except OverflowError:
        msg = "a `value` is out of range: no 64-bit number is so large"
        raise ShapeError(msg) from None
