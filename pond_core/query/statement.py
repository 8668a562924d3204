"""A statement for DuckDB, parsed but not run: is it one SELECT, and which tables does it read?

DuckDB's own parser tells, as JSON. What a SELECT could do besides reading its tables are table
functions: some read files, some run SQL from a text. Only those on a list are let through.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pond_core.errors import QueryError
from pond_core.query.duckdb_instance import planner
from pond_core.query.stated import stated
from pond_core.window import Window

_FUNCTIONS = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"})
"""Table functions that read nothing but their arguments."""

_EXPLAIN = re.compile(
    r"(?P<how>\s*EXPLAIN(\s+ANALYZE)?\s+)(?P<select>.*)", re.IGNORECASE | re.DOTALL
)

_PATH_UNQUOTED = re.compile(r"\b(FROM|JOIN)\s+(?P<path>/[^\s,;()\"']*)", re.IGNORECASE)

_HINT = """e.g. SELECT count(*) FROM "/combined/noyo/BDock\""""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT, or an EXPLAIN of one.

    Attributes:
        how: `EXPLAIN` or `EXPLAIN ANALYZE` as it was written; empty for a plain SELECT.
        select: The SELECT, in which tables may have got other names.
        tables: The names of its tables as they were written, by those that they have in `select`.
        defined: The names of its common tables; one of them may be among `tables`.
        stated: The range of `timestamp` that it takes of its only table; None if only a plan tells.
    """

    how: str
    select: str
    tables: Mapping[str, str]
    defined: frozenset[str]
    stated: Window | None

    @property
    def text(self) -> str:
        """The statement as it is run."""
        return self.how + self.select


def parse(text: str) -> Statement:
    """Parse a statement.

    Tables whose names differ in case alone, which DuckDB takes for one, get other names.

    Raises:
        QueryError: It is no SQL, is not one SELECT, or calls a table function that may read files.
    """
    # EXPLAIN ANALYZE runs what it explains, and that may be a COPY over one of our objects.
    explain = _EXPLAIN.fullmatch(text)
    how, select = (explain["how"], explain["select"]) if explain else ("", text)
    with planner() as connection:
        tree = _tree(connection, select)
        nodes = list(json_objects(tree))
        _check_functions(nodes)
        names = dict.fromkeys(n["table_name"] for n in nodes if n.get("type") == "BASE_TABLE")
        renamed = _renamed(list(names))
        if renamed:
            _rename(nodes, renamed)
            sql = "SELECT json_deserialize_sql($1::JSON)"
            [(select,)] = connection.execute(sql, [json.dumps(tree)]).fetchall()
    defined = frozenset(each["key"] for n in nodes for each in n.get("cte_map", {}).get("map", ()))
    tables = {renamed.get(name, name): name for name in names}
    return Statement(how, select, tables, defined, stated(tree, nodes))


def _tree(connection: duckdb.DuckDBPyConnection, select: str) -> Any:  # noqa: ANN401 -- JSON
    [(text,)] = connection.execute("SELECT json_serialize_sql($1)", [select]).fetchall()
    try:
        tree = json.loads(text)
    except RecursionError as exc:
        raise QueryError("the statement is nested too deeply", hint="split it by WITH") from exc
    if tree["error"] and tree["error_type"] == "parser":
        raise QueryError(tree["error_message"], hint=_unquoted(select) or _HINT)
    if tree["error"] or len(tree["statements"]) != 1:
        msg = "a query is one SELECT statement; nothing else is run"
        raise QueryError(msg, hint=_HINT)
    return tree


def _unquoted(select: str) -> str:
    """Return the hint about a pond path without quotes; empty where there is none."""
    found = _PATH_UNQUOTED.search(select)
    return (
        f'write pond paths in double quotes: FROM "{found["path"]}"; in a shell, all in single ones'
        if found
        else ""
    )


def json_objects(tree: object) -> Iterator[dict[str, Any]]:
    """Visit every object in a JSON value, in the order of the text."""
    pending = [tree]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending.extend(reversed(value.values()))
        elif isinstance(value, list):
            pending.extend(reversed(value))


def _check_functions(nodes: Sequence[Mapping[str, Any]]) -> None:
    for node in nodes:
        if node.get("type") == "TABLE_FUNCTION":
            name = node["function"]["function_name"].lower()
            if name not in _FUNCTIONS:
                msg = f"the table function {name} is not run: a query reads pond paths alone"
                raise QueryError(msg, hint=f"allowed are {', '.join(sorted(_FUNCTIONS))}")


def _renamed(names: Sequence[str]) -> dict[str, str]:
    """Return new names for those that differ in case alone."""
    folded = [name.casefold() for name in names]
    return {
        name: f"{name} #{number}"
        for number, name in enumerate(names)
        if folded.count(name.casefold()) > 1
    }


def _rename(nodes: Sequence[dict[str, Any]], renamed: Mapping[str, str]) -> None:
    """Give tables other names, also where columns are named by them."""
    for node in nodes:
        match node:
            case {"type": "BASE_TABLE", "table_name": str(name)} if name in renamed:
                node["table_name"] = renamed[name]
                node["qualified_name"] = {"path": [renamed[name]]}
            case {"type": "COLUMN_REF", "column_names": [str(name), *rest]} if name in renamed:
                node["column_names"] = [renamed[name], *rest]
            case {"type": "STAR", "relation_name": str(name)} if name in renamed:
                node["relation_name"] = renamed[name]
