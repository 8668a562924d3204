"""The commands `backup expire|clean-up`: which moments stay, and what only the others needed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import click

from pond_core import Keep, from_us
from pond_pipeline.cli.backup_place import of_option, place_of, place_options
from pond_pipeline.cli.command import PondCommand, command, json_option
from pond_pipeline.cli.progress import transfer
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import agreed, say


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


_PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")


def _keep_options(run: Callable[..., None]) -> Callable[..., None]:
    """Return the options that say which moments are kept."""
    for name in reversed(_PERIODS):
        kind = click.IntRange(min=0)
        what = f"Keep the last moment of each of so many {_PLURALS[name]}."
        run = click.option(f"--{name}", type=kind, default=0, metavar="N", help=what)(run)
    return run


_PLURALS = dict(zip(_PERIODS, ("hours", "days", "weeks", "months", "years"), strict=True))


@command(example="pond backup expire --daily 7 --monthly 12 --yes")
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
    with transfer("sending") as told:
        done = backups.expire(keep, pond=pond, told=told)
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


@click.command("clean-up", cls=PondCommand, example="pond backup clean-up")
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
