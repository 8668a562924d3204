"""Commands that change names in the pond: mkdir, rm, mv, ln. Each is one transaction."""

from dataclasses import dataclass
from functools import partial

import click

from pond_core import Pond, Provenance, Snapshot
from pond_pipeline.cli import arrangement
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.declared import warn_of_declared
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import say

_paths_argument = partial(
    click.argument, "paths", metavar="PATH...", nargs=-1, required=True, type=PondPath()
)
_NAMED = 3
"""How many paths the log's message names; the operations name all."""


@dataclass(frozen=True, slots=True)
class Made:
    """What `mkdir` made."""

    txn: int | None
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """What `rm` removed, or would remove."""

    txn: int | None
    dry_run: bool
    removed: tuple[arrangement.Gone, ...]
    declared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """What `mv` renamed."""

    txn: int | None
    source: str
    destination: str
    declared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """What `ln` made."""

    txn: int | None
    path: str
    target: str
    leads_to: str | None


@command(example="pond mkdir -p /notes/2026")
@_paths_argument(help="The directories.")
@click.option(
    "-p",
    "--parents",
    is_flag=True,
    help="Make what leads there, too; a directory that is there already is no error.",
)
@json_option
@pass_invocation
def mkdir(invocation: Invocation, paths: tuple[str, ...], *, parents: bool, as_json: bool) -> None:
    """Make directories.

    All of them, in one transaction, or none.
    """
    found, header = Pond.open(invocation.pond).transact(
        lambda tx: arrangement.make_directories(tx, paths, parents=parents),
        _made_by("pond mkdir", paths),
    )
    report = Made(None if header is None else header.txn, found)
    if as_json:
        print_json(report)
    elif report.txn is None:
        say("nothing was made: all of it is there")
    else:
        say(f"made {_few(found)} in txn {report.txn}")


@command(example="pond rm -r --dry-run '/notes/2024*'")
@_paths_argument(help="What goes; a pattern means all that it matches.")
@click.option("-r", "--recursive", is_flag=True, help="Remove a directory with all below it.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@json_option
@pass_invocation
def rm(
    invocation: Invocation,
    paths: tuple[str, ...],
    *,
    recursive: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Remove files, symlinks and directories from the pond as it is now.

    All of them, in one transaction, or none. PATH may be a pattern; a symlink is removed itself.
    History keeps what was there: --as-of shows it, and what a run collects comes again.
    """
    pond = Pond.open(invocation.pond)
    before = pond.snapshot()
    if dry_run:
        gone, txn = arrangement.what_goes(before, paths, recursive=recursive), None
    else:
        gone, header = pond.transact(
            lambda tx: arrangement.remove(tx, paths, recursive=recursive),
            _made_by("pond rm", paths),
        )
        txn = None if header is None else header.txn
    declared = warn_of_declared(before, [each.path for each in gone])
    report = Removed(txn, dry_run, gone, declared)
    if as_json:
        print_json(report)
        return
    print_rows(("type", "nodes", "path"), [(each.type, each.nodes, each.path) for each in gone])
    if txn is None:
        say("nothing was removed; this is what would go")
    else:
        say(f"removed in txn {txn}; to look at it: --as-of {txn - 1}")


@command(example="pond mv /notes/2026 /notes/old/2026")
@click.argument("source", metavar="SRC", type=PondPath(), help="What is moved.")
@click.argument(
    "destination",
    metavar="DST",
    type=PondPath(),
    help="Its new path, or a directory that is there, into which it goes under its own name.",
)
@json_option
@pass_invocation
def mv(invocation: Invocation, source: str, destination: str, *, as_json: bool) -> None:
    """Give a file, symlink or directory another name, or another directory.

    Into a directory that is there it goes under its own name. Nothing is replaced. What is moved
    keeps its content and its past; a symlink is moved itself.
    """
    pond = Pond.open(invocation.pond)
    before = pond.snapshot()
    (old, new), header = pond.transact(
        lambda tx: arrangement.move(tx, source, destination),
        _made_by("pond mv", (source, destination)),
    )
    txn = None if header is None else header.txn
    report = Moved(txn, old, new, () if txn is None else warn_of_declared(before, [old]))
    if as_json:
        print_json(report)
    elif txn is None:
        say(f"{old} has that name already")
    else:
        say(f"{old} is {new} since txn {txn}")


@command(example="pond ln /combined/harbor/Wharf /latest")
@click.argument(
    "target",
    metavar="TARGET",
    type=PondPath(),
    help=(
        "What it leads to; nothing need be there. A relative one counts from the "
        "directory of the symlink."
    ),
)
@click.argument(
    "link",
    metavar="LINK",
    type=PondPath(),
    help=(
        "The symlink's path, or a directory that is there, in which it has the name of "
        "what it leads to."
    ),
)
@json_option
@pass_invocation
def ln(invocation: Invocation, target: str, link: str, *, as_json: bool) -> None:
    """Make a symlink LINK that leads to TARGET.

    TARGET need not be there; if it is relative, it counts from the directory of LINK. In a
    directory that is there, the symlink has TARGET's name.
    """
    pond = Pond.open(invocation.pond)
    path, header = pond.transact(
        lambda tx: arrangement.link(tx, target, link), _made_by("pond ln", (target, link))
    )
    txn = None if header is None else header.txn
    report = Linked(txn, path, target, _led(pond.snapshot(), path))
    if report.leads_to is None:
        say(f"warning: {path} leads nowhere yet: there is no {target}")
    if as_json:
        print_json(report)
    else:
        say(f"{path} leads to {target} since txn {txn}")


def _led(snapshot: Snapshot, path: str) -> str | None:
    """Return the type of what a symlink leads to; None if that is nothing."""
    return snapshot.entry_type(path).value if snapshot.exists(path) else None


def _made_by(author: str, paths: tuple[str, ...]) -> Provenance:
    return Provenance(author=author, message=_few(paths))


def _few(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return " ".join(paths[:_NAMED]) + more
