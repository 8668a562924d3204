"""`scribble`: readings made up from a seed, for tests: the same on every machine, for ever.

Each value is a day's wave and some noise, in thousandths. All of it is computed with whole
numbers from the instant and the seed alone, so a window never depends on where it was cut.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import DataError
from pond_core.factories.settings import Settings
from pond_core.tinyfs import EntryType, FactoryCall, Recipe
from pond_core.window import Window

MOST_ROWS = 100_000_000
"""The longest series: three years of readings, one a second."""

_DAY_US = 86_400_000_000
_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class _Scribble:
    """The settings: which instants there are, and what is measured at them."""

    seed: int
    start_us: int
    step_us: int
    rows: int
    columns: tuple[str, ...]
    series: tuple[str, ...]


def check_scribble(recipe: Recipe) -> None:
    """Refuse settings without a bounded range, or a directory without names of series."""
    settings = _scribble(recipe.config)
    if (recipe.entry_type is EntryType.DIRECTORY) != bool(settings.series):
        msg = "the setting 'series': a directory needs names of series, and a series has none"
        raise DataError(msg)


def scribble(call: FactoryCall) -> pa.Table | dict[str, Recipe]:
    """Return readings, or a directory of series, each with readings of its own."""
    settings = _scribble(call.config)
    if call.entry_type is EntryType.SERIES:
        return _readings(settings, call)
    rest = {key: value for key, value in call.config.items() if key != "series"}
    return {
        name: Recipe(EntryType.SERIES, "scribble", {**rest, "seed": _number(settings.seed, name)})
        for name in settings.series
    }


def _scribble(config: Mapping[str, Any]) -> _Scribble:
    settings = Settings(config)
    start_us, end_us = settings.instant_us("start"), settings.instant_us("end")
    step_us = settings.duration_us("step", "15m")
    seed = settings.whole("seed")
    columns, series = settings.texts("columns", ("value",)), settings.texts("series", ())
    settings.end()
    if start_us is None or end_us is None or end_us <= start_us:
        msg = "readings are made from `start` until `end`, which is later"
        raise DataError(msg, hint="start: 2026-01-01T00:00Z, end: 2026-02-01T00:00Z")
    rows = -((start_us - end_us) // step_us)
    if rows > MOST_ROWS:
        msg = f"that are {rows} readings; {MOST_ROWS} are the most"
        raise DataError(msg, hint="choose a wider step or an earlier end")
    if "timestamp" in columns:
        msg = "the setting 'columns': 'timestamp' is there in any case"
        raise DataError(msg, hint="name the columns of values")
    for name in series:
        if "/" in name or name in {".", ".."}:
            msg = f"the setting 'series': {name!r} is no name"
            raise DataError(msg, hint="a directory of series has no directories below it")
    return _Scribble(seed or 0, start_us, step_us, rows, columns, series)


def _readings(settings: _Scribble, call: FactoryCall) -> pa.Table:
    first, last = _span(settings, call.window)
    steps = pl.int_range(first, max(first, last), eager=True).to_arrow()
    offsets = pc.multiply(steps, settings.step_us)
    instants = pc.add(offsets, settings.start_us)
    wanted = [c for c in settings.columns if call.columns is None or c in call.columns]
    values = {name: _values(settings, name, instants, offsets) for name in wanted}
    fields = [
        pa.field("timestamp", _INSTANT, nullable=False),
        *(pa.field(name, pa.float64()) for name in wanted),
    ]
    arrays = [instants.cast(_INSTANT), *values.values()]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _span(settings: _Scribble, window: Window) -> tuple[int, int]:
    """Return the numbers of the first reading in a window, and of the first one after it."""
    first, last = 0, settings.rows
    if window.start_us is not None:
        first = max(first, -((settings.start_us - window.start_us) // settings.step_us))
    if window.end_us is not None:
        last = min(last, -((settings.start_us - window.end_us) // settings.step_us))
    return first, last


def _values(settings: _Scribble, name: str, instants: pa.Array, offsets: pa.Array) -> pa.Array:
    """Return a column: between 5 and 25, a wave of a day 5 high, noise below 1."""
    key = _number(settings.seed, name)
    shifted = pc.add(offsets, (settings.start_us + key) % _DAY_US)
    phase = pc.subtract(shifted, pc.multiply(pc.divide(shifted, _DAY_US), _DAY_US))
    wave = pc.divide(pc.abs(pc.subtract(phase, _DAY_US // 2)), _DAY_US // 2 // 5000)
    noise = _right(_mixed(pc.add(instants.view(pa.uint64()), _unsigned(key))), 54)
    thousandths = pc.add(pc.add(wave, noise.cast(pa.int64())), 5000 + key % 15000)
    return pc.divide(thousandths.cast(pa.float64()), 1000.0)


def _mixed(numbers: pa.Array) -> pa.Array:
    """Scatter 64-bit numbers: the finalizer of SplitMix64, whose products wrap around."""
    for bits, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        folded = pc.bit_wise_xor(numbers, _right(numbers, bits))
        numbers = pc.multiply(folded, _unsigned(factor))
    return pc.bit_wise_xor(numbers, _right(numbers, 31))


def _right(numbers: pa.Array, bits: int) -> pa.Array:
    return pc.shift_right(numbers, _unsigned(bits))


def _unsigned(number: int) -> pa.Scalar:
    # A plain integer would make Arrow compute with signed ones.
    return pa.scalar(number, pa.uint64())


def _number(seed: int, name: str) -> int:
    """Return 63 bits that belong to a seed and a name."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8]) >> 1
