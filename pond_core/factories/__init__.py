"""The factories that every pond knows: `sql`, `reduce`, `combine`, `pivot` and `scribble`."""

from pond_core.factories.combine import check_combine, combine
from pond_core.factories.pivot import check_pivot, pivot
from pond_core.factories.reduce import check_reduce, reduce
from pond_core.factories.scribble import check_scribble, scribble
from pond_core.factories.sql import check_sql, sql
from pond_core.tinyfs import EntryType, register_factory

__all__ = ["register_built_in"]

_LEVELS = (EntryType.DIRECTORY, EntryType.SERIES)


def register_built_in() -> None:
    """Register them; importing `pond_core` does."""
    register_factory("sql", sql, makes=(EntryType.TABLE, EntryType.SERIES), check=check_sql)
    register_factory("reduce", reduce, makes=_LEVELS, check=check_reduce)
    register_factory("combine", combine, makes=EntryType.SERIES, check=check_combine)
    register_factory("pivot", pivot, makes=EntryType.SERIES, check=check_pivot)
    register_factory("scribble", scribble, makes=_LEVELS, check=check_scribble)
