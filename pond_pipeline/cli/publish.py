"""The command `publish`."""

from datetime import timedelta
from pathlib import Path

import click

from pond_core import Pond, Publication
from pond_core import publish as publish_tables
from pond_pipeline.cli.command import (
    Invocation,
    command,
    json_option,
    pass_invocation,
)
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.cli.progress import tracking
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import say
from pond_pipeline.reach import reached

_EVERYTHING = ("/**",)


@command(example="pond publish '/combined/*/*' '/reduced/**' s3://lake/harbor")
@click.argument(
    "patterns",
    metavar="[PATTERN]...",
    nargs=-1,
    type=PondPath(),
    help="Which series and tables; each one of the pond if left out.",
)
@click.argument(
    "destination",
    metavar="DIR|s3://BUCKET/PREFIX",
    help="The folder, or the prefix of a bucket, that the tables go below.",
)
@click.option(
    "--prune",
    is_flag=True,
    help=(
        "Delete the tables of this pond that a pattern matches and whose series or "
        "table is not in the pond any more; without it they stay as they are."
    ),
)
@click.option(
    "--keep-days",
    type=click.IntRange(min=0),
    metavar="N",
    default=7,
    show_default=True,
    help="How long files stay that were replaced, for those who read an earlier version.",
)
@json_option
@pass_invocation
def publish(
    invocation: Invocation,
    /,
    *,
    patterns: tuple[str, ...],
    destination: str,
    prune: bool,
    keep_days: int,
    as_json: bool,
) -> None:
    """Publish series and tables as plain Delta tables.

    Each one that a PATTERN matches, or each one of all, becomes a table at its path below the
    destination, for Spark, Trino, DuckDB or Databricks to read. Only what changed since the last
    time is replaced.
    """
    if "://" in destination:
        reached(destination, folder=Path())  # by what `.env` says, as everywhere
    pond = Pond.open(invocation.pond)
    with tracking("publishing") as track:
        published = publish_tables(
            pond,
            destination,
            patterns or _EVERYTHING,
            prune=prune,
            keep=timedelta(days=keep_days),
            track=track,
        )
    if as_json:
        print_json(published)
        return
    _tell(published)


def _tell(published: Publication) -> None:
    rows = [(t.path, t.txn, t.version, t.files, t.bytes) for t in published.tables if t.is_changed]
    if rows:
        print_rows(("table", "txn", "version", "files", "bytes"), rows)
    for path in published.pruned:
        say(f"{path}: deleted, it is not in the pond any more")
    unchanged = len(published.tables) - len(rows)
    say(f"{published.destination} shows txn {published.txn}; unchanged tables: {unchanged}")
