"""The bytes of a file: a data file's own; a table or series as Parquet.

Parquet is made when somebody asks for bytes or their exact number: the same rows give the same
bytes, however many windows hold them. It lies in a temporary file without a name, mapped into
memory, so the system frees it when the last reader is done, and also after a crash.
"""

import hashlib
import mmap
import tempfile
import threading
from collections import OrderedDict

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core.errors import SchemaError, StorageError
from pond_core.mount.refusal import is_directory
from pond_core.pond import Snapshot
from pond_core.tinyfs import EntryType, NodePath, ReadFS

Body = bytes | mmap.mmap
"""All bytes of a file. They never change."""

_MOST_KEPT_BYTES = 1 << 30
"""Parquet kept for the next reader, on disk: what a notebook's few large series amount to."""

_ROW_GROUP_ROWS = 128 * 1024
"""As in the pond's own objects: what a reader of a few rows decodes at least."""


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
            made = _parquet(node)
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


def content_key(tree: ReadFS, node: NodePath) -> str:
    """Return text that is another when the content is; empty where nothing says so.

    Stored content is named by its digests. What is computed when it is read is told apart by the
    snapshot; in a transaction it may change from one call to the next.
    """
    pieces = node.node.pieces
    stored = any(p.sha256 for p in pieces) and all(p.sha256 or p.rows == 0 for p in pieces)
    if not stored and not isinstance(tree, Snapshot):
        return ""
    facts: object = [(p.sha256, p.window) for p in pieces if p.sha256]
    if not stored and isinstance(tree, Snapshot):
        facts = (tree.txn, node.node_id)
    return hashlib.sha256(repr((node.entry_type, facts)).encode()).hexdigest()


def _parquet(node: NodePath) -> mmap.mmap:
    """Return a table or series as a Parquet file."""
    table = node.read_table() if node.entry_type is EntryType.TABLE else node.read_series()
    try:
        with tempfile.TemporaryFile(prefix="pond-") as file:
            _write(table, file)
            file.flush()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except pa.ArrowException as exc:
        msg = f"{node.path} cannot be read as Parquet: {exc}"
        raise SchemaError(msg, hint="read it with `Snapshot.read_table`") from exc
    except OSError as exc:
        msg = f"{node.path} cannot be written to {tempfile.gettempdir()} as Parquet: {exc}"
        raise StorageError(msg, hint="make room there, or name another place in TMPDIR") from exc


def _write(table: pa.Table, file: object) -> None:
    with pq.ParquetWriter(
        file, table.schema, compression="zstd", write_page_checksum=True, store_schema=True
    ) as parquet:
        for start in range(0, max(1, table.num_rows), _ROW_GROUP_ROWS):
            # One chunk per row group: pages then do not depend on where windows begin and end.
            parquet.write_table(table.slice(start, _ROW_GROUP_ROWS).combine_chunks())
