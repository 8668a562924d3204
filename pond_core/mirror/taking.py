"""What happened in the folder, done in the pond: one transaction, so all of it or nothing.

Each file is looked at again in the transaction. Where the pond has changed since the plan was
made, or the file has, it is left for the next run, which sees it.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core.errors import DataError, FactoryError, Finding, PathError, PondError, SchemaError
from pond_core.host_file import LARGEST_BYTES, read_stamped
from pond_core.mirror.naming import parent
from pond_core.mirror.plan import Plan, Renaming, Taking
from pond_core.mirror.state import Record
from pond_core.mirror.subtree import Subtree, Wanted
from pond_core.oplog import Provenance
from pond_core.pond import Pond
from pond_core.rendition import content_key
from pond_core.series import WIDE_KEY, check, content_hash, difference, slice_window
from pond_core.storage import sha256_of
from pond_core.tinyfs import EntryType, NodePath, ReadFS
from pond_core.tinyfs.place import locate
from pond_core.transaction import Transaction
from pond_core.window import Window

T = TypeVar("T")


@dataclass(slots=True)
class Taken:
    """What the pond took.

    Attributes:
        txn: The transaction; None where nothing had to be changed.
        files: How many files were taken or renamed.
        dropped: How many files went.
        records: What is in step now, by name; None for what is in step no more.
        directories: Names of directories that are in the pond now: True, or are not: False.
        waiting: Files that changed meanwhile.
        findings: What was not taken, and why.
    """

    txn: int | None = None
    files: int = 0
    dropped: int = 0
    records: dict[str, Record | None] = field(default_factory=dict)
    directories: dict[str, bool] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def take(
    pond: Pond, plan: Plan, subtree: Subtree, *, root: Path, records: Mapping[str, Record]
) -> Taken:
    """Do in the pond what a plan says.

    Args:
        pond: The pond.
        plan: What is to be done.
        subtree: What the pond held when the plan was made.
        root: The folder.
        records: What was in step when the plan was made.

    Raises:
        ConflictError: Others changed the same things again and again.
        StorageError: The folder or the pond's disk refuses.
    """
    if not plan.changes_pond:
        return Taken()

    def change(tx: Transaction) -> Taken:
        taking = _Taking(tx, subtree, root, records)
        taking.carry_out(plan)
        return taking.taken

    provenance = Provenance(author="pond mirror", message=f"{root} to {subtree.path}")
    taken, header = pond.transact(change, provenance)
    taken.txn = None if header is None else header.txn
    return taken


class _Taking:
    """The changes of one transaction."""

    def __init__(
        self, tx: Transaction, subtree: Subtree, root: Path, records: Mapping[str, Record]
    ) -> None:
        self.taken = Taken()
        self._tx = tx
        self._subtree = subtree
        self._root = root
        self._records = records

    def carry_out(self, plan: Plan) -> None:
        """Change the pond; what it refuses is left and told."""
        for wanted in plan.drops:
            self._try(wanted.name, self._drop, wanted)
        for renaming in plan.renames:
            self._try(renaming.name, self._rename, renaming)
        for name in plan.dropped_directories:
            self._try(name, self._drop_directory, name)
        for name in plan.made_directories:
            self._try(name, self._make_directory, name)
        for taking in plan.takes:
            self._try(taking.name, self._take, taking)

    def _try(self, name: str, act: Callable[[T], None], subject: T) -> None:
        try:
            act(subject)
        except (PathError, DataError, FactoryError) as exc:
            self.taken.findings.append(Finding("not taken", name, _told(exc)))

    def _drop(self, wanted: Wanted) -> None:
        if self._is_as_planned(wanted):
            self._tx.remove(wanted.path)
            self.taken.dropped += 1
            self.taken.records[wanted.name] = None
        else:
            self.taken.waiting.append(wanted.name)

    def _rename(self, renaming: Renaming) -> None:
        wanted = renaming.wanted
        if not self._is_as_planned(wanted):
            self.taken.waiting.append(renaming.name)
            return
        path = self._subtree.pond_path(renaming.pond_name)
        self._make_parents(renaming.pond_name)
        self._tx.rename(wanted.path, path)
        record = self._records[wanted.name]
        self.taken.records[wanted.name] = None
        self.taken.records[renaming.name] = record
        self.taken.files += 1

    def _drop_directory(self, name: str) -> None:
        path = self._subtree.pond_path(name)
        if not self._tx.ls(path):  # else somebody made something in it meanwhile
            self._tx.remove(path)
            self.taken.directories[name] = False

    def _make_directory(self, name: str) -> None:
        self._tx.mkdir(self._subtree.pond_path(name), parents=True, exist_ok=True)
        self.taken.directories[name] = True

    def _make_parents(self, name: str) -> None:
        if folder := parent(name):
            self._make_directory(folder)

    def _take(self, taking: Taking) -> None:
        held, wanted = taking.held, taking.wanted
        path = self._subtree.pond_path(taking.name) if wanted is None else wanted.path
        if held.stamp.size > LARGEST_BYTES:
            most = LARGEST_BYTES >> 20
            raise DataError(f"it has {held.stamp.size >> 20} MiB; {most} are the most")
        data = self._read(taking)
        is_free = wanted is not None or not _is_there(self._tx, path)
        if data is None or not is_free or (wanted is not None and not self._is_as_planned(wanted)):
            self.taken.waiting.append(taking.name)
            return
        if wanted is None:
            self._make_parents(taking.name)
        write(self._tx, path, data)
        key = content_key(self._tx, self._tx.lookup(path))
        self.taken.records[taking.name] = Record(key, held.stamp, sha256_of(data))
        self.taken.files += 1

    def _read(self, taking: Taking) -> bytes | None:
        try:
            return read_stamped(self._root / taking.name, taking.held.stamp)
        except OSError as exc:
            raise DataError(f"it cannot be read: {exc.strerror}") from exc

    def _is_as_planned(self, wanted: Wanted) -> bool:
        if not _is_there(self._tx, wanted.path):
            return False
        node = self._tx.lookup(wanted.path, follow=False)
        return node.node_id == wanted.node_id and content_key(self._tx, node) == wanted.key


def write(tx: Transaction, path: str, data: bytes) -> None:
    """Let a file of the pond be what a file of the host holds.

    A table is replaced by that of a Parquet file; of a series, what differs. What is not there
    becomes data.

    Raises:
        DataError: It is no Parquet file, or its rows do not fit the series.
        PathError: Nothing can be written there.
    """
    if not _is_there(tx, path):
        tx.write_data(path, data)
        return
    node = tx.lookup(path)
    match node.entry_type:
        case EntryType.TABLE:
            tx.write_table(path, _table(data))
        case EntryType.SERIES:
            key, table = _key(node), _table(data)
            changed = _difference(node, table, key)
            if changed is not None:
                rows = slice_window(check(table, key=key), changed)
                tx.replace_window(path, rows, changed, key=key)
        case _:
            tx.write_data(path, data)


def holds_same_rows(tree: ReadFS, path: str, data: bytes) -> bool:
    """Say whether a Parquet file has the rows that a table or series has, however it was written.

    Raises:
        FactoryError: The rows of the pond cannot be computed.
    """
    node = tree.lookup(path)
    try:
        table = _table(data)
        if node.entry_type is EntryType.SERIES:
            return _difference(node, table, _key(node)) is None
        return _are_same(node.read_table(), table)
    except DataError:
        return False


def _difference(node: NodePath, table: pa.Table, key: Sequence[str]) -> Window | None:
    """Return where a table differs from a series; None if it does nowhere."""
    return difference(check(node.read_series(), key=key), check(table, key=key))


def _are_same(one: pa.Table, other: pa.Table) -> bool:
    try:
        return content_hash(one) == content_hash(other)
    except SchemaError:  # types that a series does not have
        return bool(one.equals(other))


def _key(node: NodePath) -> Sequence[str]:
    """Return what the rows of a series are unique on."""
    key = node.node.attributes.get("key")
    return [str(name) for name in key] if isinstance(key, list) else WIDE_KEY


def _table(data: bytes) -> pa.Table:
    try:
        with pq.ParquetFile(io.BytesIO(data)) as file:
            return file.read()
    except (pa.ArrowException, OSError) as exc:
        raise DataError("it is no Parquet file", hint="write it anew, or rename it") from exc


def _is_there(tree: ReadFS, path: str) -> bool:
    """Say whether a name is taken, be it by a symlink that leads nowhere."""
    try:
        # No lookup: one that fails looks for names that are alike, and so at all of them.
        return locate(tree.tree, path, follow=False).entry is not None
    except PathError:
        return False


def _told(error: PondError) -> str:
    return f"{error}; {error.hint}" if error.hint else str(error)
