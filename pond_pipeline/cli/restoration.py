"""The commands `backup restore|pull|promote`: ponds that are made of a backup."""

from dataclasses import dataclass
from datetime import datetime

import click

from pond_core import AsOf, Pond, from_us
from pond_pipeline.cli.backup_place import of_option, place_of, place_options
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import AsOfType
from pond_pipeline.cli.progress import transfer
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.terminal import say


@dataclass(frozen=True, slots=True)
class Restored:
    """What `restore` made; the fields are those of `pond_core.Restored`."""

    path: str
    pond: str
    parent: str
    txn: int
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Pulled:
    """What `pull` fetched, and what the replica shows since."""

    path: str
    pond: str
    txn: int
    committed: datetime | None
    is_new: bool
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Promoted:
    """What `promote` made of a replica."""

    path: str
    pond: str
    parent: str
    txn: int


@command(example="pond backup restore restored --as-of 2026-06-30")
@click.argument("to", metavar="DIR")
@place_options("--from")
@of_option
@click.option("--as-of", type=AsOfType(), help="A txn or a time; the newest if left out.")
@json_option
def restore(
    to: str, *, pond: str | None, as_of: AsOf | None, as_json: bool, **where: object
) -> None:
    """Make a new pond in DIR, with all history up to a moment.

    DIR must not be there, or be empty; or it is s3://bucket/prefix, where no pond is. The new pond
    has a UUID of its own.
    """
    if isinstance(as_of, str):
        raise click.UsageError("a backup is restored as of a txn or a time, not of a run")
    place = place_of(where)
    access = place.access if "://" in to else None
    with transfer("fetching") as told:
        done = place.open().restore(to, pond=pond, as_of=as_of, access=access, told=told)
    report = Restored(
        path=to,
        pond=done.pond,
        parent=done.parent,
        txn=done.txn,
        objects=done.objects,
        bytes=done.bytes,
    )
    if as_json:
        print_json(report)
    else:
        say(f"{to} is pond {done.pond}: what {done.parent} held as of txn {done.txn}")


@command(example="pond --pond office backup pull --from s3://lake/ponds")
@place_options("--from")
@of_option
@json_option
@pass_invocation
def pull(invocation: Invocation, /, *, pond: str | None, as_json: bool, **where: object) -> None:
    """Make the pond a replica, or fetch what is new for it.

    A replica has the UUID and the history of the pond that the backup is of, and only follows it:
    it can be read like any other, and takes no changes.
    """
    backups = place_of(where).open()
    with transfer("fetching") as told:
        done = backups.pull(invocation.pond, pond=pond, told=told)
    report = Pulled(
        path=str(invocation.pond),
        pond=done.pond,
        txn=done.txn,
        committed=from_us(done.ts_us) if done.txn else None,
        is_new=done.is_new,
        objects=done.objects,
        bytes=done.bytes,
    )
    if as_json:
        print_json(report)
    elif report.is_new:
        say(f"{report.path} shows pond {report.pond} up to txn {report.txn}")
    else:
        say(f"{report.path} shows pond {report.pond} up to txn {report.txn}: nothing is new")


@command(example="pond --pond office backup promote")
@json_option
@pass_invocation
def promote(invocation: Invocation, *, as_json: bool) -> None:
    """Let a replica go its own way, where the pond that it follows is lost.

    It becomes a pond that can be written to, with a UUID of its own, and knows its parent. From
    then on nothing can be pulled into it.
    """
    pond = Pond.open(invocation.pond)
    parent = pond.id
    pond.promote()
    report = Promoted(str(invocation.pond), pond.id, parent, pond.snapshot().txn)
    if as_json:
        print_json(report)
    else:
        say(f"{report.path} is pond {report.pond} now, and follows {report.parent} no more")
