"""Time series as Arrow tables: pure functions, tables in and tables out.

`check` is the door; everything else takes tables that passed it, and keeps field metadata.
"""

from pond_core.series.content import content_hash
from pond_core.series.difference import difference
from pond_core.series.downsample import STANDARD, Aggregate, downsample
from pond_core.series.join import JoinInput, join
from pond_core.series.meaning import select_meaning
from pond_core.series.merge import keep_equal, upsert
from pond_core.series.resolution import Resolution, cover_all
from pond_core.series.schema import TIME_ONLY, conform, unify
from pond_core.series.table import WIDE_KEY, check, concat, extent, slice_window

__all__ = [
    "STANDARD",
    "TIME_ONLY",
    "WIDE_KEY",
    "Aggregate",
    "JoinInput",
    "Resolution",
    "check",
    "concat",
    "conform",
    "content_hash",
    "cover_all",
    "difference",
    "downsample",
    "extent",
    "join",
    "keep_equal",
    "select_meaning",
    "slice_window",
    "unify",
    "upsert",
]
