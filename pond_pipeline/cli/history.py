"""Commands about the past: log, show, diff."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import click

from pond_core import (
    AsOf,
    Change,
    Difference,
    EntryType,
    LogFilter,
    LoggedTransaction,
    Pond,
    Snapshot,
    Window,
)
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.instant import (
    AsOfType,
    InstantType,
    RunType,
    as_of_option,
    iso,
    moment,
    span,
)
from pond_pipeline.cli.past import Differing, Logged, Shown
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.cli.rows import SHOWN
from pond_pipeline.cli.terminal import say

_LISTED = 4
"""From so many on, a line says only the first, the last and how many."""

_limit_option = partial(
    click.option,
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=SHOWN,
    show_default=True,
)


def _filter_options(run: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which transactions: parameters of `_filter`."""
    for option in (
        click.option("--until", type=InstantType(), help="The end of that time, exclusive."),
        click.option(
            "--since",
            type=InstantType(),
            help="Only those that were committed since: a time, a date, or `7d` (ago).",
        ),
        click.option(
            "--partition",
            metavar="K",
            help=(
                "Only those that persisted this partition, such as `2026-11`; of a month or a "
                "year also those of its days and months."
            ),
        ),
        click.option(
            "--asset",
            metavar="GLOB",
            type=PondPath(),
            help=(
                "Only those that persisted this asset, or one that the pattern matches. All "
                "resolutions of a downsample are one transaction, which bears the name of the "
                "first; `pond log --path` finds it by any."
            ),
        ),
        click.option("--run", "run_id", type=RunType(), help="Only those of a Dagster run."),
    ):
        run = option(run)
    return run


def _filter(
    *,
    path: str | None = None,
    run_id: str | None,
    asset: str | None,
    partition: str | None,
    since: datetime | None,
    until: datetime | None,
) -> LogFilter | None:
    """Return which transactions are asked for; None if all are."""
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until")
    wanted = LogFilter(path, run_id, asset, partition, since, until)
    return None if wanted == LogFilter() else wanted


@command(example="pond log --path /combined/harbor --since 7d --limit 5")
@_limit_option(help="How many, the newest first.")
@click.option(
    "--path",
    type=PondPath(),
    help=(
        "Only those that touched what is there, under whatever name, what had that name "
        "before, or anything that is or was below. A symlink is not followed. A pattern "
        "means what it matches as of `--as-of`."
    ),
)
@_filter_options
@as_of_option
@json_option
@pass_invocation
def log(
    invocation: Invocation,
    /,
    *,
    limit: int,
    path: str | None,
    as_of: AsOf | None,
    as_json: bool,
    **filters: Any,  # noqa: ANN401 -- what `_filter` takes
) -> None:
    """List the transactions, newest first.

    With several filters, those that meet all of them.
    """
    wanted = _filter(path=path, **filters)
    pond = Pond.open(invocation.pond)
    upto = pond.snapshot(as_of).txn
    shown = [Logged.of(header) for header in pond.log(limit=limit, as_of=upto, wanted=wanted)]
    if wanted is None and len(shown) < upto:
        say(f"{len(shown)} of {upto} transactions; --limit says how many")
    elif wanted is not None:
        _say_limited(len(shown), limit)
        if not shown:
            _say_meant(pond.snapshot(upto), wanted)
    if as_json:
        print_json(shown)
    else:
        _print_log(shown)


@command(example="pond show '/combined/harbor/*' --partition 2026-11 --limit 5")
@click.argument(
    "what",
    metavar="[TXN|TIME|RUN|PATH|GLOB]",
    required=False,
    type=PondPath(),
    help=(
        "A txn, or a time or run, which mean the last transaction until then; or a path "
        "or pattern, whose nodes are followed under all their names. What begins with "
        "`/`, or is no moment, is a path."
    ),
)
@_limit_option(help="How many transactions, the newest first, where several are asked for.")
@_filter_options
@as_of_option
@json_option
@pass_invocation
def show(
    invocation: Invocation,
    /,
    what: str | None,
    *,
    limit: int,
    as_of: AsOf | None,
    as_json: bool,
    **filters: Any,  # noqa: ANN401 -- what `_filter` takes
) -> None:
    """Say what transactions did, or what was done to nodes.

    Of a run, or until a time, the last transaction; the newest one if nothing is said. With
    filters, those that meet all of them. For a PATH or GLOB, what was done to the nodes that are
    there, newest first, whatever their names were then.
    """
    wanted = _filter(**filters)
    path, asked = _asked(what)
    if asked is not None and as_of is not None:
        raise click.UsageError(f"--as-of is for paths and filters, and {what} is neither")
    if asked is not None and wanted is not None:
        raise click.UsageError(f"filters choose transactions, and {what} is one already")
    pond = Pond.open(invocation.pond)
    if path is not None:
        found = pond.changes_of(path, limit=limit, as_of=as_of, wanted=wanted)
    elif wanted is not None:
        headers = pond.log(limit=limit, as_of=as_of, wanted=wanted)
        found = [pond.show(header.txn) for header in headers]
    else:
        found = [pond.show(as_of if asked is None else asked)]
    if path is not None or wanted is not None:
        _say_limited(len(found), limit)
        if wanted is not None and not found:
            _say_meant(pond.snapshot(as_of), wanted)
    if as_json:
        print_json([Shown.of(each) for each in found])
    elif path is None:
        _print_transactions(found)
    else:
        _print_changes_of(found)


@command(example="pond diff 2026-10-31 2026-11-30")
@click.argument("before", type=AsOfType(), help="The one moment: a txn, a time or a Dagster run.")
@click.argument("after", type=AsOfType(), required=False, help="The other one; now if left out.")
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


def _say_limited(count: int, limit: int) -> None:
    if not count:
        say("no transaction meets that")
    elif count == limit:
        say(f"the newest {limit}; --limit says how many")


def _say_meant(snapshot: Snapshot, wanted: LogFilter) -> None:
    """Name what is close to the paths of a filter that nothing met, where they are not there."""
    for path in filter(None, (wanted.path, wanted.asset)):
        if hint := snapshot.nearest(path):
            say(f"  hint: {hint}")


def _print_transactions(found: Sequence[LoggedTransaction]) -> None:
    for number, each in enumerate(found):
        if number:
            print_lines([""])
        _print_transaction(each)


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
