"""The bytes of a file: a data file's own; a table or series as Parquet.

Parquet is made when somebody asks for bytes or their exact number: the same rows give the same
bytes, however many windows hold them. It lies in a temporary file without a name, mapped into
memory, so the system frees it when the last reader is done, and also after a crash.
"""

import mmap
import tempfile
import threading
from collections import OrderedDict

import pyarrow as pa

from pond_core.errors import SchemaError, StorageError
from pond_core.mount.refusal import is_directory
from pond_core.rendition import content_key, stream_rows, write_parquet
from pond_core.tinyfs import EntryType, NodePath, ReadFS

Body = bytes | mmap.mmap
"""All bytes of a file. They never change."""

_MOST_KEPT_BYTES = 1 << 30
"""Parquet kept for the next reader, on disk: what a notebook's few large series amount to."""


class Contents:
    """The bytes of files; Parquet that was made is kept while there is room.

    Threads share it; Parquet is made by one at a time.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, mmap.mmap] = OrderedDict()

    def body(self, tree: ReadFS, node: NodePath) -> Body:
        """Return the bytes of a file.

        Args:
            tree: The tree that the node was looked up in.
            node: A data file, a table or a series.

        Raises:
            IsDirectoryError: It is a directory.
            SchemaError: Parquet has no such type.
            StorageError: There is no room for the temporary file.
        """
        if node.entry_type is EntryType.DIRECTORY:
            raise is_directory(node.path, hint="list it with ls")
        if node.entry_type is EntryType.DATA:
            return node.read_bytes()
        key = content_key(tree, node)
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            made = _parquet(tree, node)
            if key:
                self._keep(key, made)
            return made

    def size(self, tree: ReadFS, node: NodePath) -> int | None:
        """Return how many bytes a file has, if that is known without making them."""
        if node.entry_type is EntryType.DATA:
            pieces = node.node.pieces
            return pieces[0].size if pieces and pieces[0].sha256 else None
        made = self._kept.get(content_key(tree, node)) if self._kept else None
        return None if made is None else len(made)

    def _keep(self, key: str, made: mmap.mmap) -> None:
        self._kept[key] = made
        total = sum(map(len, self._kept.values()))
        while total > _MOST_KEPT_BYTES:
            total -= len(self._kept.popitem(last=False)[1])


def _parquet(tree: ReadFS, node: NodePath) -> mmap.mmap:
    """Return a table or series as a Parquet file."""
    rows = stream_rows(tree, node.path)
    try:
        with tempfile.TemporaryFile(prefix="pond-") as file:
            write_parquet(rows, file)
            file.flush()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except pa.ArrowException as exc:
        msg = f"{node.path} cannot be read as Parquet: {exc}"
        raise SchemaError(msg, hint="read it with `Snapshot.read_table`") from exc
    except OSError as exc:
        msg = f"{node.path} cannot be written to {tempfile.gettempdir()} as Parquet: {exc}"
        raise StorageError(msg, hint="make room there, or name another place in TMPDIR") from exc
