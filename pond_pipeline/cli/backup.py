"""The command `backup`: `init|push|list|verify`, and those of other rooms."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import click

from pond_core import CorruptionError, Finding, NotFoundError, Pond, from_us
from pond_pipeline.cli.backup_place import KEY, of_option, place_of, place_options
from pond_pipeline.cli.command import (
    CommandGroup,
    Invocation,
    PondCommand,
    json_option,
    pass_invocation,
)
from pond_pipeline.cli.progress import transfer
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.cli.restoration import promote, pull, restore
from pond_pipeline.cli.retention import clean_up, expire
from pond_pipeline.cli.terminal import say
from pond_pipeline.errors import ConfigError
from pond_pipeline.wording import count_text


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
class Verified:
    """What `verify` looked at, and found; the fields are those of `pond_core.Inspection`."""

    ok: bool
    full: bool
    points: int
    segments: int
    objects: int
    bytes: int
    findings: tuple[Finding, ...]


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
@click.option("--anew", is_flag=True, help="The place shall be empty; begin there from nothing.")
@json_option
@pass_invocation
def push(invocation: Invocation, /, *, anew: bool, as_json: bool, **where: object) -> None:
    """Send what the backup does not have yet."""
    pond = Pond.open(invocation.pond)
    backups = place_of(where).open()
    with transfer("sending") as told:
        pushed = pond.push(backups, anew=anew, told=told)
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
    backups = place_of(where).open()
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
        for point in backups.points(pond)
    ]
    if not points:
        msg = f"there is no backup in {backups.label}"
        raise NotFoundError(
            msg, path=backups.label, hint="is it the right place? make one with `pond backup push`"
        )
    if as_json:
        print_json(points)
        return
    rows = [(each.pond, each.txn, each.committed, each.horizon, each.bytes) for each in points]
    print_rows(("pond", "txn", "committed", "from txn", "bytes"), rows)


@backup.command(cls=PondCommand, example="pond backup verify --full")
@place_options("--from")
@of_option
@click.option(
    "--full",
    is_flag=True,
    help="Check every point, read every byte, and follow the chain of headers.",
)
@click.option(
    "--repair",
    is_flag=True,
    help=(
        "Read every byte, and send again what is missing or damaged, from the pond "
        "itself; what is still wrong afterwards is listed."
    ),
)
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
    with transfer("checking") as told:
        if repair:
            found = Pond.open(invocation.pond).heal(backups, told=told)
        else:
            found = backups.verify(pond=pond, full=full, told=told)
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
        msg = f"the backup is damaged: {count_text(len(report.findings), 'finding')}"
        raise CorruptionError(msg, hint="docs/backup.md says what can be done about it")


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


backup.add_command(restore)
backup.add_command(pull)
backup.add_command(promote)
backup.add_command(expire)
backup.add_command(clean_up)
