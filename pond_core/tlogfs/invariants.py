"""What must hold of the rows of a log, one by one and together."""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pond_core.errors import CorruptionError, Finding, InvalidPathError
from pond_core.oplog import HEADERS, Operation, OpKind
from pond_core.tinyfs.node import ROOT, EntryType
from pond_core.tinyfs.path import resolve

_NODE = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")

_CONTENT = (OpKind.WRITE, OpKind.WINDOW, OpKind.CONDENSED)

_USED = {
    OpKind.LINK: {"parent_id", "name", "node_id", "entry_type"},
    OpKind.UNLINK: {"parent_id", "name"},
    OpKind.WRITE: {"node_id", "version"},
    OpKind.WINDOW: {"node_id", "version", "rows", "size"},
    OpKind.CONDENSED: {"node_id", "version", "rows", "size"},
    OpKind.ATTRIBUTES: {"node_id", "attributes"},
    OpKind.MARK: {"node_id", "attributes"},
}
"""What a row of each kind must have."""

_ALLOWED = {
    OpKind.LINK: {"factory"},
    OpKind.UNLINK: {"node_id", "entry_type"},
    OpKind.WRITE: {
        *("min_time_us", "max_time_us", "rows", "size", "sha256", "arrow_schema"),
        *("factory", "entry_type", "attributes"),
    },
    OpKind.WINDOW: {
        *("window_start_us", "window_end_us", "min_time_us", "max_time_us"),
        *("sha256", "arrow_schema"),
    },
    OpKind.CONDENSED: {
        *("window_start_us", "window_end_us", "min_time_us", "max_time_us"),
        *("sha256", "arrow_schema"),
    },
    OpKind.ATTRIBUTES: set[str](),
    OpKind.MARK: {"window_start_us", "window_end_us"},
}
"""What it may have besides."""

_FIELDS = sorted(set.union(*_USED.values(), *_ALLOWED.values()))


def check_row(row: Operation) -> Iterator[Finding]:
    """Check what a row says by itself; it is no header."""
    for wrong in _wrong(row):
        yield Finding("row invalid", f"txn {row.txn}, row {row.seq}", wrong)


class Tree:
    """What the rows so far leave, in few words: which names, which types, which versions.

    Rows that no snapshot from `horizon` on shows may be missing, and are left out.
    """

    def __init__(self, *, horizon: int) -> None:
        self._horizon = horizon
        self._names: dict[tuple[str, str], str] = {}
        self._types: dict[str, str] = {ROOT: EntryType.DIRECTORY}
        self._versions: dict[str, int] = {}

    def add(self, rows: Sequence[Operation]) -> Iterator[Finding]:
        """Take the rows of the next transaction and check what they refer to."""
        rows = [row for row in rows if row.until is None or row.until > self._horizon]
        for row in rows:
            yield from (
                Finding("row invalid", f"txn {row.txn}, row {row.seq}", wrong)
                for wrong in self._taken(row)
            )
        for row in rows:
            if row.txn > self._horizon:
                yield from (
                    Finding("reference broken", f"txn {row.txn}, row {row.seq}", wrong)
                    for wrong in self._unresolved(row)
                )

    def names_twice(self) -> Iterator[Finding]:
        """Report nodes that several names lead to, as of the last transaction."""
        for node_id, count in Counter(self._names.values()).items():
            if count > 1:
                names = sorted(name for (_, name), led in self._names.items() if led == node_id)
                detail = f"{count} entries lead to it: {', '.join(names[:3])}"
                yield Finding("node has two names", node_id, detail)

    def _taken(self, row: Operation) -> Iterator[str]:
        node = sys.intern(row.node_id or "")
        key = (sys.intern(row.parent_id or ""), row.name or "")
        match row.op:
            case OpKind.LINK:
                if self._names.get(key, node) != node:
                    yield f"{row.name!r} leads to another node already: two live entries"
                if self._types.get(node, row.entry_type) != row.entry_type:
                    yield f"it makes a {row.entry_type} of what was a {self._types[node]}"
                self._names[key] = node
                self._types[node] = sys.intern(row.entry_type or "")
            case OpKind.UNLINK:
                self._names.pop(key, None)
            case OpKind.WRITE | OpKind.WINDOW:
                before = self._versions.get(node, 0)
                version = row.version or 0
                if version <= before or (version != before + 1 and not self._horizon):
                    yield f"version {version} comes after {before}"
                self._versions[node] = version
            case OpKind.CONDENSED:
                newest = self._versions.get(node, 0)
                if (row.version or 0) > newest and row.txn > self._horizon:
                    yield f"it condenses a version {row.version} that is not there"
                self._versions[node] = max(newest, row.version or 0)
            case OpKind.ATTRIBUTES | OpKind.MARK | OpKind.HEADER:
                pass

    def _unresolved(self, row: Operation) -> Iterator[str]:
        if row.op in (OpKind.LINK, OpKind.UNLINK):
            if self._types.get(row.parent_id or "") != EntryType.DIRECTORY:
                yield f"the parent {row.parent_id} is no directory that was ever made"
            is_file = row.entry_type not in (EntryType.DIRECTORY, EntryType.SERIES)
            has_content = row.op is OpKind.LINK and (is_file or row.factory is not None)
            if has_content and row.node_id not in self._versions:
                yield f"it leads to a {row.entry_type} without content"
            return
        kind = self._types.get(row.node_id or "")
        if kind is None:
            yield f"no entry ever led to the node {row.node_id}"
        elif row.op in _CONTENT and not _fits(row, kind):
            yield f"its content is none of a {kind}"


def _fits(row: Operation, kind: str) -> bool:
    if row.factory is not None:
        return row.entry_type == kind
    match kind:
        case EntryType.SERIES:
            return row.op is not OpKind.WRITE
        case EntryType.TABLE:
            return row.op is OpKind.WRITE and row.arrow_schema is not None
        case EntryType.DATA | EntryType.SYMLINK:
            return row.op is OpKind.WRITE and row.arrow_schema is None
        case _:
            return False


def _wrong(row: Operation) -> Iterable[str]:
    if row.op is OpKind.HEADER:
        yield "a header is row 0 of part 16"
        return
    has = {name for name in _FIELDS if getattr(row, name) is not None}
    used = _USED[row.op]
    yield from (f"a {row.op} has a {name}" for name in sorted(used - has))
    odd = sorted(has - used - _ALLOWED[row.op])
    yield from (f"a {row.op} has no {name}" for name in odd)
    for node_id in (row.parent_id, row.node_id):
        if node_id is not None and not _NODE.fullmatch(node_id):
            yield f"{node_id!r} is no node's id"
    home = (row.parent_id or row.node_id or "?")[0]
    if row.part >= HEADERS or home != f"{row.part:x}":
        yield f"it belongs into part {home}, and lies in part {row.part}"
    if row.entry_type is not None and row.entry_type not in set(EntryType):
        yield f"there is no entry type {row.entry_type!r}"
    if row.name is not None and not _is_name(row.name):
        yield f"{row.name!r} is no name"
    if row.window.is_empty:
        yield "its window is empty"
    if row.attributes is not None:
        yield from _wrong_facts(row)
    if row.op in _CONTENT:
        yield from _wrong_content(row)


def _wrong_content(row: Operation) -> Iterable[str]:
    if row.factory is not None:
        if row.sha256 is not None or row.entry_type is None:
            yield "a dynamic node has an entry type, and no content"
        return
    if (row.version or 0) < 1 or (row.rows or 0) < 0 or (row.size or 0) < 0:
        yield "a count is negative"
    for digest in (row.sha256, row.arrow_schema):
        if digest is not None and not _DIGEST.fullmatch(digest):
            yield f"{digest!r} is no digest"
    if row.sha256 is None and (row.op is OpKind.WRITE or row.rows or row.size):
        yield "it has no content, and is no empty window"
    if (row.rows is None) != (row.arrow_schema is None) and row.sha256 is not None:
        yield "rows and a schema go together"
    yield from _wrong_times(row)


def _wrong_times(row: Operation) -> Iterable[str]:
    low, high = row.min_time_us, row.max_time_us
    if (low is None) != (high is None) or (low is not None and high is not None and low > high):
        yield "its times are no range"
    if any(us is not None and not row.window.contains(us) for us in (low, high)):
        yield "its times are outside of its window"
    if row.op is not OpKind.WRITE and (row.rows or 0) > 0 and low is None:
        yield "a window with rows has times"


def _wrong_facts(row: Operation) -> Iterable[str]:
    try:
        row.facts  # noqa: B018 -- parsing it is the check
    except (CorruptionError, RecursionError) as exc:
        yield str(exc)


def _is_name(name: str) -> bool:
    if not name or "/" in name or unicodedata.normalize("NFC", name) != name:
        return False
    try:
        return resolve(f"/{name}") == f"/{name}"
    except InvalidPathError:
        return False
