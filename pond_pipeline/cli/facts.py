"""What is known of nodes, as values: what `ls` and `describe` show."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from pond_core import EntryType, FactoryError, NodePath, ReadFS, to_us
from pond_pipeline.cli.instant import iso
from pond_pipeline.cli.terminal import say
from pond_pipeline.columns import columns_of
from pond_pipeline.periods import Period
from pond_pipeline.record import describe as recorded_period

_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Listed:
    """One node in a listing.

    Attributes:
        path: By which it was found.
        type: Its entry type.
        node_id: Its identity.
        factory: What computes it when it is read; None for what is stored.
        target: What a symlink leads to, as it was written; None for other nodes.
        rows: Rows that count now; None for what has none, and for what is computed.
        bytes: Stored bytes of what counts now; None for a directory, and for what is computed.
        first: Its earliest reading, ISO 8601; None without readings.
        last: Its latest.
        versions: How often its content or recipe was written; None for a stored directory.
        txn: The transaction that wrote it last; None where nothing was.
        captures: What the wildcards of the pattern stood for.
    """

    path: str
    type: str
    node_id: str
    factory: str | None
    target: str | None
    rows: int | None
    bytes: int | None
    first: str | None
    last: str | None
    versions: int | None
    txn: int | None
    captures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table or series.

    Attributes:
        name: Its name.
        type: Its Arrow type.
        unit: Of its values; None where nobody said.
        metadata: All that is said about it, the unit included.
    """

    name: str
    type: str
    unit: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Partition:
    """One period of a series, as it is recorded.

    Attributes:
        partition: Its key, such as `2026-11`.
        rows: Rows in it.
        bytes: Stored bytes of the windows that it lies in.
        first: Its earliest reading, ISO 8601; None without.
        last: Its latest.
        data_version: Hash of its content.
    """

    partition: str
    rows: int
    bytes: int
    first: str | None
    last: str | None
    data_version: str


@dataclass(frozen=True, slots=True)
class Description:
    """All that is known of a node.

    Attributes:
        node: As a listing has it.
        settings: What the factory of a dynamic node is told; None for what is stored.
        attributes: Facts about the node as a whole.
        windows: How many windows hold a series now; None for what is none, or is computed.
        columns: Of a table or series, in order.
        partitions: The periods of a series that are recorded, in order.
    """

    node: Listed
    settings: Mapping[str, object] | None
    attributes: Mapping[str, object]
    windows: int | None
    columns: tuple[Column, ...]
    partitions: tuple[Partition, ...]


def find(fs: ReadFS, text: str) -> list[tuple[NodePath, tuple[str, ...]]]:
    """Return what a path or a pattern means, with what its wildcards stood for.

    A directory means what it holds. A path that exists is no pattern, whatever characters its
    names have.

    Raises:
        NotFoundError: There are no wildcards in it, and it leads nowhere.
    """
    if _WILDCARD.search(text) and not fs.exists(text):
        return list(fs.glob(text))
    found = fs.lookup(text)
    is_directory = found.entry_type is EntryType.DIRECTORY
    return [(each, ()) for each in (fs.ls(text) if is_directory else [found])]


def listed(node: NodePath, captures: tuple[str, ...] = ()) -> Listed:
    """Return what a listing shows of a node."""
    pieces, recipe = node.node.pieces, node.node.recipe
    is_directory = node.entry_type is EntryType.DIRECTORY
    spans = list(_spans(node))
    first_us = min((span[1] for span in spans), default=None)
    last_us = max((span[2] for span in spans), default=None)
    return Listed(
        path=node.path,
        type=node.entry_type.value,
        node_id=node.node_id,
        factory=None if recipe is None else recipe.factory,
        target=node.readlink() if node.entry_type is EntryType.SYMLINK else None,
        rows=_rows(node, spans),
        bytes=None if is_directory or recipe is not None else sum(piece.size for piece in pieces),
        first=None if first_us is None else iso(first_us),
        last=None if last_us is None else iso(last_us),
        versions=None
        if is_directory and recipe is None
        else max((piece.version for piece in pieces), default=0),
        txn=max((piece.txn for piece in pieces if piece.txn is not None), default=None),
        captures=captures,
    )


def describe(fs: ReadFS, path: str) -> Description:
    """Return all that is known of what a path leads to; symlinks are followed."""
    node = fs.lookup(path)
    recipe = node.node.recipe
    is_series = node.entry_type is EntryType.SERIES and recipe is None
    return Description(
        node=listed(node),
        settings=None if recipe is None else recipe.config,
        attributes=node.node.attributes,
        windows=len(node.node.pieces) if is_series else None,
        columns=tuple(map(_column, _known_schema(node))),
        partitions=tuple(_partitions(fs, node)) if is_series else (),
    )


def _spans(node: NodePath) -> Iterable[tuple[int, int, int]]:
    """Yield rows, the first and the last instant of each piece of a series that has rows.

    A piece that a later write has cut is read: its facts are those of what was written.
    """
    if node.entry_type is not EntryType.SERIES or node.node.recipe is not None:
        return
    for piece in node.node.pieces:
        if piece.rows and piece.is_whole:
            if piece.min_time_us is not None and piece.max_time_us is not None:
                yield piece.rows, piece.min_time_us, piece.max_time_us
        elif piece.rows:
            table = node.read_series(piece.window, columns=["timestamp"])
            times = table.column("timestamp").cast(pa.int64())
            if table.num_rows:
                yield table.num_rows, times[0].as_py(), times[-1].as_py()


def _rows(node: NodePath, spans: Iterable[tuple[int, int, int]]) -> int | None:
    match node.entry_type:
        case _ if node.node.recipe is not None:
            return None
        case EntryType.SERIES:
            return sum(rows for rows, _, _ in spans)
        case EntryType.TABLE:
            return sum(piece.rows or 0 for piece in node.node.pieces)
        case _:
            return None


def _known_schema(node: NodePath) -> Iterable[pa.Field]:
    """Return the columns of a node; none of what cannot be computed, of which the rest is told."""
    try:
        return columns_of(node)  # type: ignore[no-any-return]  # pyarrow is untyped
    except FactoryError as error:
        say(f"its columns are not known: {error}")
        return ()


def _column(field: pa.Field) -> Column:
    metadata = {
        key.decode(errors="replace"): value.decode(errors="replace")
        for key, value in (field.metadata or {}).items()
        if not key.startswith(b"PARQUET:")
    }
    return Column(field.name, str(field.type), metadata.get("unit"), metadata)


def _partitions(fs: ReadFS, node: NodePath) -> Iterable[Partition]:
    keys = {str(facts["partition"]) for facts in node.node.marks.values() if "partition" in facts}
    for key in sorted(keys):
        recorded = recorded_period(fs, node.path, Period.parse(key))
        if recorded is not None:
            yield Partition(
                partition=key,
                rows=recorded.rows,
                bytes=recorded.bytes,
                first=None if recorded.first is None else iso(to_us(recorded.first)),
                last=None if recorded.last is None else iso(to_us(recorded.last)),
                data_version=recorded.data_version,
            )
