"""The nouns of the filesystem: entries, nodes and the pieces of their content.

A directory holds entries (a name and what it leads to). A node has attributes, pieces and marks,
whatever its name. Nothing here reads or writes.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

import pyarrow as pa

from pond_core.window import ALWAYS, Window

NodeId = NewType("NodeId", str)
"""32 hexadecimal digits; the first is the home bucket. Never changes, whatever the name."""

ROOT = NodeId("0" * 32)
"""The root directory: always there, never linked, never removed."""

BUCKETS = 16
"""How many home buckets there are: one per first digit of a NodeId."""

Content = bytes | pa.Table
"""What a node holds: bytes for data and symlinks (the target, in UTF-8), a table for the others."""


class EntryType(StrEnum):
    """What an entry leads to."""

    DIRECTORY = "directory"
    SYMLINK = "symlink"
    DATA = "data"
    TABLE = "table"
    SERIES = "series"


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a directory.

    Attributes:
        name: NFC, compared bytewise; any character but `/` and NUL.
        node_id: What the name leads to.
        entry_type: The node's type, kept here so that a listing reads one bucket.
    """

    name: str
    node_id: NodeId
    entry_type: EntryType


@dataclass(frozen=True, slots=True)
class Piece:
    """One stored content of a node, and the time range for which it still counts.

    Attributes:
        node_id: The node it belongs to.
        version: Which write of the node's content this is: 1, 2, 3 ...
        window: The range in which this content counts now; later writes cut it. `ALWAYS` for a
            node that is no series. Pieces of one node never overlap.
        rows: Rows as written, before any cut; 0 for an empty window; None for bytes.
        size: Stored bytes.
        sha256: Digest of the stored bytes; empty for an empty window.
        min_time_us: The earliest `timestamp` as written, in microseconds; None without rows.
        max_time_us: The latest.
        txn: The transaction that wrote it; None while it is not committed.
    """

    node_id: NodeId
    version: int
    window: Window = ALWAYS
    rows: int | None = None
    size: int = 0
    sha256: str = ""
    min_time_us: int | None = None
    max_time_us: int | None = None
    txn: int | None = None

    @property
    def is_whole(self) -> bool:
        """True when no later write has cut a row off this piece."""
        if self.min_time_us is None or self.max_time_us is None:
            return True
        return self.window.contains(self.min_time_us) and self.window.contains(self.max_time_us)


@dataclass(frozen=True, slots=True)
class Node:
    """What a node holds, without its content.

    Attributes:
        node_id: Its identity.
        attributes: Facts about the node as a whole, JSON values.
        pieces: In order of time; at most one for a node that is no series.
        marks: Facts about a time range, JSON values, by the exact range they were given for.
    """

    node_id: NodeId
    attributes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    pieces: tuple[Piece, ...] = ()
    marks: Mapping[Window, Mapping[str, object]] = field(
        default_factory=lambda: MappingProxyType({})
    )


def new_node_id(*, parent: NodeId, entry_type: EntryType) -> NodeId:
    """Return an identity that no other node has.

    A file shares its first parent's bucket, so that a write touches one bucket; a directory gets
    one at random, so that a tree spreads over all of them.
    """
    digits = secrets.token_hex(16)
    return NodeId(digits if entry_type is EntryType.DIRECTORY else parent[0] + digits[1:])
