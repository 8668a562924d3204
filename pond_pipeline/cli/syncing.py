"""The command `sync-dagster`."""

from pathlib import Path

from pond_pipeline.cli.command import (
    Invocation,
    command,
    home_option,
    json_option,
    pass_invocation,
    resources_option,
)
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import read_documents
from pond_pipeline.instance import open_instance
from pond_pipeline.plan import compile_plan
from pond_pipeline.sync import sync_dagster as sync


@command(example="pond sync-dagster --home /srv/harbor/dagster")
@resources_option
@home_option
@json_option
@pass_invocation
def sync_dagster(invocation: Invocation, *, file: Path, home: Path, as_json: bool) -> None:
    """Make Dagster's view of the assets agree with the pond.

    After a restore, a rename or a lost home: what Dagster does not know is reported, and what it
    knows too much is wiped. The pond is only read.
    """
    plan = compile_plan(read_documents(file), root=file.absolute().parent)
    with open_instance(home) as instance:
        synced = sync(instance, plan, pond=invocation.pond)
    if as_json:
        print_json(synced)
        return
    if synced.assets:
        rows = [(each.path, each.reported, "yes" if each.wiped else "") for each in synced.assets]
        print_rows(("asset", "reported", "wiped first"), rows)
    say(f"Dagster agrees with txn {synced.txn} of the pond")
