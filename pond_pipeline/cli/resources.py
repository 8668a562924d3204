"""The command `apply`."""

from pathlib import Path

from pond_pipeline.apply import apply_resources
from pond_pipeline.cli.command import (
    Invocation,
    command,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import say


@command(example="pond apply -f resources.yaml -v harbor=noyo")
@resources_option
@variables_option
@json_option
@pass_invocation
def apply(
    invocation: Invocation, *, file: Path, variables: tuple[tuple[str, str], ...], as_json: bool
) -> None:
    """Check resources.yaml and record its resources in the pond.

    The pond is made when it is not there. Secrets are not recorded, only the names of the
    variables that hold them.
    """
    applied = apply_resources(file, pond=invocation.pond, variables=dict(variables))
    if as_json:
        print_json(applied)
        return
    print_rows(
        ("change", "kind", "name", "id"),
        [(each.change.value, each.kind, each.name, each.id) for each in applied.resources],
    )
    say("nothing changed" if applied.txn is None else f"recorded in txn {applied.txn}")
