"""What files of the pond are called on the host."""

from pond_core.tinyfs import EntryType
from pond_core.tinyfs.node import Entry

PARQUET = ".parquet"
"""What is added to the name of a table or series: its file is Parquet."""


def host_name(entry: Entry) -> str:
    """Return the name that a file of the pond has on the host.

    Two files of one directory can get one name: a table `a`, and data that is called `a.parquet`.
    """
    is_rows = entry.entry_type in (EntryType.TABLE, EntryType.SERIES)
    return entry.name + PARQUET if is_rows else entry.name
