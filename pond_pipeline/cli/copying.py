"""The command `copy`: one word for into, out of and within the pond."""

from pathlib import Path

import click

from pond_core import AsOf, Pond
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import as_of_option
from pond_pipeline.cli.pond_path import SCHEME, AnyPath
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.terminal import say
from pond_pipeline.cli.transfer import Copied, copy_within, export_node, import_files
from pond_pipeline.wording import count_text


@command(example="pond copy pond:/combined/harbor/Basin basin.csv")
@click.argument("source", metavar="SRC", type=AnyPath(), help="What is copied.")
@click.argument(
    "destination",
    metavar="DST",
    type=AnyPath(),
    help="Where to. A single table or series leaves as `.parquet` or `.csv`, as this ends.",
)
@click.option(
    "-r",
    "--recursive",
    is_flag=True,
    help=(
        "Copy a directory with all below it. On the way out, tables and series become "
        "`.parquet` files, and symlinks are left out and named on stderr."
    ),
)
@click.option(
    "--force", is_flag=True, help="Replace files that are there already; never directories."
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["data", "table"]),
    default="data",
    show_default=True,
    help="What a host file becomes: its bytes, or the table in a `.parquet` file.",
)
@as_of_option
@json_option
@pass_invocation
def copy(
    invocation: Invocation,
    source: str,
    destination: str,
    *,
    recursive: bool,
    force: bool,
    kind: str,
    as_of: AsOf | None,
    as_json: bool,
) -> None:
    """Copy files into the pond, out of it, or within it.

    Pond paths are written pond:/a/b; all others are the host's. Into a directory that exists, a
    copy goes under its own name. Tables and series leave as .parquet or .csv, as DST ends.
    """
    from_pond, to_pond = source.startswith(SCHEME), destination.startswith(SCHEME)
    if not (from_pond or to_pond):
        raise click.UsageError(f"neither is a pond path; write one as {SCHEME}/a/b")
    if as_of is not None and to_pond:
        raise click.UsageError("--as-of is for copies out of the pond")
    if kind == "table" and from_pond:
        raise click.UsageError("--as is for copies into the pond")
    pond = Pond.open(invocation.pond)
    src, dst = source.removeprefix(SCHEME), destination.removeprefix(SCHEME)
    if not from_pond:
        as_table = kind == "table"
        copied = import_files(
            pond, Path(src), dst, as_table=as_table, recursive=recursive, force=force
        )
    elif to_pond:
        copied = copy_within(pond, src, dst, recursive=recursive, force=force)
    else:
        copied = export_node(pond.snapshot(as_of), src, Path(dst), recursive=recursive, force=force)
    _show(copied, as_json=as_json)


def _show(copied: Copied, *, as_json: bool) -> None:
    for path in copied.skipped:
        say(f"left out: {path} (a symlink)")
    if as_json:
        print_json(copied)
    else:
        files, size = count_text(copied.files, "file"), count_text(copied.bytes, "byte")
        say(f"copied {files}, {size}, to {copied.destination}")
