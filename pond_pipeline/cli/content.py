"""Commands that print what nodes hold: cat, sql."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import click
import pyarrow as pa

from pond_core import AsOf, Engine, EntryType, NodePath, Pond, Window, WrongTypeError
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import InstantType, as_of_option
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.rows import RowFormat, check_no_terminal, first_rows, print_table
from pond_pipeline.cli.terminal import is_terminal, write
from pond_pipeline.errors import ConfigError

_RAW = "raw"
_ROW_FORMATS = [each.value for each in RowFormat]


@dataclass(frozen=True, slots=True)
class Bytes:
    """A data file as JSON: its content is text if it is UTF-8, base64 if not."""

    path: str
    size: int
    encoding: str
    content: str | bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a node was asked for: None is all of it."""

    since: datetime | None
    until: datetime | None
    columns: tuple[str, ...] | None
    limit: int | None


def _format_option(*formats: str) -> Callable[..., Callable[..., None]]:
    said = (
        "How to print it: `table` (the first 20 rows, unless `--limit` says otherwise), or all "
        "rows as `csv`, `json` or `parquet`. Parquet is not sent to a terminal."
    )
    if _RAW in formats:
        said += (
            " A data file is printed as it is, byte for byte: `raw`. Bytes that are no text are "
            "not sent to a terminal either."
        )
    return click.option("--format", "written", type=click.Choice(formats), help=said)


_limit_option = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="At most so many rows."
)


@command(example="pond cat /combined/harbor/Basin --since 7d --format csv")
@click.argument("path", type=PondPath(), help="Which node.")
@_format_option(*_ROW_FORMATS, _RAW)
@click.option(
    "--since",
    type=InstantType(),
    help="Of a series, the readings from this instant on: a time, a date, or `7d` (ago).",
)
@click.option("--until", type=InstantType(), help="The end of that time, exclusive.")
@click.option(
    "--columns", metavar="A,B", help="Which columns; a series always has its `timestamp`."
)
@_limit_option
@as_of_option
@json_option
@pass_invocation
def cat(
    invocation: Invocation,
    path: str,
    *,
    written: str | None,
    since: datetime | None,
    until: datetime | None,
    columns: str | None,
    limit: int | None,
    as_of: AsOf | None,
    as_json: bool,
) -> None:
    """Print what a node holds.

    A table or series as a table of its first 20 rows, or whole as CSV, JSON or Parquet; a data
    file as it is.
    """
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until")
    names = None if columns is None else tuple(columns.split(","))
    part = Part(since, until, names, limit)
    chosen = _chosen(written, as_json=as_json)
    node = Pond.open(invocation.pond).snapshot(as_of).lookup(path)
    if node.entry_type is EntryType.DATA:
        _print_data(node, part, chosen)
    else:
        row_format = _row_format(node, chosen)
        print_table(first_rows(_read(node, part), limit, row_format), row_format)


@command(example="""pond sql 'SELECT count(*) FROM "/combined/harbor/Basin"'""")
@click.argument("query", help="One SELECT. Its tables are names in double quotes.")
@click.option(
    "--engine",
    type=click.Choice([each.value for each in Engine]),
    default=Engine.DUCKDB.value,
    show_default=True,
    help="Whose dialect of SQL it is, and who runs it.",
)
@_format_option(*_ROW_FORMATS)
@_limit_option
@as_of_option
@json_option
@pass_invocation
def sql(
    invocation: Invocation,
    query: str,
    *,
    engine: str,
    written: str | None,
    limit: int | None,
    as_of: AsOf | None,
    as_json: bool,
) -> None:
    """Run a read-only SQL query over pond paths.

    A table is a pond path or a pattern in double quotes, or "pond.nodes", "pond.oplog",
    "pond.transactions". The first 20 rows are printed as a table, all of them as CSV, JSON or
    Parquet.
    """
    row_format = RowFormat(_chosen(written, as_json=as_json) or RowFormat.TABLE)
    result = Pond.open(invocation.pond).snapshot(as_of).sql(query, engine=engine)
    print_table(first_rows(result, limit, row_format), row_format)


def _chosen(written: str | None, *, as_json: bool) -> str | None:
    if as_json and written not in (None, RowFormat.JSON):
        raise click.UsageError(f"--json and --format {written} do not go together")
    return RowFormat.JSON if as_json else written


def _row_format(node: NodePath, chosen: str | None) -> RowFormat:
    if chosen == _RAW:
        what = f"{node.path} is a {node.entry_type}: it has no raw form"
        raise ConfigError(what, hint="use --format parquet or csv")
    return RowFormat(chosen or RowFormat.TABLE)


def _read(node: NodePath, part: Part) -> pa.Table:
    match node.entry_type:
        case EntryType.SERIES:
            return node.read_series(Window.of(part.since, part.until), part.columns)
        case EntryType.TABLE if part.since is None and part.until is None:
            return node.read_table(part.columns)
        case EntryType.TABLE:
            what = f"{node.path} is a table: --since and --until are for series"
            raise ConfigError(what, hint="use: pond sql 'SELECT ... WHERE ...'")
        case _:
            what = f"{node.path} is a {node.entry_type}"
            raise WrongTypeError(what, path=node.path, hint=f"list it with: pond ls {node.path}")


def _print_data(node: NodePath, part: Part, chosen: str | None) -> None:
    if chosen not in (None, _RAW, RowFormat.JSON) or part != Part(None, None, None, None):
        what = f"{node.path} is a data file: it has neither rows nor columns"
        raise ConfigError(what, hint="use --format raw or json, without other options")
    data = node.read_bytes()
    text = _text(data)
    if chosen == RowFormat.JSON:
        encoding = "base64" if text is None else "utf-8"
        print_json(Bytes(node.path, len(data), encoding, data if text is None else text))
        return
    if text is None or not text.translate(_LINE_ENDS).isprintable():
        check_no_terminal(f"what {node.path} holds")
    write(data + b"\n" if is_terminal() and not data.endswith(b"\n") else data)


_LINE_ENDS = str.maketrans("", "", "\t\r\n")


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
