"""The command `mirror`: a folder that has what the pond has."""

from dataclasses import dataclass
from pathlib import Path

import click

from pond_core import Finding, Mirror, MirrorConflict, Mirrored, Pond
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.cli.progress import tracking
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.terminal import say

_CONFLICT = 3
"""The exit code of a run after which somebody has to look at something."""


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """What a run came to; the fields are those of `pond_core.Mirrored`."""

    directory: str
    path: str
    txn: int
    in_step: bool
    written: int
    bytes: int
    deleted: int
    taken: int
    dropped: int
    taken_in: int | None
    placeholders: int
    waiting: tuple[str, ...]
    conflicts: tuple[MirrorConflict, ...]
    links: tuple[str, ...]
    findings: tuple[Finding, ...]


@command(example="pond mirror site-data --path /combined")
@click.argument(
    "directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="The folder."
)
@click.option(
    "--path",
    type=PondPath(),
    help=(
        "Which directory of the pond; the whole pond if left out in the first run. "
        "Later runs know it."
    ),
)
@click.option(
    "--both",
    is_flag=True,
    help=(
        "Let the pond take what was changed, made, renamed and deleted in DIR, as one "
        "transaction. Without it, what somebody changed in DIR is left as it is, and "
        "told."
    ),
)
@click.option(
    "--lazy/--full",
    "lazy",
    default=None,
    help=(
        "Write placeholders until content is wanted, or write all content. As in the "
        "run before if left out."
    ),
)
@click.option(
    "--want",
    multiple=True,
    metavar="GLOB",
    type=PondPath(),
    help=(
        "Pond paths whose content is wanted, from now on; may be given several times. "
        "Of a directory, all below it."
    ),
)
@click.option(
    "--emptied",
    is_flag=True,
    help=(
        "With `--both`, delete in the pond what was mirrored, though nothing at all of "
        "it is left in DIR."
    ),
)
@json_option
@pass_invocation
def mirror(
    invocation: Invocation,
    directory: Path,
    *,
    path: str | None,
    both: bool,
    lazy: bool | None,
    want: tuple[str, ...],
    emptied: bool,
    as_json: bool,
) -> None:
    """Keep a folder in step with the pond, or with one of its directories.

    Data files are as they are, tables and series are Parquet. Each run brings what changed since
    the one before. What somebody changed in DIR is left and told, unless --both is given.
    """
    if emptied and not both:
        raise click.UsageError("--emptied goes with --both")
    pond = Pond.open(invocation.pond)
    kept = Mirror(pond, directory, path=path)
    with tracking("writing") as track:
        done = kept.run(both=both, lazy=lazy, want=want, emptied=emptied, track=track)
    if as_json:
        print_json(_report(done))
    else:
        _tell(done)
    if done.conflicts or done.findings:
        click.get_current_context().exit(_CONFLICT)


def _report(done: Mirrored) -> MirrorReport:
    return MirrorReport(
        directory=str(done.directory),
        path=done.path,
        txn=done.txn,
        in_step=done.is_in_step,
        written=done.written,
        bytes=done.bytes,
        deleted=done.deleted,
        taken=done.taken,
        dropped=done.dropped,
        taken_in=done.taken_in,
        placeholders=done.placeholders,
        waiting=done.waiting,
        conflicts=done.conflicts,
        links=done.links,
        findings=done.findings,
    )


def _tell(done: Mirrored) -> None:
    lazily = f", {done.placeholders} placeholders" if done.placeholders else ""
    say(
        f"{done.directory} has {done.path} as of txn {done.txn}: {done.written} files written, "
        f"{done.deleted} deleted{lazily}"
    )
    if done.taken_in is not None:
        say(f"the pond took {done.taken} files and dropped {done.dropped}, in txn {done.taken_in}")
    for name in done.waiting:
        say(f"waiting: {name} was changed a moment ago")
    if done.links:
        say(f"left out: {len(done.links)} symlinks")
    for conflict in done.conflicts:
        kept = f"it has the pond's content, what was here is {conflict.kept_as}"
        say(f"conflict: {conflict.name} was changed on both sides: {kept}")
    for finding in done.findings:
        say(f"{finding.what}: {finding.where}: {finding.detail}")
