"""The commands `backup init|push|list|verify|restore|expire|clean-up`."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import click

from pond_core import AsOf, CorruptionError, Finding, Keep, Pond, from_us
from pond_pipeline.cli.backup_place import KEY, of_option, place_of, place_options
from pond_pipeline.cli.command import (
    CommandGroup,
    Invocation,
    PondCommand,
    json_option,
    pass_invocation,
)
from pond_pipeline.cli.instant import AsOfType
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.cli.terminal import agreed, say
from pond_pipeline.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Pushed:
    """What `push` sent."""

    place: str
    pond: str
    txn: int
    is_new: bool
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `init` made; `key` is the one that it made up."""

    place: str
    sealed: bool
    key: str | None


@dataclass(frozen=True, slots=True)
class ListedPoint:
    """A point, as `list` tells it."""

    pond: str
    txn: int
    committed: datetime | None
    horizon: int
    kept: tuple[int, ...]
    segments: int
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A moment that stays, as `expire` tells it."""

    txn: int
    committed: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """What `expire` let go."""

    place: str
    pond: str
    expired: int
    rows: int
    bytes: int
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """What `clean-up` did; the fields are those of `pond_core.CleanedUp`."""

    place: str
    deleted: int
    freed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` looked at, and found; the fields are those of `pond_core.Inspection`."""

    ok: bool
    full: bool
    points: int
    segments: int
    objects: int
    bytes: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What `restore` made; the fields are those of `pond_core.Restored`."""

    path: str
    pond: str
    parent: str
    txn: int
    objects: int
    bytes: int


@click.group(cls=CommandGroup, example="pond backup push --to /media/stick/backup")
def backup() -> None:
    """Back the pond up into a folder or a bucket, and restore it.

    The place is that of the Backup resource, or is named by --to or --from.
    """


@backup.command(cls=PondCommand, example="pond backup init --to s3://lake/ponds --seal")
@place_options("--to")
@click.option("--seal", is_flag=True, help="Let nobody read it without a key.")
@json_option
def init(*, seal: bool, as_json: bool, **where: object) -> None:
    """Make the place of a backup, and prove that it can be written to safely.

    A push does so as well. With --seal nothing of what is sent can be read without the key in
    POND_BACKUP_KEY; where that is not set, a key is made and printed.
    """
    place = place_of(where)
    key = secrets.token_hex(32) if seal and place.where is not None and not place.key else None
    backups = place.open(key=key)
    if seal and not backups.is_sealed:
        msg = f"the resource of {backups.label} says no key"
        raise ConfigError(msg, hint=f"add `encryption_key: ${{env:{KEY}}}` to it")
    backups.prepare()
    report = Prepared(backups.label, backups.is_sealed, key)
    if as_json:
        print_json(report)
        return
    if key is not None:
        print_lines([f"{KEY}={key}"])
        say("put this line into .env beside resources.yaml, and a copy where no fire reaches it")
    if report.sealed:
        say(f"{backups.label} is sealed: whoever loses the key has lost the backup")
    else:
        say(f"{backups.label} can be written to; whoever can read it can read the pond")


@backup.command(cls=PondCommand, example="pond backup push --to /media/stick/backup")
@place_options("--to")
@json_option
@pass_invocation
def push(invocation: Invocation, /, *, as_json: bool, **where: object) -> None:
    """Send what the backup does not have yet."""
    pond = Pond.open(invocation.pond)
    backups = place_of(where).open()
    pushed = pond.push(backups)
    report = Pushed(
        place=backups.label,
        pond=pushed.point.pond,
        txn=pushed.point.txn,
        is_new=pushed.is_new,
        objects=pushed.objects,
        bytes=pushed.bytes,
    )
    if as_json:
        print_json(report)
    elif report.is_new:
        say(f"{backups.label} holds the pond up to txn {report.txn}: {report.bytes:,} bytes sent")
    else:
        say(f"{backups.label} holds the pond up to txn {report.txn}: nothing is new")


@backup.command("list", cls=PondCommand, example="pond backup list --from /media/stick/backup")
@place_options("--from")
@of_option
@json_option
def list_(*, pond: str | None, as_json: bool, **where: object) -> None:
    """List the moments that can be restored, the oldest first."""
    points = [
        ListedPoint(
            pond=point.pond,
            txn=point.txn,
            committed=from_us(point.ts_us) if point.txn else None,
            horizon=point.horizon,
            kept=point.kept,
            segments=len(point.segments),
            objects=point.objects,
            bytes=point.bytes,
        )
        for point in place_of(where).open().points(pond)
    ]
    if as_json:
        print_json(points)
        return
    rows = [(each.pond, each.txn, each.committed, each.horizon, each.bytes) for each in points]
    print_rows(("pond", "txn", "committed", "from txn", "bytes"), rows)


@backup.command(cls=PondCommand, example="pond backup verify --full")
@place_options("--from")
@of_option
@click.option("--full", is_flag=True, help="Check every point, and read every byte.")
@click.option("--repair", is_flag=True, help="Send again what is damaged, from the pond itself.")
@json_option
@pass_invocation
def verify(
    invocation: Invocation,
    /,
    *,
    pond: str | None,
    full: bool,
    repair: bool,
    as_json: bool,
    **where: object,
) -> None:
    """Check whether all is there that the newest points need.

    What is wrong is listed, and makes the command fail. With --repair only what is still wrong
    afterwards is; it reads every byte.
    """
    backups = place_of(where).open()
    if repair and pond is not None:
        raise click.UsageError("--repair is for the backup of this pond: leave --of out")
    found = (
        Pond.open(invocation.pond).heal(backups) if repair else backups.verify(pond=pond, full=full)
    )
    report = Verified(
        ok=found.ok,
        full=full or repair,
        points=found.points,
        segments=found.segments,
        objects=found.objects,
        bytes=found.bytes,
        findings=found.findings,
    )
    if as_json:
        print_json(report)
    else:
        _print_verified(report)
    if report.findings:
        msg = f"the backup is damaged: {len(report.findings)} findings"
        raise CorruptionError(msg, hint="docs/backup.md says what can be done about it")


@backup.command(cls=PondCommand, example="pond backup restore restored --as-of 2026-06-30")
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
    done = place.open().restore(to, pond=pond, as_of=as_of, access=access)
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


_PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")


def _keep_options(run: Callable[..., None]) -> Callable[..., None]:
    """Return the options that say which moments are kept."""
    for name in reversed(_PERIODS):
        kind = click.IntRange(min=0)
        what = f"Keep the last moment of each of so many {_PLURALS[name]}."
        run = click.option(f"--{name}", type=kind, default=0, metavar="N", help=what)(run)
    return run


_PLURALS = dict(zip(_PERIODS, ("hours", "days", "weeks", "months", "years"), strict=True))


@backup.command(cls=PondCommand, example="pond backup expire --daily 7 --monthly 12 --yes")
@place_options("--from")
@of_option
@_keep_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def expire(
    *,
    pond: str | None,
    hourly: int,
    daily: int,
    weekly: int,
    monthly: int,
    yearly: int,
    yes: bool,
    as_json: bool,
    **where: object,
) -> None:
    """Keep only the last moment of some hours, days, months ...

    Periods without a moment do not count. The newest moment always stays. From then on, no other
    moment can be restored; what only they needed is deleted by `clean-up`.
    """
    keep = Keep(hourly=hourly, daily=daily, weekly=weekly, monthly=monthly, yearly=yearly)
    backups = place_of(where).open()
    if not yes and not agreed(f"let moments of the backup in {backups.label} expire for good?"):
        raise click.UsageError("nothing was done; say --yes where nobody can be asked")
    done = backups.expire(keep, pond=pond)
    report = Expired(
        place=backups.label,
        pond=done.point.pond,
        expired=done.expired,
        rows=done.rows,
        bytes=done.bytes,
        kept=tuple(Kept(each.txn, from_us(each.ts_us)) for each in done.moments),
    )
    if as_json:
        print_json(report)
        return
    say(f"{report.expired} moments expired, {len(report.kept)} are kept")
    print_rows(("txn", "committed"), [(each.txn, each.committed) for each in report.kept])


@backup.command("clean-up", cls=PondCommand, example="pond backup clean-up")
@place_options("--from")
@json_option
def clean_up(*, as_json: bool, **where: object) -> None:
    """Delete what no moment needs, a day after it was found so.

    Run it once a day: each time deletes what the last one has listed. A Backup resource that says
    `keep` does so by itself.
    """
    backups = place_of(where).open()
    done = backups.clean_up()
    report = CleanedUp(backups.label, done.deleted, done.freed, done.waiting)
    if as_json:
        print_json(report)
    else:
        say(f"{done.deleted} files deleted, {done.freed:,} bytes; {done.waiting} wait for a day")


def _print_verified(report: Verified) -> None:
    print_facts(
        {
            "points": report.points,
            "segments": report.segments,
            "objects": report.objects,
            "bytes": report.bytes,
            "findings": len(report.findings),
        }
    )
    if report.findings:
        print_lines([""])
        rows = [(finding.what, finding.where, finding.detail) for finding in report.findings]
        print_rows(("finding", "where", "detail"), rows)
