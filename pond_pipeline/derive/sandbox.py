"""A database that can read one file, runs one query over it, and is gone.

The input lies in a private directory of its own, under a name of ours, while the query runs.
DuckDB is told that this file is all that it may open, and then that nothing of that may be changed;
there is no extension to load, no network, and no other file. One thread, because a sum of floats
depends on its order; and no spilling to disk.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pond_core import QueryError
from pond_pipeline.derive.query import literal, parse

_MEMORY = "1GiB"
"""For the query; a year of one instrument's readings every minute takes some 50 MB."""

_MOST_CELLS = 100_000_000
"""Of a result: some 800 MB, which DuckDB does not count."""

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Else a table that does not exist is looked for among the variables of this program.
    "python_enable_replacements": False,
    "threads": 1,
    "memory_limit": _MEMORY,
    "temp_directory": "",
}

_READERS = {
    ".json": "read_json",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
    ".parquet": "read_parquet",
}
"""What reads a file as a table, by the end of its name; all else is a CSV."""

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,16}(\.(gz|zst))?$")
_GLOB = re.compile(r"[*?\[]")


def run(text: str, source: bytes | pa.Table, *, name: str, timezone: str) -> pa.Table:
    """Return what a query gives.

    Args:
        text: DuckDB's SQL over `$1`.
        source: The input: the bytes of a file, or a table.
        name: The file's name: its end says what DuckDB takes it for.
        timezone: The session's zone, in which times without a zone are local.

    Returns:
        The result with DuckDB's types, in any order; each TIMESTAMP and DATE has become an instant.

    Raises:
        QueryError: The query is refused or fails, or asks for more room than it may have.
    """
    with _input(source, name=name) as path, duckdb.connect(":memory:", config=_SETTINGS) as session:
        # DuckDB takes every path for a pattern, and allows a file by the pattern it is asked by.
        place = _GLOB.sub(r"[\g<0>]", str(path))
        with _worded(path, place):
            _seal(session, allowed=[str(path), place], timezone=timezone)
            query = parse(text, place=place, connection=session)
            if query.names_a_table:
                _name_table(session, place)
            relation = session.sql(query.text)
            _check_types(relation)
            most = _MOST_CELLS // max(1, len(relation.columns))
            # A limit renames columns of one name.
            result = relation.limit(most + 1).to_arrow_table().rename_columns(relation.columns)
            if len(result) > most:
                raise QueryError(f"the result has more than {most} rows", hint="narrow the query")
            result = _with_instants(session, result)
        _check_private(result, path.parent)
        return result


@contextlib.contextmanager
def _input(source: bytes | pa.Table, *, name: str) -> Iterator[Path]:
    """Keep the input as a file for a while."""
    suffix = _SUFFIX.search(name)
    with tempfile.TemporaryDirectory(prefix="pond-derive-") as folder:
        if isinstance(source, pa.Table):
            path = Path(folder).resolve() / "input.parquet"
            pq.write_table(source, path)
        else:
            path = Path(folder).resolve() / f"input{suffix[0].lower() if suffix else ''}"
            path.write_bytes(source)
        # A query can ask when its input was written; the answer must not change.
        os.utime(path, (0, 0))
        yield path


def _seal(session: duckdb.DuckDBPyConnection, *, allowed: list[str], timezone: str) -> None:
    # DuckDB takes UTC-08:30 for UTC-08:00, and GMT-08:30 for what it says.
    zone = "GMT" + timezone[3:] if re.match(r"UTC[+-]", timezone) else timezone
    session.execute(f"SET TimeZone = {literal(zone)}")
    session.execute(f"SET allowed_paths = [{', '.join(map(literal, allowed))}]")
    session.execute("SET enable_external_access = false")
    session.execute("SET lock_configuration = true")


def _name_table(session: duckdb.DuckDBPyConnection, place: str) -> None:
    """Make a table of the input's path: by itself DuckDB knows only some ends of names."""
    plain = place.removesuffix(".gz").removesuffix(".zst")
    reader = _READERS.get(Path(plain).suffix, "read_csv")
    quoted = '"' + place.replace('"', '""') + '"'
    session.execute(f"CREATE TEMP VIEW {quoted} AS FROM {reader}({literal(place)})")


def _check_types(relation: duckdb.DuckDBPyRelation) -> None:
    """Refuse a type whose large values DuckDB hands to Arrow as negative ones."""
    for name, kind in zip(relation.columns, relation.types, strict=True):
        if str(kind) == "UHUGEINT":
            msg = f"column {name!r} is of the type UHUGEINT"
            raise QueryError(msg, hint=f'convert it: "{name}"::DOUBLE, or "{name}"::VARCHAR')


def _with_instants(session: duckdb.DuckDBPyConnection, result: pa.Table) -> pa.Table:
    """Return a result in which dates, and times without a zone or in nanoseconds, are instants.

    It is DuckDB that places them, by the rule of its own casts, so that a query which casts them
    itself gives the same.
    """
    for index, field in enumerate(result.schema):
        kind = field.type
        is_time = pa.types.is_timestamp(kind)
        if pa.types.is_date(kind) or (is_time and (kind.tz is None or kind.unit != "us")):
            session.register("result", pa.table({"time": result[index]}))
            cast = session.sql("SELECT time::TIMESTAMPTZ AS instant FROM result").to_arrow_table()
            session.unregister("result")
            result = result.set_column(index, field.name, cast["instant"])
    return result


@contextlib.contextmanager
def _worded(path: Path, place: str) -> Iterator[None]:
    """Turn what DuckDB raises into `QueryError`, in its words, without the input's path."""
    try:
        yield
    except duckdb.OutOfMemoryException as exc:
        msg = f"the query needs more than {_MEMORY} of memory"
        raise QueryError(msg, hint="sort and join less, or derive from smaller files") from exc
    except duckdb.Error as exc:
        # The first paragraphs tell what is wrong. What follows are settings and advice on them, or
        # lines that are counted in what we wrote around the query.
        words = "\n\n".join(str(exc).strip().partition("\n\nLINE ")[0].split("\n\n")[:2])
        for known in (place, str(path)):
            words = words.replace(known, "$1")
        is_denied = isinstance(exc, duckdb.PermissionException)
        hint = "a query reads its input alone: write $1" if is_denied else ""
        raise QueryError(words.replace(str(path.parent), ""), hint=hint) from exc


def _check_private(result: pa.Table, folder: Path) -> None:
    """Make sure that a result does not tell where the input was, since that changes."""
    for name, column in zip(result.column_names, result.columns, strict=True):
        if (
            pa.types.is_string(column.type)
            and pc.any(pc.match_substring(column, str(folder))).as_py()
        ):
            msg = f"column {name!r} tells where the input lay while the query ran"
            raise QueryError(msg, hint="leave it out: the next run has another place")
