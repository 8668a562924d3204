"""The commands `backup restore|pull|promote`: ponds made of a backup, and parts put back."""

from dataclasses import dataclass
from datetime import datetime

import click

import pond_core
from pond_core import AsOf, Pond, PutBack, from_us, put_back, restore_part
from pond_pipeline.cli.backup_place import of_option, place_of, place_options
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import AsOfType
from pond_pipeline.cli.pond_path import PondPath
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
class RestoredPart:
    """What `restore --path` put back; the fields are those of `pond_core.PutBack`."""

    place: str
    pond: str
    path: str
    parent: str
    source: str
    as_of: int
    txn: int | None
    nodes: int
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


@command(example="pond backup restore --path /raw/harbor --into /old/harbor --as-of 2026-06-30")
@click.argument(
    "to",
    metavar="[DIR]",
    required=False,
    help="A directory that is not there, or is empty; or `s3://bucket/prefix`, where no pond is.",
)
@click.option(
    "--path",
    metavar="PATH",
    type=PondPath(),
    help="Only this directory or file of the backup; `/` is all of it.",
)
@click.option(
    "--into",
    metavar="PATH",
    type=PondPath(),
    help="Put it there, in the pond that `--pond` names, in one transaction.",
)
@click.option(
    "--force", is_flag=True, help="With `--into`, replace what is there; history keeps it."
)
@place_options("--from")
@of_option
@click.option(
    "--as-of",
    type=AsOfType(),
    metavar="TXN|TIME",
    help="Up to which moment; a date is the end of its day. The newest point if left out.",
)
@json_option
@pass_invocation
def restore(
    invocation: Invocation,
    /,
    to: str | None,
    *,
    path: str | None,
    into: str | None,
    force: bool,
    pond: str | None,
    as_of: AsOf | None,
    as_json: bool,
    **where: object,
) -> None:
    """Make a new pond in DIR, with all history up to a moment; or put a part back.

    DIR must not be there, or be empty; or it is s3://bucket/prefix, where no pond is. The new pond
    has a UUID of its own.

    With --path only that directory or file is copied, as it stood at that moment, without its
    history: to the same path of a new pond in DIR, or by --into to a path of the pond that goes on.
    """
    if isinstance(as_of, str):
        raise click.UsageError("a backup is restored as of a txn or a time, not of a run")
    _check(to, path=path, into=into, force=force)
    place = place_of(where)
    backups, target = place.open(), str(to)
    access = place.access if "://" in target else None
    if path is None:
        with transfer("fetching") as told:
            done = backups.restore(target, pond=pond, as_of=as_of, access=access, told=told)
        _show(done, target, as_json=as_json)
    elif into is None:
        with transfer("fetching") as told:
            part = restore_part(
                backups, path, target, pond=pond, as_of=as_of, access=access, told=told
            )
        _show_part(part, target, as_json=as_json)
    else:
        running = Pond.open(invocation.pond)
        with transfer("fetching") as told:
            part = put_back(
                backups, path, running, into, pond=pond, as_of=as_of, replace=force, told=told
            )
        _show_part(part, running.label, as_json=as_json)


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


def _check(to: str | None, *, path: str | None, into: str | None, force: bool) -> None:
    """Refuse what does not say one place that something goes to."""
    if to is not None and into is not None:
        raise click.UsageError("DIR is a new pond, and --into a path of this one: say one of them")
    if into is None and force:
        raise click.UsageError("--force is for --into: a new pond is never made over something")
    if path is None and into is not None:
        raise click.UsageError("say with --path what is to be put back; --path / is all of it")
    if to is None and into is None:
        also = "" if path is None else ", or with --into where in this pond it shall go"
        raise click.UsageError(f"name the DIR of a new pond{also}")


def _show(done: pond_core.Restored, to: str, *, as_json: bool) -> None:
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


def _show_part(done: PutBack, place: str, *, as_json: bool) -> None:
    report = RestoredPart(
        place=place,
        pond=done.pond,
        path=done.path,
        parent=done.parent,
        source=done.source,
        as_of=done.as_of,
        txn=done.txn,
        nodes=done.nodes,
        objects=done.objects,
        bytes=done.bytes,
    )
    what = f"{done.path} of {place} is {done.source} of pond {done.parent} as of txn {done.as_of}"
    if as_json:
        print_json(report)
    elif done.txn is None:
        say(f"{what}: it was so already, and nothing was written")
    else:
        say(f"{what}, since txn {done.txn}")
