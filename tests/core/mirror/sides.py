"""What either side of a mirror holds, told alike."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core import EntryType, NodePath, Snapshot, host_name


def held(folder: Path) -> dict[str, object]:
    """Return what each file of a folder holds, by name; None for a directory."""
    return {
        str(each.relative_to(folder)): None if each.is_dir() else content_of(each.read_bytes())
        for each in folder.rglob("*")
        if each.relative_to(folder).parts[0] != ".pond-mirror"
    }


def shown(snapshot: Snapshot) -> dict[str, object]:
    """Return what each file of a pond holds, by its name on the host; None for a directory."""
    found = {}
    for node in list(snapshot.walk("/"))[1:]:
        if node.entry_type is not EntryType.SYMLINK:
            name = f"{node.path.rpartition('/')[0]}/{host_name(node.entry)}"[1:]
            found[name] = _content_in(node)
    return found


def content_of(data: bytes) -> object:
    """Return the rows of Parquet with one column beside the time, and all else as it is."""
    if data[:4] != b"PAR1":
        return data
    table = pq.ParquetFile(pa.BufferReader(data)).read()
    return _rows(table)


def _content_in(node: NodePath) -> object:
    match node.entry_type:
        case EntryType.DIRECTORY:
            return None
        case EntryType.DATA:
            return content_of(node.read_bytes())
        case EntryType.TABLE:
            return _rows(node.read_table())
        case _:
            return _rows(node.read_series())


def _rows(table: pa.Table) -> tuple[object, ...]:
    return tuple(table.columns[-1].to_pylist())
