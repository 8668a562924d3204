"""The commands `site build` and `site serve`."""

from dataclasses import dataclass
from pathlib import Path

import click

from pond_core import AsOf, Pond, near_miss_hint
from pond_pipeline.cli.command import (
    CommandGroup,
    Invocation,
    PondCommand,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.instant import as_of_option
from pond_pipeline.cli.progress import tracking
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.suggestion import names_of
from pond_pipeline.cli.terminal import finish, say
from pond_pipeline.config import read_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import WebsiteStep, compile_plan
from pond_pipeline.website import Built, WebsiteServer, build
from pond_pipeline.wording import count_text


@click.group(cls=CommandGroup, example="pond site build")
def site() -> None:
    """Build a static website of charts, and serve it."""


name_argument = click.argument(
    "name",
    required=False,
    shell_complete=names_of("Site"),
    help="Which `Site`; can be left out where there is one.",
)
to_option = click.option(
    "--to",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Another folder than the resource says.",
)


@dataclass(frozen=True, slots=True)
class BuiltWebsite:
    """A website as JSON shows it."""

    name: str
    folder: str
    txn: int
    pages: int
    files: int
    bytes: int
    written: int
    removed: int

    @classmethod
    def of(cls, step: WebsiteStep, txn: int, built: Built) -> "BuiltWebsite":
        """Return what a build did."""
        return cls(
            name=step.group,
            folder=str(built.folder),
            txn=txn,
            pages=built.pages,
            files=built.files,
            bytes=built.bytes,
            written=built.written,
            removed=built.removed,
        )


@site.command(name="build", cls=PondCommand, example="pond site build harbor --to /var/www/harbor")
@name_argument
@to_option
@resources_option
@variables_option
@as_of_option
@json_option
@pass_invocation
def build_site(
    invocation: Invocation,
    *,
    name: str | None,
    folder: Path | None,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    as_of: AsOf | None,
    as_json: bool,
) -> None:
    """Build a website from what the pond holds; what did not change is not written.

    With --as-of it is the website of that moment, which goes elsewhere: say --to.
    """
    if as_of is not None and folder is None:
        raise click.UsageError("say with --to where the past goes: the website stays as it is")
    step = _step(file, dict(variables), name)
    built = _built(invocation, step, folder, as_of)
    if as_json:
        print_json(built)
    else:
        say(
            f"{count_text(built.pages, 'page')} in {built.folder};"
            f" {built.written} of {count_text(built.files, 'file')} written"
        )
        say(f"open {Path(built.folder) / 'index.html'}")


@site.command(cls=PondCommand, example="pond site serve --port 8000")
@name_argument
@to_option
@click.option("--port", default=8000, show_default=True, help="Where; 0 takes any free one.")
@resources_option
@variables_option
@as_of_option
@pass_invocation
def serve(
    invocation: Invocation,
    *,
    name: str | None,
    folder: Path | None,
    port: int,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    as_of: AsOf | None,
) -> None:
    """Build a website and serve it, on this machine only, until Ctrl-C."""
    if as_of is not None and folder is None:
        raise click.UsageError("say with --to where the past goes: the website stays as it is")
    step = _step(file, dict(variables), name)
    built = _built(invocation, step, folder, as_of)
    with WebsiteServer(Path(built.folder), port=port) as server:
        say(f"serving {built.folder} at {server.url}; Ctrl-C stops it")
        finish()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("stopped")


def _step(file: Path, variables: dict[str, str], name: str | None) -> WebsiteStep:
    """Return the website that is meant."""
    plan = compile_plan(read_documents(file, variables=variables), root=file.absolute().parent)
    websites = [step for step in plan.steps if isinstance(step, WebsiteStep)]
    steps = {step.group: step for step in sorted(websites, key=lambda step: step.group)}
    if not steps:
        hint = "add a document with `kind: Site` and a `name`; all else may be left out"
        raise ConfigError(f"{file} has no website", hint=hint)
    if name is None and len(steps) > 1:
        raise ConfigError(f"{file} has several websites", hint=f"name one of {', '.join(steps)}")
    if name is not None and name not in steps:
        hint = near_miss_hint(name, steps, otherwise=f"name one of {', '.join(steps)}")
        raise ConfigError(f"{file} has no website {name!r}", hint=hint)
    return steps[next(iter(steps)) if name is None else name]


def _built(
    invocation: Invocation, step: WebsiteStep, folder: Path | None, as_of: AsOf | None
) -> BuiltWebsite:
    snapshot = Pond.open(invocation.pond).snapshot(as_of)
    with tracking("building") as track:
        built = build(step, snapshot, folder=folder, track=track)
    return BuiltWebsite.of(step, snapshot.txn, built)
