"""Tiles: the buckets of one period at one resolution, as a script that a page can load from disk.

Browsers let a page that was opened from a folder load scripts and nothing else: data files are
scripts that hand one JSON value to the page.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pond_core import to_us
from pond_pipeline.website.column import Column

US_PER_S = 1_000_000

Flagged = Mapping[str, Sequence[Sequence[float | None]]]
"""By column id: instant in seconds, value or None, flag."""


def script(kind: str, name: str, value: str) -> bytes:
    """Return a data file.

    Args:
        kind: What the value is: `dataset`, `tile` or `notes`.
        name: Which one.
        value: The value as JSON.
    """
    return f"duckpond({json.dumps(kind)},{json.dumps(name)},{value});\n".encode()


def whole_seconds(instant: datetime) -> int:
    """Return an instant as data files have it: in seconds since 1970."""
    return to_us(instant) // US_PER_S


def tile(buckets: pa.Table, columns: Sequence[Column], flagged: Flagged) -> str:
    """Return buckets as JSON.

    Values have the precision of float32: seven digits, more than any instrument here. What is no
    finite number is null; a column without a number is left out, and so are its least and greatest
    values where they are the values themselves.
    """
    shown = {column.id: values for column in columns if (values := _values(buckets, column))}
    parts = [f'"t":{_instants(buckets)}', f'"c":{_members(shown)}']
    if flagged:
        parts.append(f'"f":{json.dumps(flagged, separators=(",", ":"))}')
    return f"{{{','.join(parts)}}}"


def _values(buckets: pa.Table, column: Column) -> str:
    numbers = {
        key: _single(buckets[name])
        for key, name in column.aggregates.items()
        if name in buckets.column_names
    }
    line = numbers.pop("line", None)
    if line is None or line.null_count == len(line):
        return ""
    band = {key: each for key, each in numbers.items() if not each.equals(line)}
    return _members({key: _numbers(each) for key, each in {"avg": line, **band}.items()})


def _members(texts: Mapping[str, str]) -> str:
    return f"{{{','.join(f'{json.dumps(key)}:{text}' for key, text in texts.items())}}}"


def _instants(buckets: pa.Table) -> str:
    """Return the first instant and then the differences, in seconds."""
    seconds = pc.divide(buckets["timestamp"].combine_chunks().cast(pa.int64()), US_PER_S)
    steps = pc.pairwise_diff(seconds)
    return _joined(pc.coalesce(steps, seconds).cast(pa.string()))


def _single(values: pa.ChunkedArray) -> pa.Array:
    """Return numbers in single precision, and null for what is none."""
    single = values.combine_chunks().cast(pa.float32(), safe=False)
    return pc.if_else(pc.is_finite(single), single, None)


def _numbers(values: pa.Array) -> str:
    return _joined(pc.fill_null(values.cast(pa.string()), "null"))


def _joined(texts: pa.Array) -> str:
    whole = pa.ListArray.from_arrays([0, len(texts)], texts)
    return f"[{pc.binary_join(whole, ',')[0].as_py()}]"
