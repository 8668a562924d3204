"""A line of values as one word of block characters, which every terminal and browser shows."""

import polars as pl
import pyarrow as pa

from pond_core import Window

_BLOCKS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"
_WIDTH = 24


def sparkline(instants: pa.ChunkedArray, values: pa.ChunkedArray, window: Window) -> str:
    """Return the course of a value over a window as 24 characters, from its lowest to its highest.

    Args:
        instants: When the values were read, `timestamp[us, UTC]`.
        values: float64 or int64.
        window: What the line spans, closed on both sides. A part of it without a finite value is
            a dot.
    """
    if window.start_us is None or window.end_us is None:
        msg = f"{window} has no length to draw"
        raise ValueError(msg)
    place = (pl.col("at") - window.start_us) * _WIDTH // (window.end_us - window.start_us)
    means = (
        pl.DataFrame({"at": instants.cast(pa.int64()), "value": values})
        .filter(pl.col("value").cast(pl.Float64).is_finite(), place.is_between(0, _WIDTH - 1))
        .group_by(place.alias("place"))
        .agg(pl.col("value").mean())
    )
    heights = dict(means.iter_rows())
    low, high = min(heights.values(), default=0), max(heights.values(), default=0)
    return "".join(
        _block(heights[each], low, high) if each in heights else _NOTHING for each in range(_WIDTH)
    )


def _block(value: float, low: float, high: float) -> str:
    if high == low:
        return _BLOCKS[len(_BLOCKS) // 2]
    return _BLOCKS[min(int((value - low) / (high - low) * len(_BLOCKS)), len(_BLOCKS) - 1)]
