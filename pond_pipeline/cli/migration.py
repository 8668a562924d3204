"""The command `migrate`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.render import print_json, print_lines, print_rows
from pond_pipeline.cli.terminal import say
from pond_pipeline.errors import MigrationError
from pond_pipeline.migration import Grade, Migrated, Outlet, Remark, SeriesReport
from pond_pipeline.migration import migrate as migrate_pond

_MOST_LINES = 20
"""How many of the things that failed are told once more in the error."""


@command(example="pond migrate old/.pond -o resources.yaml")
@click.argument(
    "old",
    type=click.Path(path_type=Path),
    help="The directory of the old pond, which is only read.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default="resources.yaml",
    show_default=True,
    help=(
        "Where its resources are written. Another file that is there is kept, which "
        "counts as a failure."
    ),
)
@click.option("--force", is_flag=True, help="Replace that file.")
@click.option(
    "--secrets",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write its secrets into a new file, for its owner alone.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only say what would come; `missing` is then what the pond does not have.",
)
@json_option
@pass_invocation
def migrate(
    invocation: Invocation,
    *,
    old: Path,
    out: Path,
    force: bool,
    secrets: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take in a pond of the original tool.

    OLD is its directory, which is only read. The pond is made when it is not there; what it holds
    stays. It fails where something of the old pond could not be taken, and takes the rest.
    """
    migrated = migrate_pond(
        old,
        invocation.pond,
        Outlet(out, force=force, secrets=secrets),
        now=datetime.now(UTC),
        dry_run=dry_run,
        tell=say,
    )
    if as_json:
        print_json(migrated)
    else:
        _print_migrated(migrated)
    _raise_failed(migrated.of_grade(Grade.FAILED))


def _raise_failed(failed: list[Remark]) -> None:
    """Raise what could not be taken, if anything.

    Raises:
        MigrationError: Something could not.
    """
    if failed:
        lines = [f"{each.where}: {each.what}: {each.detail}" for each in failed[:_MOST_LINES]]
        rest = len(failed) - len(lines)
        lines += [f"... and {rest} more, see above"] if rest else []
        raise MigrationError("\n".join(lines), hint="all else was taken; to see it: pond ls /raw")


def _print_migrated(migrated: Migrated) -> None:
    _print_series(migrated.series)
    if migrated.files:
        print_lines([""])
        print_rows(
            ("files", "whole", "bytes", "new", "there already", "other"),
            [(f.path, f.files, f.bytes, f.added, f.equal, f.other) for f in migrated.files],
        )
    if migrated.tables or migrated.aliases:
        print_lines([""])
        rows = [(t.path, f"{t.rows} rows", t.added > 0) for t in migrated.tables]
        rows += [(a.path, f"-> {a.target}", a.is_new) for a in migrated.aliases]
        print_rows(("name", "holds", ""), [(p, h, "new" if n else "as it was") for p, h, n in rows])
    if migrated.remarks:
        print_lines([""])
        print_rows(
            ("", "what", "where", "detail"),
            [(r.grade.value, r.what, r.where, r.detail) for r in migrated.remarks],
        )
    _say_resources(migrated)


def _print_series(series: tuple[SeriesReport, ...]) -> None:
    """Print what was read, and below it what the pond holds of it: the proof."""
    print_rows(
        ("old series", "version", "rows", "readings", "first", "last"),
        [
            (report.path, v.file.rpartition("/")[2], v.rows, v.readings, v.first, v.last)
            for report in series
            for v in report.versions
        ],
    )
    print_lines([""])
    print_rows(
        ("series", "readings", "repeated", "superseded", "distinct", "first", "last"),
        [
            (s.path, s.readings, s.repeated, s.superseded, s.distinct, s.first, s.last)
            for s in series
        ],
    )
    print_lines([""])
    print_rows(
        ("in the pond", "new", "equal", "other", "missing", "first", "last", "txn"),
        [
            (
                s.path,
                s.added,
                s.in_pond.equal,
                s.in_pond.other,
                s.in_pond.missing,
                s.in_pond.first,
                s.in_pond.last,
                s.txn,
            )
            for s in series
        ],
    )


def _say_resources(migrated: Migrated) -> None:
    resources = migrated.resources
    if migrated.dry_run:
        say("nothing was written; this is what would come")
    elif migrated.txn is None:
        say("the pond is as it was")
    else:
        say(f"taken up to txn {migrated.txn}")
    say(f"{resources.file}: {len(resources.resources)} resources, {resources.state}")
    if resources.secrets is not None and not migrated.dry_run:
        say(f"{resources.secrets}: the secrets; keep it as .env beside the resources")
    elif resources.variables:
        say(f"set in .env or the environment: {', '.join(resources.variables)}")
