"""Where the rows of a queried name lie: a list of objects and Arrow tables, with their times.

This is the one place that decides what an engine reads by itself and what it is given as Arrow.
Nothing is read here; a time range leaves only the parts that can have rows in it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import pyarrow as pa

from pond_core.errors import CorruptionError, SchemaError, WrongTypeError
from pond_core.query.stored_type import stored_schema, stored_table
from pond_core.storage import count_whole
from pond_core.tinyfs import EntryType, NodePath, Piece
from pond_core.tinyfs.content import INSTANT, TIMESTAMP, rows_within
from pond_core.tinyfs.place import NOUNS
from pond_core.tlogfs import OpLogBackend
from pond_core.window import ALWAYS, Window

PATH = "_path"
"""The column that says which file a row of a pattern is from."""

_ONLY_TIMESTAMP = pa.schema([pa.field(TIMESTAMP, INSTANT)])


@dataclass(frozen=True)
class Part:
    """Some rows of a source.

    Attributes:
        schema: Its columns, with Parquet's types; there may be more in the file than here.
        read: Returns the rows with that schema.
        locate: Returns the Parquet object that holds them; None when there is none.
        cut: Which rows of the object count, where not all of them do.
        span: No row of a series lies outside of it; `ALWAYS` for what is no series.
        is_plain: False when the object also names Arrow types that Parquet has not. Some readers
            go by those.
    """

    schema: pa.Schema
    read: Callable[[], pa.Table] = field(repr=False, compare=False)
    locate: Callable[[], Path | None] = field(default=lambda: None, repr=False, compare=False)
    cut: Window | None = None
    span: Window = ALWAYS
    is_plain: bool = True

    @cached_property
    def file(self) -> Path | None:
        """The Parquet object that holds the rows; looked for once, and only if they matter."""
        return self.locate()


@dataclass(frozen=True)
class Source:
    """The rows of one table, one series, or one table of the log.

    Attributes:
        path: The pond path; for a table of the log its name.
        schema: Its columns, with Parquet's types.
        parts_within: Returns the parts that can have rows in a window; of a series, in order of
            time.
        windows: How many pieces a series has; 0 for what is no series.
        window: The window that is asked for.
    """

    path: str
    schema: pa.Schema
    parts_within: Callable[[Window], Iterable[Part]] = field(repr=False)
    windows: int = 0
    window: Window = ALWAYS

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts that can have rows in the window."""
        return tuple(self.parts_within(self.window))

    def whole_files(self) -> list[tuple[pa.Schema, list[Path]]]:
        """Return the objects of which every row counts, those with one schema together."""
        groups: dict[pa.Schema, list[Path]] = {}
        for part in self.parts:
            if part.file is not None and part.cut is None:
                groups.setdefault(part.schema, []).append(part.file)
        return list(groups.items())

    def cut_files(self) -> list[tuple[pa.Schema, Path, list[Window]]]:
        """Return the other objects, each once, with the ranges in which their rows count."""
        groups: dict[tuple[pa.Schema, Path], list[Window]] = {}
        for part in self.parts:
            if part.file is not None and part.cut is not None:
                groups.setdefault((part.schema, part.file), []).append(part.cut)
        return [(*key, windows) for key, windows in groups.items()]

    def inline(self) -> pa.Table | None:
        """Read the rows that no object holds, with the columns that they have; None if none."""
        tables = [part.read() for part in self.parts if part.file is None]
        return pa.concat_tables(tables, promote_options="default") if tables else None


@dataclass(frozen=True, slots=True)
class Relation:
    """What a name in a query stands for.

    Attributes:
        name: As the query has it.
        schema: All columns, in order of first appearance, with Parquet's types, nullable; `_path`
            is the last one of a pattern.
        sources: One, or for a pattern one per match, in path order.
        is_pattern: Whether it is a pattern.
    """

    name: str
    schema: pa.Schema
    sources: tuple[Source, ...]
    is_pattern: bool = False

    @property
    def can_be_narrowed(self) -> bool:
        """True when knowing a time range could spare a reader something."""
        if TIMESTAMP not in self.schema.names or self.schema.field(TIMESTAMP).type != INSTANT:
            return False
        return sum(source.windows for source in self.sources) > 1

    def within(self, window: Window) -> "Relation":
        """Return it without the parts that have no row in a window; it has the same columns."""
        sources = tuple(replace(source, window=window) for source in self.sources)
        return replace(self, sources=sources)

    def check_files(self) -> None:
        """Refuse to read around an object that is gone: not every engine says so.

        Raises:
            CorruptionError: An object is missing.
        """
        for source in self.sources:
            for part in source.parts:
                if part.file is not None and not part.file.is_file():
                    msg = f"{part.file}, which holds rows of {source.path}, is missing"
                    raise CorruptionError(msg, hint="`pond verify` says what else is")


def relation_of(name: str, sources: Sequence[Source], *, is_pattern: bool) -> Relation:
    """Return what a name stands for.

    Raises:
        SchemaError: A column has two types that do not go together, or is called `_path`.
    """
    if not is_pattern:
        [source] = sources
        return Relation(name, source.schema, (source,))
    for source in sources:
        if PATH in source.schema.names:
            msg = f"{source.path} has a column {PATH!r}, which a pattern needs for itself"
            raise SchemaError(msg, hint="name the paths one by one and join them with UNION ALL")
    schema = _unified(name, sources)
    schema = schema.append(pa.field(PATH, pa.string()))
    return Relation(name, schema, tuple(sources), is_pattern=True)


def source_of(node: NodePath, store: OpLogBackend | None) -> Source:
    """Return where the rows of a table or series lie.

    Args:
        node: The table or series; it may be dynamic.
        store: The backend that keeps it, which knows where objects lie; None where all is in
            memory.

    Raises:
        WrongTypeError: It is neither.
    """
    if node.entry_type not in (EntryType.SERIES, EntryType.TABLE):
        msg = f"{node.path} is {NOUNS[node.entry_type]}; SQL reads tables and series"
        raise WrongTypeError(msg, path=node.path, hint="`pond ls` shows what is what")
    if store is None or node.node.recipe is not None:
        is_series = node.entry_type is EntryType.SERIES
        return table_source(node.path, node.read_series() if is_series else node.read_table())
    schemas = _Schemas()
    for piece in node.node.pieces:
        schemas.of(store.schema(piece))

    def parts_within(window: Window) -> list[Part]:
        wanted: list[tuple[Piece, Part]] = []
        for piece in node.node.within(window):
            if piece.rows:
                part = _part(node, store, piece, schemas.of(store.schema(piece)))
                if part.span.overlaps(window):
                    wanted.append((piece, part))
        store.fetch(piece for piece, _ in wanted)
        return [part for _, part in wanted]

    windows = len(node.node.pieces) if node.entry_type is EntryType.SERIES else 0
    return Source(node.path, schemas.unified, parts_within, windows)


def table_source(name: str, table: pa.Table) -> Source:
    """Return a table in memory as a source."""
    schema = stored_schema(table.schema)
    part = Part(schema, partial(stored_table, table, schema))
    return Source(name, schema, lambda _: [part])


class _Schemas:
    """The schemas of a node's pieces; ten years of windows share a handful of them."""

    def __init__(self) -> None:
        self._stored: dict[int, tuple[pa.Schema, bool]] = {}
        self._given: list[pa.Schema] = []

    def of(self, schema: pa.Schema | None) -> tuple[pa.Schema, bool]:
        """Return a schema with Parquet's types, and whether those are its own.

        None is the schema of no rows.
        """
        if schema is None:
            return _ONLY_TIMESTAMP, True
        if id(schema) not in self._stored:
            stored = stored_schema(schema)
            self._stored[id(schema)] = stored, stored.types == schema.types
            self._given.append(schema)  # so that its id stays its own
        return self._stored[id(schema)]

    @property
    def unified(self) -> pa.Schema:
        """All columns, in order of first appearance."""
        schemas = [schema for schema, _ in self._stored.values()] or [_ONLY_TIMESTAMP]
        return pa.unify_schemas(schemas, promote_options="default")


def _part(
    node: NodePath, store: OpLogBackend, piece: Piece, schema: tuple[pa.Schema, bool]
) -> Part:
    def read() -> pa.Table:
        content = store.read(piece)
        if not isinstance(content, pa.Table):
            msg = f"{node.path} holds bytes where a table should be"
            raise CorruptionError(msg, hint="run 'pond verify'")
        return stored_table(rows_within(content, piece.window) if is_series else content, stored)

    def locate() -> Path | None:
        file = store.object_path(piece)
        if file is None:
            return None
        count_whole(file)
        return file.absolute()

    stored, is_plain = schema
    is_series = node.entry_type is EntryType.SERIES
    span, cut = ALWAYS, None
    if is_series and piece.min_time_us is not None and piece.max_time_us is not None:
        span = piece.window.intersect(Window(piece.min_time_us, piece.max_time_us + 1))
        cut = None if piece.is_whole else piece.window
    return Part(stored, read, locate, cut, span, is_plain)


def _unified(name: str, sources: Sequence[Source]) -> pa.Schema:
    try:
        return pa.unify_schemas(
            list(dict.fromkeys(source.schema for source in sources)), promote_options="permissive"
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as exc:
        found: dict[str, tuple[pa.DataType, str]] = {}
        for source in sources:
            for column in source.schema:
                kind, path = found.setdefault(column.name, (column.type, source.path))
                if not _go_together(kind, column.type):
                    msg = (
                        f"{name} matches {path}, where {column.name!r} is {kind}, and "
                        f"{source.path}, where it is {column.type}"
                    )
                    hint = "use a narrower pattern, or name the paths one by one"
                    raise SchemaError(msg, hint=hint) from exc
        raise SchemaError(f"{name} matches files whose columns do not go together: {exc}") from exc


def _go_together(one: pa.DataType, other: pa.DataType) -> bool:
    schemas = [pa.schema([("x", kind)]) for kind in (one, other)]
    try:
        pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True
