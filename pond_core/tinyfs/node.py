"""The nouns of the filesystem: entries, nodes and the pieces of their content.

A directory holds entries (a name and what it leads to). A node has attributes, pieces and marks,
whatever its name. Nothing here reads or writes.
"""

import json
import secrets
import time
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from types import MappingProxyType
from typing import Any, NewType

import pyarrow as pa

from pond_core.errors import DataError
from pond_core.window import ALWAYS, Window

NodeId = NewType("NodeId", str)
"""32 hexadecimal digits; the first is the home bucket. Never changes, whatever the name."""

ROOT = NodeId("0" * 32)
"""The root directory: always there, never linked, never removed."""

BUCKETS = 16
"""How many home buckets there are: one per first digit of a NodeId."""


_MAX_DEPTH = 100
"""How deep JSON values may be: what is written has to be readable deep in any other program."""


class EntryType(StrEnum):
    """What an entry leads to."""

    DIRECTORY = "directory"
    SYMLINK = "symlink"
    DATA = "data"
    TABLE = "table"
    SERIES = "series"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a dynamic node is computed whenever it is read.

    Attributes:
        entry_type: What is computed: anything but a symlink.
        factory: The name by which the factory was registered.
        config: What the factory is told: JSON values, shared with nobody.

    Raises:
        DataError: The type is a symlink or none at all, the factory has no name, or the
            configuration is no JSON object.
    """

    entry_type: EntryType
    factory: str
    config: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.entry_type not in _DYNAMIC:
            msg = f"a recipe makes {', '.join(_DYNAMIC)}, not {self.entry_type!r}"
            raise DataError(msg, hint="symlinks are made with symlink")
        if not self.factory:
            msg = f"a factory has a name, and {self.factory!r} is none"
            raise DataError(msg, hint="give the name that it was registered by")
        config = MappingProxyType(json_object(self.config, what="the settings of a recipe"))
        object.__setattr__(self, "entry_type", EntryType(self.entry_type))
        object.__setattr__(self, "config", config)


_DYNAMIC = tuple(each for each in EntryType if each is not EntryType.SYMLINK)

Content = bytes | pa.Table | Recipe
"""What a node holds: bytes for data and symlinks (the target, in UTF-8), a table for tables and
windows; for any dynamic node its recipe."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a directory.

    Attributes:
        name: NFC, compared bytewise; any character but `/` and NUL.
        node_id: What the name leads to.
        entry_type: The node's type, kept here so that a listing reads one bucket.
        factory: What computes the node, kept here for the same reason; empty if it is stored.
    """

    name: str
    node_id: NodeId
    entry_type: EntryType
    factory: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One stored content of a node, and the time range for which it still counts.

    Attributes:
        node_id: The node it belongs to.
        version: Which write of the node's content this is: 1, 2, 3 ...
        window: The range in which this content counts now; later writes cut it. `ALWAYS` for a
            node that is no series. Pieces of one node never overlap.
        rows: Rows as written, before any cut; 0 for an empty window; None for bytes and for a
            recipe, of which nobody knows how many rows it gives.
        size: Stored bytes.
        sha256: Digest of the stored bytes; empty for an empty window and for a recipe.
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
        pieces: In order of time; at most one for a node that is no series, or that is dynamic.
        marks: Facts about a time range, JSON values, by the exact range they were given for.
        recipe: How it is computed; None for a node that is stored.
    """

    node_id: NodeId
    attributes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    pieces: tuple[Piece, ...] = ()
    marks: Mapping[Window, Mapping[str, object]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    recipe: Recipe | None = None

    def within(self, window: Window) -> Sequence[Piece]:
        """Return the pieces that overlap a window, in order of time."""
        start = -inf if window.start_us is None else window.start_us
        end = inf if window.end_us is None else window.end_us
        first = bisect_right(self.pieces, start, key=_end)
        return self.pieces[first : bisect_left(self.pieces, end, lo=first, key=_start)]


def _start(piece: Piece) -> float:
    return -inf if piece.window.start_us is None else piece.window.start_us


def _end(piece: Piece) -> float:
    return inf if piece.window.end_us is None else piece.window.end_us


def json_object(given: Mapping[str, object], *, what: str) -> dict[str, Any]:
    """Return a JSON object as it reads back, shared with nobody.

    Raises:
        DataError: It is none; `what` says in the message what should be one.
    """
    try:
        text = json.dumps(dict(given), allow_nan=False, ensure_ascii=False)
        text.encode()
        facts: dict[str, Any] = json.loads(text)
        _check_depth(facts, 0)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"{what} are not JSON: {error}"
        raise DataError(
            msg, hint="use text, finite numbers, booleans, None, lists, dicts"
        ) from error
    return facts


def _check_depth(value: object, depth: int) -> None:
    if depth > _MAX_DEPTH:
        msg = f"lists and dicts lie in each other more than {_MAX_DEPTH} deep"
        raise ValueError(msg)
    for below in value.values() if isinstance(value, dict) else value:  # type: ignore[attr-defined]  # the other is a list
        if isinstance(below, dict | list):
            _check_depth(below, depth + 1)


def new_node_id(*, parent: NodeId, entry_type: EntryType) -> NodeId:
    """Return an identity that no other node has.

    A file shares its first parent's bucket, so that a write touches one bucket; a directory gets
    one at random, so that a tree spreads over all of them. The time follows, so that nodes of one
    age lie side by side; nothing depends on the clock being right.
    """
    bucket = secrets.token_hex(1)[0] if entry_type is EntryType.DIRECTORY else parent[0]
    now_ms = max(0, time.time_ns()) // 1_000_000
    return NodeId(f"{bucket}{now_ms:011x}{secrets.token_hex(10)}")
