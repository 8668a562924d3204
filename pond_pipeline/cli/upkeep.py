"""Commands that keep a pond in order: verify, repair, maintain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click
from typing_extensions import override

from pond_core import AsOf, CorruptionError, Finding, Pond, Report, SnapshotForgottenError
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import instant, iso
from pond_pipeline.cli.progress import tracking
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.cli.terminal import agreed, say
from pond_pipeline.wording import count_text


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` looked at, and found."""

    ok: bool
    txns: int
    log_files: int
    objects: int
    unreferenced: tuple[str, ...]
    left_over: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Mended:
    """What `repair` made, or would make; the fields are those of `pond_core.Repaired`."""

    ok: bool
    dry_run: bool
    pond_id: str
    txns: int
    proven: int
    horizon: int
    log_files: int
    set_aside: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Maintained:
    """What `maintain` did, or would do; the fields are those of `pond_core.Upkeep`."""

    dry_run: bool
    merged: int
    superseded: int
    forgotten: int
    deleted: int
    waiting: int
    freed: int
    horizon: int
    kept: tuple[int, ...]


class ForgetType(click.ParamType[AsOf]):
    """The first moment that shall stay readable: a txn, or an instant; a day from its beginning."""

    name = "txn|time"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> AsOf:
        if isinstance(value, int | datetime):
            return value
        text = str(value)
        try:
            return int(text) if text.isascii() and text.isdecimal() else instant(text)
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


@command(example="pond verify")
@json_option
@pass_invocation
def verify(invocation: Invocation, *, as_json: bool) -> None:
    """Check every byte of the pond.

    What is wrong is listed, and makes the command fail.
    """
    with tracking("checking") as track:
        report = Pond.verify_at(invocation.pond, track=track)
    if as_json:
        print_json(_verified(report))
    else:
        _print_report(report)
    if report.findings:
        msg = f"the pond is damaged: {count_text(len(report.findings), 'finding')}"
        raise CorruptionError(msg, hint="docs/integrity.md says what can be done about each")


@command(example="pond repair --dry-run")
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
@json_option
@pass_invocation
def repair(invocation: Invocation, *, dry_run: bool, as_json: bool) -> None:
    """Make a new Delta log where it is lost or damaged.

    It is made from the log files that are there; nothing is deleted. What is lost or could not be
    proven is listed, and makes the command fail. Run `pond verify` afterwards.
    """
    done = Pond.repair(invocation.pond, dry_run=dry_run)
    report = Mended(
        ok=done.ok,
        dry_run=dry_run,
        pond_id=done.pond_id,
        txns=done.txns,
        proven=done.proven,
        horizon=done.horizon,
        log_files=done.log_files,
        set_aside=done.set_aside,
        findings=done.findings,
    )
    if as_json:
        print_json(report)
    else:
        _print_mended(report)
    if report.findings:
        msg = f"not all of it could be proven: {count_text(len(report.findings), 'finding')}"
        raise CorruptionError(msg, hint="docs/integrity.md says what they mean")


@command(example="pond maintain --dry-run")
@click.option(
    "--dry-run", is_flag=True, help="Only say what would be done, with `--forget-before` as well."
)
@click.option(
    "--forget-before",
    type=ForgetType(),
    help=(
        "Drop for good what only snapshots before this moment can show; a date is the "
        "beginning of its day. It says which states go, and asks. The log still tells "
        "who made the transactions. This is the only way to drop history. Where that "
        "moment was dropped before, nothing but what was kept before it can go."
    ),
)
@click.option(
    "--keep-month-ends",
    is_flag=True,
    help=(
        "With `--forget-before`, what the pond held at the end of each month (UTC) "
        "before that moment stays, as far as it is still there. Without it, what was "
        "kept before goes as well."
    ),
)
@click.option("--yes", is_flag=True, help="Forget without being asked.")
@json_option
@pass_invocation
def maintain(
    invocation: Invocation,
    *,
    dry_run: bool,
    forget_before: AsOf | None,
    keep_month_ends: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Put the pond in order.

    Merges small log files, puts superseded rows out of the way, deletes left-overs of crashes. Good
    to run once a day; others may read and write meanwhile.
    """
    pond = Pond.open(invocation.pond)
    keep: list[int] = []
    if keep_month_ends and forget_before is None:
        msg = "--keep-month-ends says what --forget-before keeps"
        raise click.UsageError(msg)
    if forget_before is not None:
        keep = pond.month_ends(forget_before) if keep_month_ends else []
        goes = _announce(pond, forget_before, keep)
        if goes and not (dry_run or yes or agreed("Drop that for good?")):
            say("nothing is forgotten, and nothing was done; --yes forgets without asking")
            raise click.exceptions.Exit(1)
    done = pond.maintain(dry_run=dry_run, forget_before=forget_before, keep=keep)
    report = Maintained(
        dry_run=dry_run,
        merged=done.merged,
        superseded=done.superseded,
        forgotten=done.forgotten,
        deleted=done.deleted,
        waiting=done.waiting,
        freed=done.freed,
        horizon=done.horizon,
        kept=done.kept,
    )
    if as_json:
        print_json(report)
    else:
        _print_maintained(report)


def _announce(pond: Pond, forget_before: AsOf, keep: Sequence[int]) -> bool:
    """Say which states of the pond will be gone; False if none will be."""
    ends = f"{len(keep)} ends of months before it"
    try:
        txn = pond.snapshot(forget_before).txn
    except SnapshotForgottenError:
        stays = f"stay {ends}" if keep else "stays nothing"
        say(f"that moment was forgotten already; of what was kept before it {stays}")
        return True
    headers = pond.log(as_of=txn, limit=1)
    if not headers:
        say("there is nothing before that moment: nothing is forgotten")
        return False
    when = iso(headers[0].ts_us)
    say(f"forgets every state before txn {txn} ({when}): no command can show them again")
    also = f", at {ends}" if keep else ""
    say(f"stays: the pond as of txn {txn} and all later ones{also}, and the log of who did what")
    return True


def _print_maintained(report: Maintained) -> None:
    if report.dry_run:
        say("nothing was changed; this is what would be done")
    print_facts(
        {
            "log files merged": report.merged,
            "superseded rows put aside": report.superseded,
            "rows forgotten": report.forgotten,
            "files deleted": report.deleted,
            "files not old enough yet": report.waiting,
            "bytes freed": report.freed,
            "first txn that can be shown": report.horizon,
            "txns before it that are kept": len(report.kept),
        }
    )


def _verified(report: Report) -> Verified:
    return Verified(
        ok=report.ok,
        txns=report.txns,
        log_files=report.log_files,
        objects=report.objects,
        unreferenced=report.unreferenced,
        left_over=report.left_over,
        findings=report.findings,
    )


def _print_report(report: Report) -> None:
    print_facts(
        {
            "transactions": report.txns,
            "log files": report.log_files,
            "objects": report.objects,
            "unreferenced": len(report.unreferenced),
            "left over": len(report.left_over),
            "findings": len(report.findings),
        }
    )
    _print_findings(report.findings)


def _print_mended(report: Mended) -> None:
    if report.dry_run:
        say("nothing was changed; this is what would be made")
    print_facts(
        {
            "pond": report.pond_id,
            "transactions": report.txns,
            "proven whole": report.proven,
            "first txn that can be shown": report.horizon,
            "log files": report.log_files,
            "files set aside": len(report.set_aside),
            "findings": len(report.findings),
        }
    )
    _print_findings(report.findings)


def _print_findings(findings: tuple[Finding, ...]) -> None:
    if findings:
        print_lines([""])
        rows = [(finding.what, finding.where, finding.detail) for finding in findings]
        print_rows(("finding", "where", "detail"), rows)
