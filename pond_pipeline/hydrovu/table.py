"""Raw readings as an Arrow table: what the source said, losslessly."""

from collections.abc import Iterable
from datetime import datetime

import polars as pl
import pyarrow as pa

from pond_core import Window, to_us
from pond_pipeline.hydrovu.page import PAGE_SCHEMA, Page

RAW_SCHEMA = PAGE_SCHEMA.append(
    pa.field("fetched_at", pa.timestamp("us", tz="UTC"), nullable=False)  # when it was asked for
)
"""One row per reading: `PAGE_SCHEMA`'s columns and `fetched_at`."""

RAW_KEY = ("timestamp", "parameter_id", "unit_id")
"""What identifies a reading of one instrument, and the order of a raw table."""


def raw_table(pages: Iterable[Page], window: Window, *, fetched_at: datetime) -> pa.Table:
    """Gather the pages of one window.

    Args:
        pages: In the order received; they may repeat readings and reach over the window.
        window: Readings outside are left out.
        fetched_at: When the readings were asked for.

    Returns:
        Columns of `RAW_SCHEMA`, sorted by `RAW_KEY` (ids as text, by code point) and unique on it:
        of two readings with one key the one received last is kept.
    """
    tables = [page.readings for page in pages]
    received = pa.concat_tables([PAGE_SCHEMA.empty_table(), *tables])
    kept = (
        pl.DataFrame(received)
        .filter(is_within(pl.col("timestamp"), window))
        .sort(RAW_KEY, maintain_order=True)
        # The sort kept the order of equal keys: the last of each run was received last.
        .filter(pl.any_horizontal(pl.col(k).ne_missing(pl.col(k).shift(-1)) for k in RAW_KEY))
    )
    stamp = pa.scalar(to_us(fetched_at), pa.timestamp("us", tz="UTC"))
    table = kept.to_arrow().cast(PAGE_SCHEMA)
    return table.append_column(RAW_SCHEMA.field("fetched_at"), pa.repeat(stamp, len(table)))


def is_within(instant: pl.Expr, window: Window) -> pl.Expr:
    """Say per row whether an instant (`timestamp[us, UTC]`) lies in a half-open window."""
    # Compared as integers: a literal `datetime` cannot say what a bad clock can.
    instant_us = instant.to_physical()
    inside = pl.lit(value=True)
    if window.start_us is not None:
        inside &= instant_us >= window.start_us
    if window.end_us is not None:
        inside &= instant_us < window.end_us
    return inside
