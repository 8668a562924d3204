"""DataFusion runs a query: every name in it is a union of Parquet objects and Arrow tables.

As with DuckDB, the statement is planned first over empty tables. That plan tells what time range it
takes of each, so that only the objects in it are opened.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from datafusion import (
    DataFrame,
    Expr,
    SessionConfig,
    SessionContext,
    SQLOptions,
    col,
    functions,
    lit,
)
from datafusion.catalog import CatalogProvider, SchemaProvider, Table
from datafusion.expr import TableScan
from datafusion.plan import LogicalPlan
from typing_extensions import override

from pond_core.errors import PondError, QueryError
from pond_core.query.asked import all_of, any_of, compared, with_clock
from pond_core.query.catalog import Catalog, is_pond_name
from pond_core.query.duckdb_instance import identifier
from pond_core.query.source import PATH, Relation, Source
from pond_core.tinyfs.content import INSTANT, TIMESTAMP
from pond_core.window import ALWAYS, Window

_READ_ONLY = (
    SQLOptions()
    .with_allow_ddl(allow=False)
    .with_allow_dml(allow=False)
    .with_allow_statements(allow=False)
)

_CONDITION = re.compile(r' (>=|<=|=|>|<) TimestampMicrosecond\((-?[0-9]+), Some\("UTC"\)\)')


def run(statement: str, catalog: Catalog) -> pa.Table:
    """Run one SELECT, or explain one.

    Raises:
        QueryError: The SQL is wrong, or no read-only statement.
        PathError: A name in it stands for nothing that can be read.
        CorruptionError: An object that it needs is missing.
    """
    try:
        relations, plan = _looked_up(statement, catalog)
        windows = _windows(plan, relations, statement)
        session = _session({})
        views = {}
        for name, relation in relations.items():
            narrowed = relation.within(windows.get(name, ALWAYS))
            narrowed.check_files()
            views[name] = _View(session, narrowed).table()
        return _without_views(_planned(statement, views).to_arrow_table())
    except PondError:
        raise
    except Exception as exc:  # what fails while it runs is an `Exception` itself
        is_name = "table '" in str(exc)
        hint = 'write pond paths in double quotes: FROM "/combined/noyo/BDock"' if is_name else ""
        raise QueryError(str(exc).strip(), hint=hint) from exc


class _UnknownError(Exception):
    """A statement names a table that was not looked up yet."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Tables(SchemaProvider):
    """The pond's names as tables."""

    def __init__(self, known: Mapping[str, Table]) -> None:
        self._known = known

    @override
    def table_names(self) -> set[str]:
        return set(self._known)

    @override
    def table_exist(self, name: str) -> bool:
        return is_pond_name(name)

    @override
    def table(self, name: str) -> Table | None:
        if is_pond_name(name) and name not in self._known:
            raise _UnknownError(name)
        return self._known.get(name)


class _OneSchema(CatalogProvider):
    """The catalog of a session."""

    def __init__(self, tables: SchemaProvider) -> None:
        self._tables = tables

    @override
    def schema_names(self) -> set[str]:
        return {"public"}

    @override
    def schema(self, name: str) -> Any:
        return self._tables if name == "public" else None


class _View:
    """A relation as a frame of DataFusion's."""

    def __init__(self, session: SessionContext, relation: Relation) -> None:
        self._session = session
        self._relation = relation
        fields = [field for field in relation.schema if field.name != PATH]
        self._schema = pa.schema(fields) if relation.is_pattern else relation.schema

    def table(self) -> Table:
        frames = [frame for source in self._relation.sources for frame in self._over(source)]
        return Table(_united(frames or [self._labelled(self._inline(None), "")]))

    def _over(self, source: Source) -> Iterator[DataFrame]:
        whole = [(file, list[Window]()) for _, group in source.whole_files() for file in group]
        cut = [(file, windows) for _, file, windows in source.cut_files()]
        for file, windows in whole + cut:
            # A column that the file lacks is null, one of a narrower type is cast.
            frame = self._session.read_parquet(
                file.as_uri(), file_extension="", schema=self._schema
            )
            if windows:
                frame = frame.filter(_inside(windows))
            yield self._labelled(frame, source.path)
        table = source.inline()
        if table is not None:
            yield self._labelled(self._inline(table), source.path)

    def _inline(self, table: pa.Table | None) -> DataFrame:
        if table is None:
            table = self._schema.empty_table()
        table = pa.concat_tables([self._schema.empty_table(), table], promote_options="permissive")
        batches = table.cast(self._schema).to_batches()
        return self._session.read_batches(
            batches or [pa.RecordBatch.from_pylist([], schema=self._schema)]
        )

    def _labelled(self, frame: DataFrame, path: str) -> DataFrame:
        if not self._relation.is_pattern:
            return frame
        if not self._schema.names:
            return frame.with_column(PATH, lit(path))
        # A plain constant: DataFusion 55 takes the union as sorted by it, and then loses the order.
        first = col(identifier(self._schema.names[0]))
        is_null = functions.case(first.is_null()).when(lit(value=True), lit(path))
        return frame.with_column(PATH, is_null.otherwise(lit(path)))


def _looked_up(statement: str, catalog: Catalog) -> tuple[dict[str, Relation], LogicalPlan]:
    """Return what a statement's tables are, and its plan over empty ones."""
    relations: dict[str, Relation] = {}
    empty: dict[str, Table] = {}
    while True:
        try:
            return relations, _planned(statement, empty).optimized_logical_plan()
        except _UnknownError as missing:
            # Not while DataFusion plans: a dynamic node may be computed with DataFusion, too.
            name = missing.name
            relations[name] = catalog.relation(name)
            empty[name] = Table(ds.dataset(relations[name].schema.empty_table()))


def _session(tables: Mapping[str, Table]) -> SessionContext:
    config = SessionConfig().with_information_schema(enabled=False)
    # One type for text, whether it comes from an object or from the log.
    config = config.set("datafusion.execution.parquet.schema_force_view_types", "false")
    session = SessionContext(config)
    session.register_catalog_provider("datafusion", _OneSchema(_Tables(tables)))
    return session


def _planned(statement: str, tables: Mapping[str, Table]) -> DataFrame:
    """Return a statement ready to run; it can name these tables and do nothing but read."""
    return _session(tables).sql_with_options(statement, _READ_ONLY)


def _windows(
    plan: LogicalPlan, relations: Mapping[str, Relation], statement: str
) -> dict[str, Window]:
    """Return which time range of each table can matter, where that can be told."""
    # Subqueries that stay in an expression are not among the inputs of a plan.
    if "Subquery:" in plan.display_indent():
        return {}
    scans = list(_scans(plan))
    return {
        name: with_clock(any_of(w for table, w in scans if table == name), statement)
        for name, relation in relations.items()
        if relation.can_be_narrowed
    }


def _scans(plan: LogicalPlan) -> Iterator[tuple[str, Window]]:
    pending = [plan]
    while pending:
        plan = pending.pop()
        variant = plan.to_variant()
        if isinstance(variant, TableScan):
            name = variant.table_name()
            yield name, all_of(_passed(name, condition) for condition in variant.filters())
        pending.extend(plan.inputs())


def _passed(table: str, condition: Expr) -> Window:
    """Return the instants that a condition lets through; all of them if it is a strange one."""
    column = f"{table}.{TIMESTAMP}"
    text = condition.canonical_name()
    if not text.startswith(column):
        return ALWAYS
    found = _CONDITION.fullmatch(text, len(column))
    return ALWAYS if found is None else compared(found[1], int(found[2]))


def _inside(windows: Sequence[Window]) -> Expr:
    return reduce(Expr.__or__, map(_inside_one, windows))


def _inside_one(window: Window) -> Expr:
    bounds = []
    timestamp = col(TIMESTAMP)
    if window.start_us is not None:
        bounds.append(timestamp >= lit(pa.scalar(window.start_us, INSTANT)))
    if window.end_us is not None:
        bounds.append(timestamp < lit(pa.scalar(window.end_us, INSTANT)))
    return reduce(Expr.__and__, bounds)


def _united(frames: Sequence[DataFrame]) -> DataFrame:
    """Return the union of frames, two by two: a chain of thousands would overflow the stack."""
    while len(frames) > 1:
        pairs = zip(frames[::2], [*frames[1::2], None], strict=False)
        frames = [one if other is None else one.union(other) for one, other in pairs]
    return frames[0]


def _without_views(table: pa.Table) -> pa.Table:
    """Return a table with ordinary text, which more readers know than DataFusion's views."""
    plain = {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}
    return table.cast(
        pa.schema([field.with_type(plain.get(field.type, field.type)) for field in table.schema])
    )
