"""Commands about the past: log, show, diff."""

from collections.abc import Sequence
from functools import partial

import click

from pond_core import (
    AsOf,
    Change,
    Difference,
    EntryType,
    LogFilter,
    LoggedTransaction,
    Pond,
    Window,
)
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import AsOfType, RunType, as_of_option, iso, moment, span
from pond_pipeline.cli.past import Differing, Logged, Shown
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.cli.rows import SHOWN
from pond_pipeline.cli.terminal import say

_LISTED = 4
"""From so many on, a line says only the first, the last and how many."""

_limit_option = partial(
    click.option, "--limit", type=click.IntRange(min=1), default=SHOWN, show_default=True
)


@command(example="pond log --path /combined/harbor --limit 5")
@_limit_option(help="How many, the newest first.")
@click.option("--path", help="Only those that touched it, or what is or was below it.")
@click.option("--run", "run_id", type=RunType(), help="Only those of a Dagster run.")
@click.option("--asset", metavar="GLOB", help="Only those that persisted these assets.")
@as_of_option
@json_option
@pass_invocation
def log(
    invocation: Invocation,
    *,
    limit: int,
    path: str | None,
    run_id: str | None,
    asset: str | None,
    as_of: AsOf | None,
    as_json: bool,
) -> None:
    """List the transactions, newest first.

    With several filters, those that meet all of them.
    """
    pond = Pond.open(invocation.pond)
    upto = pond.snapshot(as_of).txn
    is_filtered = any(each is not None for each in (path, run_id, asset))
    wanted = LogFilter(path, run_id, asset) if is_filtered else None
    shown = [Logged.of(header) for header in pond.log(limit=limit, as_of=upto, wanted=wanted)]
    if wanted is None and len(shown) < upto:
        say(f"{len(shown)} of {upto} transactions; --limit says how many")
    elif wanted is not None and len(shown) == limit:
        say(f"the newest {limit}; --limit says how many")
    if as_json:
        print_json(shown)
    else:
        _print_log(shown)


@command(example="pond show /combined/harbor/Basin --limit 5")
@click.argument("what", metavar="[TXN|TIME|RUN|PATH]", required=False)
@_limit_option(help="How many transactions, the newest first, of a PATH.")
@as_of_option
@json_option
@pass_invocation
def show(
    invocation: Invocation, what: str | None, *, limit: int, as_of: AsOf | None, as_json: bool
) -> None:
    """Say what a transaction did, or what was done to a node.

    Of a run, or until a time, the last transaction; the newest one if nothing is named. For a PATH,
    what was done to the node that is there, newest first, whatever its name was then.
    """
    pond = Pond.open(invocation.pond)
    path, asked = _asked(what)
    if asked is not None and as_of is not None:
        raise click.UsageError(f"--as-of is for paths, and {what} is none")
    if path is None:
        found = [pond.show(as_of if asked is None else asked)]
    else:
        found = pond.changes_of(path, limit=limit, as_of=as_of)
    if as_json:
        print_json([Shown.of(each) for each in found])
    elif path is None:
        _print_transaction(found[0])
    else:
        _print_changes_of(found)


@command(example="pond diff 2026-10-31 2026-11-30")
@click.argument("before", type=AsOfType())
@click.argument("after", type=AsOfType(), required=False)
@json_option
@pass_invocation
def diff(invocation: Invocation, before: AsOf, after: AsOf | None, *, as_json: bool) -> None:
    """Say what differs between two moments.

    BEFORE and AFTER are txns, times or Dagster runs; AFTER is now if left out. What was made and
    removed again in between does not show.
    """
    difference = Pond.open(invocation.pond).diff(before, after)
    if as_json:
        print_json(Differing.of(difference))
        return
    count = len(difference.changes)
    say(f"from txn {difference.before} to txn {difference.after}: {count} changes")
    if count:
        _print_changes(difference)


def _asked(what: str | None) -> tuple[str | None, AsOf | None]:
    """Return the path or the moment that `show` is asked for; a moment goes before a path."""
    if what is None:
        return None, None
    try:
        return (what, None) if what.startswith("/") else (None, moment(what))
    except ValueError:
        return what, None


def _print_log(shown: Sequence[Logged]) -> None:
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


def _print_transaction(found: LoggedTransaction) -> None:
    made = Logged.of(found.header)
    known = {
        "txn": made.txn,
        "time": made.time,
        "author": made.author,
        "message": made.message,
        "asset": made.asset,
        "partitions": _brief(made.partitions),
        "run": made.run_id,
        "rows": made.rows,
        "bytes": made.bytes,
    }
    print_facts({name: value for name, value in known.items() if value != ""})
    print_lines([""])
    rows = [
        (o.op, o.entry_type, o.rows, o.bytes, _span(o.window), o.path) for o in found.operations
    ]
    print_rows(("operation", "type", "rows", "bytes", "window", "path"), rows)


def _print_changes_of(found: Sequence[LoggedTransaction]) -> None:
    rows = [
        (t.header.txn, iso(t.header.ts_us), o.op, o.rows, o.bytes, _span(o.window), o.path)
        for t in found
        for o in t.operations
    ]
    print_rows(("txn", "time", "operation", "rows", "bytes", "window", "path"), rows)


def _print_changes(difference: Difference) -> None:
    rows = [
        (
            change.kind,
            change.entry_type,
            _step(change.rows_before, change.rows),
            _step(change.bytes_before, change.bytes),
            _brief([span(each.window) for each in change.windows]),
            _facts(change),
            _ways(change),
        )
        for change in difference.changes
    ]
    print_rows(("change", "type", "rows", "bytes", "windows", "facts", "path"), rows)


def _span(window: Window | None) -> str:
    return "" if window is None else span(window)


def _step(before: int | None, after: int | None) -> str:
    if before is None:
        return "" if after is None else f"+{after}"
    return f"-{before}" if after is None else f"{before} -> {after}"


def _facts(change: Change) -> str:
    """Return which facts differ: names of attributes, and how many ranges were marked."""
    count = len(change.marks)
    marks = [f"{count} mark{'s' if count > 1 else ''}"] if count else []
    return ", ".join([*change.attributes, *marks])


def _ways(change: Change) -> str:
    slash = "/" if change.entry_type is EntryType.DIRECTORY and change.path != "/" else ""
    before = change.path_before
    led = f"{before}{slash} -> " if before is not None and before != change.path else ""
    return f"{led}{change.path}{slash}"


def _brief(texts: Sequence[str]) -> str:
    """Return partitions or windows as text that stays on a line however many they are."""
    if len(texts) < _LISTED:
        return ", ".join(texts)
    return f"{texts[0]} .. {texts[-1]} ({len(texts)})"
