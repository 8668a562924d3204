"""Commands about the pond as a whole and what is in it: init, ls, describe, log, verify."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from pond_core import CorruptionError, Finding, Header, Pond, Report
from pond_pipeline.cli import facts
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import as_of_option, iso
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.cli.rows import SHOWN
from pond_pipeline.cli.terminal import escape, say

_LISTED = 4
"""From so many partitions on a line says only the first, the last and how many."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new pond: where it is, and its UUID."""

    path: str
    id: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One transaction, as `log` shows it."""

    txn: int
    time: str
    author: str
    asset: str
    partitions: tuple[str, ...]
    operations: int
    rows: int
    bytes: int
    message: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What `verify` looked at, and found."""

    ok: bool
    txns: int
    log_files: int
    objects: int
    unreferenced: tuple[str, ...]
    findings: tuple[Finding, ...]


@command(example="pond --pond /srv/harbor init")
@json_option
@pass_invocation
def init(invocation: Invocation, *, as_json: bool) -> None:
    """Make a pond.

    It fails where there is one already.
    """
    pond = Pond.init(invocation.pond)
    if as_json:
        print_json(Made(str(invocation.pond), pond.id))
    else:
        say(f"made a pond at {invocation.pond}")


@command(example="pond ls -l '/combined/*/*'")
@click.argument("pattern", metavar="[GLOB]", default="/")
@click.option("-l", "--long", is_flag=True, help="Show types, rows, bytes, times and txns.")
@as_of_option
@json_option
@pass_invocation
def ls(
    invocation: Invocation, pattern: str, *, long: bool, as_of: int | datetime | None, as_json: bool
) -> None:
    """List what the pond holds.

    GLOB is a path, whose directory is listed, or a pattern with *, ?, [...] and **.
    """
    found = facts.find(Pond.open(invocation.pond).snapshot(as_of), pattern)
    if as_json:
        print_json([facts.listed(node, captures) for node, captures in found])
        return
    if not found:
        say(f"nothing in {pattern}")
    elif long:
        _print_long([facts.listed(node) for node, _ in found])
    else:
        print_lines([_shown(node.path, node.entry_type.value) for node, _ in found])


@command(example="pond describe /combined/harbor/Basin")
@click.argument("path")
@as_of_option
@json_option
@pass_invocation
def describe(
    invocation: Invocation, path: str, *, as_of: int | datetime | None, as_json: bool
) -> None:
    """Say what is known of a node.

    Its type, columns and units, rows, times, windows, and the months that are recorded.
    """
    description = facts.describe(Pond.open(invocation.pond).snapshot(as_of), path)
    if as_json:
        print_json(description)
    else:
        _print_description(description)


@command(example="pond log --limit 5")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=SHOWN,
    show_default=True,
    help="How many, the newest first.",
)
@as_of_option
@json_option
@pass_invocation
def log(invocation: Invocation, *, limit: int, as_of: int | datetime | None, as_json: bool) -> None:
    """List the transactions, newest first."""
    pond = Pond.open(invocation.pond)
    newest = pond.snapshot(as_of).txn
    headers = pond.log(limit=limit) if as_of is None else pond.log()
    shown = [_logged(each) for each in headers if each.txn <= newest][:limit]
    if len(shown) < newest:
        say(f"{len(shown)} of {newest} transactions; --limit says how many")
    if as_json:
        print_json(shown)
    else:
        _print_log(shown)


@command(example="pond verify")
@json_option
@pass_invocation
def verify(invocation: Invocation, *, as_json: bool) -> None:
    """Check every byte of the pond.

    What is wrong is listed, and makes the command fail.
    """
    report = Pond.open(invocation.pond).verify()
    if as_json:
        print_json(_verified(report))
    else:
        _print_report(report)
    if report.findings:
        msg = f"the pond is damaged: {len(report.findings)} findings"
        raise CorruptionError(msg, hint="keep a copy of it as it is, and restore a backup")


def _print_long(nodes: list[facts.Listed]) -> None:
    rows = [
        (n.type, n.rows, n.bytes, n.first, n.last, n.versions, n.txn, _shown(n.path, n.type))
        if n.target is None
        else (n.type, None, None, None, None, None, n.txn, f"{n.path} -> {n.target}")
        for n in nodes
    ]
    print_rows(("type", "rows", "bytes", "first", "last", "versions", "txn", "path"), rows)


def _shown(path: str, entry_type: str) -> str:
    return f"{path}/" if entry_type == "directory" and path != "/" else path


def _print_description(description: facts.Description) -> None:
    node = description.node
    known = {
        "path": node.path,
        "type": node.type,
        "node id": node.node_id,
        "rows": node.rows,
        "bytes": node.bytes,
        "first": node.first,
        "last": node.last,
        "windows": description.windows,
        "versions": node.versions,
        "written in txn": node.txn,
        **{escape(f"attribute {name}"): value for name, value in description.attributes.items()},
    }
    print_facts({name: value for name, value in known.items() if value is not None})
    if description.columns:
        print_lines([""])
        print_rows(
            ("column", "type", "unit", "metadata"),
            [(c.name, c.type, c.unit, _pairs(c)) for c in description.columns],
        )
    if description.partitions:
        print_lines([""])
        print_rows(
            ("partition", "rows", "bytes", "first", "last", "data version"),
            [
                (p.partition, p.rows, p.bytes, p.first, p.last, p.data_version[:12])
                for p in description.partitions
            ],
        )


def _pairs(column: facts.Column) -> str:
    return ", ".join(f"{key}={value}" for key, value in column.metadata.items() if key != "unit")


def _logged(header: Header) -> Logged:
    made = header.provenance
    return Logged(
        txn=header.txn,
        time=iso(header.ts_us),
        author=made.author,
        asset=made.asset,
        partitions=made.partitions,
        operations=header.operations,
        rows=header.rows,
        bytes=header.bytes,
        message=made.message,
        run_id=made.run_id,
    )


def _print_log(shown: list[Logged]) -> None:
    print_rows(
        ("txn", "time", "author", "asset", "partitions", "rows", "bytes", "message", "run"),
        [
            (
                t.txn,
                t.time,
                t.author,
                t.asset,
                _brief(t.partitions),
                t.rows,
                t.bytes,
                t.message,
                t.run_id,
            )
            for t in shown
        ],
    )


def _verified(report: Report) -> Verified:
    return Verified(
        ok=report.ok,
        txns=report.txns,
        log_files=report.log_files,
        objects=report.objects,
        unreferenced=report.unreferenced,
        findings=report.findings,
    )


def _print_report(report: Report) -> None:
    print_facts(
        {
            "transactions": report.txns,
            "log files": report.log_files,
            "objects": report.objects,
            "unreferenced": len(report.unreferenced),
            "findings": len(report.findings),
        }
    )
    if report.findings:
        print_lines([""])
        rows = [(finding.what, finding.where, finding.detail) for finding in report.findings]
        print_rows(("finding", "where", "detail"), rows)


def _brief(partitions: Sequence[str]) -> str:
    """Return partition keys as text that stays on a line however many they are."""
    if len(partitions) < _LISTED:
        return ", ".join(partitions)
    return f"{partitions[0]} .. {partitions[-1]} ({len(partitions)})"
