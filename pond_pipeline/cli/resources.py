"""The command `apply`."""

from pathlib import Path

import click

from pond_pipeline.apply import Applied, apply_resources, foresee_resources
from pond_pipeline.cli.command import (
    Invocation,
    command,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.render import json_text, print_json, print_lines, print_rows
from pond_pipeline.cli.terminal import agreed, say
from pond_pipeline.resources import Change, KeyChange


@command(example="pond apply -f resources.yaml -v harbor=noyo")
@resources_option
@variables_option
@click.option(
    "--dry-run",
    is_flag=True,
    help=(
        "Only say what would change: resources, their keys, and which assets come, go "
        "and stay; with `--prune`, what would be removed. Nothing is written, and no "
        "pond made."
    ),
)
@click.option(
    "--prune",
    is_flag=True,
    help=(
        "Remove from the pond what is gone from the file: what it made, and its record. "
        "It asks before."
    ),
)
@click.option("--yes", is_flag=True, help="Prune without being asked.")
@json_option
@pass_invocation
def apply(
    invocation: Invocation,
    *,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    dry_run: bool,
    prune: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Check resources.yaml and record its resources in the pond.

    The pond is made when it is not there. Secrets are not recorded, only the names of the
    variables that hold them. What is gone from the file stays in the pond until it is pruned.
    """
    given, pond = dict(variables), invocation.pond
    if dry_run:
        applied = foresee_resources(file, pond=pond, variables=given, pruning=prune)
    else:
        if prune and not yes:
            _ask(foresee_resources(file, pond=pond, variables=given, pruning=True))
        applied = apply_resources(file, pond=pond, variables=given, pruning=prune)
    if as_json:
        print_json(applied)
    else:
        _print_applied(applied)


def _ask(outlook: Applied) -> None:
    """Say what pruning removes, if anything, and leave unless that is wanted."""
    gone = [each for each in outlook.resources if each.change is Change.PRUNED]
    if not gone and not outlook.pruned:
        return
    for each in gone:
        say(f"forgets the resource {each.kind} {each.name}")
    for path in outlook.pruned:
        say(f"removes {path}")
    say("earlier snapshots of the pond still show it")
    if not agreed("Remove that from the pond?"):
        say("nothing is removed, and nothing was recorded; --yes prunes without asking")
        raise click.exceptions.Exit(1)


def _print_applied(applied: Applied) -> None:
    if all(each.change is Change.GONE for each in applied.resources):
        say("warning: the file has no resource: every line of it is empty, or a comment")
    print_rows(
        ("change", "kind", "name", "id"),
        [(each.change.value, each.kind, each.name, each.id) for each in applied.resources],
    )
    if applied.dry_run:
        _print_details(applied)
        say("nothing was written; this is what would change")
        return
    say("nothing changed" if applied.txn is None else f"recorded in txn {applied.txn}")
    if applied.remaining:
        count = len(applied.remaining)
        say(f"paths that are no more in the file stay: {count}; see: pond apply --dry-run --prune")


def _print_details(applied: Applied) -> None:
    changes = [
        (each.kind, each.name, key.key, _shown(key, "before"), _shown(key, "after"))
        for each in applied.resources
        for key in each.keys
    ]
    if changes:
        print_lines([""])
        print_rows(("kind", "name", "key", "before", "after"), changes)
    what = {
        "added": applied.added,
        "removed": applied.removed,
        "stays": applied.remaining,
        "pruned": applied.pruned,
    }
    paths = [(change, path) for change, each in what.items() for path in each]
    if paths:
        print_lines([""])
        print_rows(("change", "path"), paths)


def _shown(change: KeyChange, side: str) -> str | None:
    value = getattr(change, side)
    return value if value is None or isinstance(value, str) else json_text(value)
