"""The command `apply`."""

from pathlib import Path

import click

from pond_pipeline.apply import apply_resources
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import say


@command(example="pond apply -f resources.yaml -v harbor=noyo")
@click.option(
    "-f",
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="resources.yaml",
    show_default=True,
    help="The resources.",
)
@click.option("-v", "variables", multiple=True, metavar="K=V", help="What {{ K }} stands for.")
@json_option
@pass_invocation
def apply(invocation: Invocation, *, file: Path, variables: tuple[str, ...], as_json: bool) -> None:
    """Check resources.yaml and record its resources in the pond.

    The pond is made when it is not there. Secrets are not recorded, only the names of the
    variables that hold them.
    """
    values = dict(_pair(each) for each in variables)
    applied = apply_resources(file, pond=invocation.pond, variables=values)
    if as_json:
        print_json(applied)
        return
    print_rows(
        ("change", "kind", "name", "id"),
        [(each.change.value, each.kind, each.name, each.id) for each in applied.resources],
    )
    say("nothing changed" if applied.txn is None else f"recorded in txn {applied.txn}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.UsageError(f"-v takes NAME=VALUE, not {text!r}")
    return name, value
