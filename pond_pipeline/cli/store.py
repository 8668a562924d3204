"""Commands about what is in a pond: ls, describe."""

import click

from pond_core import AsOf, Pond
from pond_pipeline.cli import facts
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import as_of_option
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.cli.terminal import escape, say


@command(example="pond ls -l '/combined/*/*'")
@click.argument(
    "pattern",
    metavar="[GLOB]",
    default="/",
    type=PondPath(),
    help=(
        "A path, whose directory is listed, or a pattern with `*`, `?`, `[...]` and "
        "`**`; `/` if left out."
    ),
)
@click.option(
    "-l",
    "--long",
    is_flag=True,
    help="Show types, rows, bytes, times, versions and the txn that wrote it last.",
)
@as_of_option
@json_option
@pass_invocation
def ls(
    invocation: Invocation, pattern: str, *, long: bool, as_of: AsOf | None, as_json: bool
) -> None:
    """List what the pond holds.

    What is in a directory, or what a pattern matches.
    """
    snapshot = Pond.open(invocation.pond).snapshot(as_of)
    found = facts.find(snapshot, pattern)
    if as_json:
        print_json([facts.listed(node, captures) for node, captures in found])
        return
    if not found:
        say(f"nothing in {pattern}")
        if hint := snapshot.nearest(pattern):
            say(f"  hint: {hint}")
    elif long:
        _print_long([facts.listed(node) for node, _ in found])
    else:
        print_lines([_shown(node.path, node.entry_type.value) for node, _ in found])


@command(example="pond describe /combined/harbor/Basin")
@click.argument("path", type=PondPath(), help="Which node; a symlink is followed.")
@as_of_option
@json_option
@pass_invocation
def describe(invocation: Invocation, path: str, *, as_of: AsOf | None, as_json: bool) -> None:
    """Say what is known of a node.

    Its type, columns and units, rows, times, windows, and the periods that are recorded.
    """
    description = facts.describe(Pond.open(invocation.pond).snapshot(as_of), path)
    if as_json:
        print_json(description)
    else:
        _print_description(description)


def _print_long(nodes: list[facts.Listed]) -> None:
    rows = [
        (_type(n), n.rows, n.bytes, n.first, n.last, n.versions, n.txn, _shown(n.path, n.type))
        if n.target is None
        else (n.type, None, None, None, None, None, n.txn, f"{n.path} -> {n.target}")
        for n in nodes
    ]
    print_rows(("type", "rows", "bytes", "first", "last", "versions", "txn", "path"), rows)


def _type(node: facts.Listed) -> str:
    return node.type if node.factory is None else f"{node.type} ({node.factory})"


def _shown(path: str, entry_type: str) -> str:
    return f"{path}/" if entry_type == "directory" and path != "/" else path


def _print_description(description: facts.Description) -> None:
    node = description.node
    known = {
        "path": node.path,
        "type": node.type,
        "node id": node.node_id,
        "factory": node.factory,
        **{
            escape(f"setting {name}"): value for name, value in (description.settings or {}).items()
        },
        "rows": node.rows,
        "bytes": node.bytes,
        "first": node.first,
        "last": node.last,
        "windows": description.windows,
        "versions": node.versions,
        "written in txn": node.txn,
        **{escape(f"attribute {name}"): value for name, value in description.attributes.items()},
    }
    print_facts({name: value for name, value in known.items() if value is not None})
    if description.columns:
        print_lines([""])
        print_rows(
            ("column", "type", "unit", "metadata"),
            [(c.name, c.type, c.unit, _pairs(c)) for c in description.columns],
        )
    if description.partitions:
        print_lines([""])
        print_rows(
            ("partition", "rows", "bytes", "first", "last", "data version"),
            [
                (p.partition, p.rows, p.bytes, p.first, p.last, p.data_version[:12])
                for p in description.partitions
            ],
        )


def _pairs(column: facts.Column) -> str:
    return ", ".join(f"{key}={value}" for key, value in column.metadata.items() if key != "unit")
