"""The option `export --observable`: pages of Observable Framework, and the files that they read."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from pond_core import Resolution, Snapshot, Window
from pond_pipeline.cli.hive import Unit
from pond_pipeline.cli.progress import tracking
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.row_file import FileFormat
from pond_pipeline.cli.terminal import say
from pond_pipeline.observable import Cut, export_project
from pond_pipeline.observable.packages import LOCKED
from pond_pipeline.wording import count_text

_PERIODS = {Unit.YEAR: "1y", Unit.MONTH: "1mo", Unit.DAY: "1d"}


def export_pages(
    snapshot: Snapshot,
    patterns: Sequence[str],
    directory: Path,
    *,
    form: FileFormat,
    by: tuple[Unit, ...],
    zone: str,
    window: Window,
    columns: tuple[str, ...] | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a project, and say what was written and what is to be done with it.

    Raises:
        UsageError: The files would be such as pages cannot read.
    """
    narrowest = by[-1] if by else Unit.YEAR
    if form is not FileFormat.PARQUET:
        raise click.UsageError(f"--observable goes with Parquet: its pages read no {form}")
    if narrowest not in _PERIODS:
        raise click.UsageError("--observable goes with --by year, year,month or year,month,day")
    cut = Cut(window, columns, Resolution.parse(_PERIODS[narrowest], zone))
    with tracking("exporting") as track:
        done = export_project(snapshot, patterns, directory, cut, force=force, track=track)
    if as_json:
        print_json(done)
        return
    say(
        f"{count_text(done.pages, 'page')} of {done.series} tables and series in {directory}; "
        f"{done.written} of {count_text(done.files, 'file')} written, {done.removed} removed"
    )
    for name in done.left:
        say(f"left as you made it: {name}")
    place = shlex.quote(str(directory))
    if done.missing:
        packages = " ".join(done.missing)
        say(f"the pages need more packages: npm install --save-exact {packages}")
    elif done.unlocked:
        lacks = ", ".join(done.unlocked)
        say(
            f"{directory / LOCKED} stays as it is, and lacks what package.json asks for: {lacks}. "
            f"`npm ci` may refuse that; to bring it up to date: cd {place} && npm install"
        )
    elif not (directory / "node_modules").exists():
        say(f"build it with npm, of Node.js: cd {place} && npm ci && npm run build")
