"""The command `init`: a pond is made, and where one wants it, the files that it begins with."""

from dataclasses import dataclass
from pathlib import Path

import click

from pond_core import Pond
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.starter import TEMPLATES, write_starter
from pond_pipeline.cli.terminal import say


@dataclass(frozen=True, slots=True)
class Made:
    """A new pond: where it is, its UUID, and which files were written beside it."""

    path: str
    id: str
    files: tuple[str, ...]


@command(example="pond init --template noyo")
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    help="Also write, into the current folder, a `resources.yaml` to begin with (of a marine "
    "science centre, of a small water utility, or an empty one), and what `.env.example` and "
    "`.gitignore` lack for it. Where there is a `resources.yaml`, nothing is made.",
)
@json_option
@pass_invocation
def init(invocation: Invocation, *, template: str | None, as_json: bool) -> None:
    """Make a pond.

    It fails where there is one already. With --template, the current folder gets a resources.yaml
    to change, and what .env.example and .gitignore lack for it.
    """
    made: list[Pond] = []

    def make_pond() -> None:
        made.append(Pond.init(invocation.pond))

    if template is None:
        make_pond()
        files = []
    else:
        files = write_starter(template, Path(), make_pond=make_pond)
    [pond] = made
    if as_json:
        print_json(Made(str(invocation.pond), pond.id, tuple(files)))
        return
    say(f"made a pond at {invocation.pond}")
    if files:
        say(f"written: {', '.join(files)}")
        say("next: write your account into .env (see .env.example), change what is marked with <--")
        say("  in resources.yaml, and check it: pond apply --dry-run")
