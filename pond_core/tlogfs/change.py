"""How a node differs between two moments, as values."""

from dataclasses import dataclass
from enum import StrEnum

from pond_core.tinyfs import EntryType, NodeId
from pond_core.window import Window


class ChangeKind(StrEnum):
    """How a node differs."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"  # and perhaps changed, too
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class WindowChange:
    """A range of a series that was written; outside of such ranges its rows are the same.

    Attributes:
        window: The range.
        rows_before: Rows that it held.
        rows: Rows that it holds.
    """

    window: Window
    rows_before: int
    rows: int


@dataclass(frozen=True, slots=True)
class Change:
    """How one node differs between two moments.

    Attributes:
        kind: Added, removed, renamed or changed. What lies below a directory that was removed or
            renamed is gone or moved with it, and has no change of its own for that.
        path: Where it is; for a removed node, where it was.
        path_before: Where it was; None for an added one.
        entry_type: What it is.
        node_id: Its identity.
        rows_before: Rows of a table, or in the changed ranges of a series, before; None where
            there is no such content, or it is the same.
        rows: The same, after.
        bytes_before: Stored bytes of what was replaced or removed whole; None as above, and for a
            series that is still there.
        bytes: Stored bytes of the content that is there instead, 0 for a recipe; of a series, those
            that were written.
        windows: The changed ranges of a series, in order; neighbors are one.
        attributes: Names of attributes that differ, sorted.
        marks: Ranges of a series about which other facts are recorded, in order.
    """

    kind: ChangeKind
    path: str
    path_before: str | None
    entry_type: EntryType
    node_id: NodeId
    rows_before: int | None = None
    rows: int | None = None
    bytes_before: int | None = None
    bytes: int | None = None
    windows: tuple[WindowChange, ...] = ()
    attributes: tuple[str, ...] = ()
    marks: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two moments.

    Attributes:
        before: The earlier txn.
        after: The later one.
        changes: By path, bytewise; a removed node before an added one of the same path.
    """

    before: int
    after: int
    changes: tuple[Change, ...]
