"""Flags: what QARTOD says about one value, and the columns in which a table carries them.

Flags are int64, since that is the only integer that a series stores; Parquet keeps the few
distinct ones in a few bits.
"""

from collections.abc import Sequence
from enum import IntEnum

import polars as pl
import pyarrow as pa

ROLL_UP = "aggregate_quality_flag"
"""The CF standard name of the worst flag of all tests."""

_FLAG_OF = b"flag_of"
_STANDARD_NAME = b"standard_name"
_SUFFIX = ".qc"


class Flag(IntEnum):
    """The primary flags of QARTOD, with its numbers; they are not in order of severity."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


_RISING = (Flag.NOT_EVALUATED, Flag.PASS, Flag.SUSPECT, Flag.FAIL)
"""Which flag wins: each over those before it, and over MISSING."""


def worst(flags: Sequence[pl.Expr]) -> pl.Expr:
    """Return the roll-up of flags: FAIL, else SUSPECT, PASS, NOT_EVALUATED, and last MISSING.

    One test that passed outweighs another that had too little to judge by.
    """
    result = literal(Flag.MISSING)
    for level in _RISING:
        is_there = pl.any_horizontal([each == level.value for each in flags])
        result = pl.when(is_there).then(literal(level)).otherwise(result)
    return result


def graded(measure: pl.Expr, *, suspect: float | None, fail: float | None) -> pl.Expr:
    """Return FAIL where a measure is above `fail`, else SUSPECT above `suspect`, else PASS.

    A null measure passes.
    """
    result = literal(Flag.PASS)
    if suspect is not None:
        result = pl.when(measure > suspect).then(literal(Flag.SUSPECT)).otherwise(result)
    if fail is not None:
        result = pl.when(measure > fail).then(literal(Flag.FAIL)).otherwise(result)
    return result


def literal(flag: Flag) -> pl.Expr:
    """Return a flag as a constant of the type of flag columns."""
    return pl.lit(flag.value, dtype=pl.Int64)


def flag_field(column: str, *, test: str | None, standard_name: str) -> pa.Field:
    """Return the field of a flag column: nullable int64, described as CF does.

    It bears no `parameter` and no `unit`, so nothing takes it for readings of its column's.

    Args:
        column: What is flagged.
        test: The test; None for the roll-up.
        standard_name: Its CF standard name.
    """
    name = f"{column}{_SUFFIX}" if test is None else f"{column}{_SUFFIX}.{test}"
    metadata = {
        _FLAG_OF: column.encode(),
        _STANDARD_NAME: standard_name.encode(),
        b"flag_values": " ".join(str(flag.value) for flag in Flag).encode(),
        b"flag_meanings": " ".join(flag.name for flag in Flag).encode(),
    }
    return pa.field(name, pa.int64(), metadata=metadata)


def is_flag(field: pa.Field) -> bool:
    """Say whether a column holds flags."""
    return _FLAG_OF in (field.metadata or {})


def roll_ups(schema: pa.Schema) -> dict[str, str]:
    """Return the name of the roll-up of each column that has one, by the column's name.

    It is told by the roll-up's own name, which a join has changed as it changed the column's. A
    column may be named that is not in the schema: its flags were left behind.
    """
    found = {}
    for field in schema:
        metadata = field.metadata or {}
        if is_flag(field) and metadata.get(_STANDARD_NAME) == ROLL_UP.encode():
            has_suffix = field.name.endswith(_SUFFIX)
            column = field.name.removesuffix(_SUFFIX) if has_suffix else metadata[_FLAG_OF].decode()
            found[column] = field.name
    return found


def flags_of(schema: pa.Schema) -> dict[str, list[str]]:
    """Return the names of the flags beside each column that has some.

    They are told by their own names, as `roll_ups` are.
    """
    columns = [field.name for field in schema if not is_flag(field)]
    found: dict[str, list[str]] = {}
    for field in schema:
        if is_flag(field):
            owners = [name for name in columns if field.name.startswith(f"{name}{_SUFFIX}")]
            owner = max(owners, key=len, default=field.metadata[_FLAG_OF].decode())
            found.setdefault(owner, []).append(field.name)
    return found
