"""What `pond sync-dagster` does."""

from pathlib import Path

from pond_pipeline.cli.command import Invocation
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import read_documents
from pond_pipeline.instance import open_instance
from pond_pipeline.plan import compile_plan
from pond_pipeline.sync import sync_dagster as sync


def sync_dagster(invocation: Invocation, *, file: Path, home: Path, as_json: bool) -> None:
    """Do what `pond sync-dagster` says."""
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
