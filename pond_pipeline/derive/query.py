"""The text of a query: one SELECT over its input `$1`, and over nothing else.

DuckDB's own parser tells what stands in it, as JSON. What is refused here would mostly fail in the
sandbox too; but here it is known before there is any data, with its line, and for good: a query
that asks the clock or draws lots would run, and give another series each time.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import duckdb

from pond_core import QueryError

INPUT = "$1"
"""What stands for the input, with quotes around it or without."""

READERS = frozenset(
    {
        "parquet_scan",
        "read_blob",
        "read_csv",
        "read_csv_auto",
        "read_json",
        "read_json_auto",
        "read_json_objects",
        "read_json_objects_auto",
        "read_ndjson",
        "read_ndjson_auto",
        "read_ndjson_objects",
        "read_parquet",
        "read_text",
    }
)
"""Table functions that read a file; the sandbox gives them the input alone."""

_PURE = frozenset({"generate_series", "json_each", "json_tree", "range", "repeat", "unnest"})
"""Table functions that read nothing but their arguments."""

CHANGING = frozenset(
    {
        "ago",
        "current_catalog",
        "current_connection_id",
        "current_database",
        "current_localtime",
        "current_localtimestamp",
        "current_query",
        "current_query_id",
        "current_role",
        "current_schema",
        "current_schemas",
        "current_setting",
        "current_transaction_id",
        "current_user",
        "currval",
        "gen_random_uuid",
        "get_current_time",
        "get_current_timestamp",
        "getenv",
        "getvariable",
        "in_search_path",
        "nextval",
        "now",
        "pg_conf_load_time",
        "pg_postmaster_start_time",
        "pg_sleep",
        "random",
        "session_user",
        "setseed",
        "setval",
        "sleep_ms",
        "stats",
        "today",
        "transaction_timestamp",
        "txid_current",
        "user",
        "uuid",
        "uuidv4",
        "uuidv7",
        "vector_type",
        "version",
        "write_log",
    }
)
"""Functions that do not depend on their arguments alone, or do something."""

CLOCKS = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}
)
"""Words that ask the clock without parentheses, and functions too."""

_NOWHERE = 2**64 - 1
"""DuckDB's place in the text of what has none there."""

_PIECES = re.compile(
    r"""
      --[^\n]*
    | /\*.*?\*/
    | \$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$  # a text between dollars
    | (?P<input> '\$1' | "\$1" | (?<![\w$])\$1(?![\w$]) )
    | \b[eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    """,
    re.VERBOSE | re.DOTALL,
)
"""What is passed over in a query, and its input."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query that may be run.

    Attributes:
        text: One SELECT statement, in which the place of the input stands for `$1`.
        names_a_table: Whether it takes the input for a table, as in `FROM $1`.
    """

    text: str
    names_a_table: bool


def check_query(text: str) -> None:
    """Make sure of a query what can be known without data.

    Whether its columns exist, and which types they have, only the input tells.

    Args:
        text: DuckDB's SQL, in which `$1` is the input: `FROM $1`, `read_csv('$1')`.

    Raises:
        QueryError: It is no SQL or not one SELECT, does not read `$1`, reads something else, or
            depends on more than its input: the clock, chance, a setting. The line is named.
    """
    with duckdb.connect(":memory:") as connection:
        parse(text, place=INPUT, connection=connection)


def parse(text: str, *, place: str, connection: duckdb.DuckDBPyConnection) -> Query:
    """Return a query with the place of its input in it.

    Args:
        text: DuckDB's SQL.
        place: What reads the input where it is the name of a table or the path of a file.
        connection: Any database: it parses and is not changed.

    Raises:
        QueryError: As `check_query`.
    """
    bound, inputs = _bind(text, place)
    nodes = list(_objects(_tree(bound, connection)))
    if not inputs:
        raise QueryError("the query does not read $1", hint="write FROM $1, or read_csv('$1')")
    defined = {
        entry["key"].casefold()
        for node in nodes
        for entry in node.get("cte_map", {}).get("map", ())
    }
    tables = [node for node in nodes if node.get("type") == "BASE_TABLE"]
    for node in nodes:
        _check(node, bound)
    for node in tables:
        is_own = node["table_name"] == place or node["table_name"].casefold() in defined
        if not is_own or node["schema_name"] or node["catalog_name"]:
            hint = "a query reads its input alone: write FROM $1"
            _refuse(f"the table {node['table_name']} is not read", node, bound, hint=hint)
    return Query(bound, any(node["table_name"] == place for node in tables))


def literal(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def _bind(text: str, place: str) -> tuple[str, int]:
    """Return a query with a text for each `$1`, and how many there are."""
    inputs = 0

    def replace(piece: "re.Match[str]") -> str:
        nonlocal inputs
        if piece["input"] is None:
            return piece[0]
        inputs += 1
        return literal(place)

    return _PIECES.sub(replace, text), inputs


def _tree(text: str, connection: duckdb.DuckDBPyConnection) -> Any:  # noqa: ANN401 -- JSON
    [(answer,)] = connection.execute("SELECT json_serialize_sql($1)", [text]).fetchall()
    try:
        tree = json.loads(answer)
    except RecursionError as exc:
        raise QueryError("the query is nested too deeply", hint="split it by WITH") from exc
    if tree["error"] and tree["error_type"] == "parser":
        place = f"line {_line(text, int(tree['position']))}: " if "position" in tree else ""
        raise QueryError(place + tree["error_message"])
    if tree["error"] or len(tree["statements"]) != 1:
        hint = "e.g. SELECT * FROM $1"
        if "pivot" in text.lower():
            hint = "a PIVOT lists its values: FROM $1 PIVOT (avg(v) FOR p IN ('DO', 'pH'))"
        raise QueryError("a query is one SELECT statement; nothing else is run", hint=hint)
    return tree


def _check(node: Mapping[str, Any], text: str) -> None:
    """Make sure that a part of a query depends on nothing but the input."""
    same = "a derived series is made of its input alone, and comes out the same each time"
    match node:
        case {"class": "PARAMETER", "identifier": str(name)}:
            _refuse(f"there is no ${name}", node, text, hint="a query has one input, $1")
        case {"type": "TABLE_FUNCTION", "function": {"function_name": str(name)}} if (
            name.lower() not in READERS | _PURE
        ):
            hint = f"allowed are {', '.join(sorted(READERS | _PURE))}"
            _refuse(f"the table function {name} is not run", node, text, hint=hint)
        case {"class": "FUNCTION", "function_name": str(name)} if name.lower() in CHANGING | CLOCKS:
            _refuse(f"the function {name} is not run", node, text, hint=same)
        case {"class": "COLUMN_REF", "column_names": [str(name)]} if name.lower() in CLOCKS:
            _refuse(f"{name} is not known to a query", node, text, hint=same)
        case {"sample": dict()}:
            _refuse("a query draws no sample", node, text, hint=same)
        case _:
            pass


def _refuse(what: str, node: Mapping[str, Any], text: str, *, hint: str) -> NoReturn:
    offset = node.get("query_location", _NOWHERE)
    place = "" if offset == _NOWHERE else f"line {_line(text, offset)}: "
    raise QueryError(place + what, hint=hint)


def _line(text: str, offset: int) -> int:
    """Return the line in which a byte of a text lies, the first being 1."""
    return 1 + text.encode()[:offset].count(b"\n")


def _objects(tree: object) -> Iterator[dict[str, Any]]:
    """Visit every object in a JSON value."""
    pending = [tree]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending.extend(reversed(value.values()))
        elif isinstance(value, list):
            pending.extend(reversed(value))
