"""Tables of an original pond: the newest version that can be read counts."""

from collections.abc import Iterator

from pond_pipeline.errors import MigrationError
from pond_pipeline.migration.folder import Folder
from pond_pipeline.migration.listing import FileType, Item
from pond_pipeline.migration.parquet import read_rows

Rows = list[dict[str, object]]
"""The rows of a small table, by the names of its columns."""


def table_versions(folder: Folder, name: str) -> Iterator[tuple[Item, Rows]]:
    """Yield the versions of a table that can be read, the newest first; damage is noted."""
    for item in reversed(folder.versions(name, FileType.TABLE)):
        data = folder.read(item)
        try:
            if data is not None:
                yield item, read_rows(data)
        except MigrationError as exc:
            folder.remarks.failed("file damaged", folder.where(item), str(exc))


def table_rows(folder: Folder, name: str) -> Rows:
    """Return the rows of the newest version that can be read; none without one."""
    return next((rows for _, rows in table_versions(folder, name)), [])


def current_rows(folder: Folder, name: str) -> Rows:
    """Return the rows of the newest version; none where that, or its listing, cannot be read."""
    found = next(table_versions(folder, name), None)
    if found is None or not folder.is_newest:
        return []
    item, rows = found
    return rows if item == folder.versions(name, FileType.TABLE)[-1] else []
