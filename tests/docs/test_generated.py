"""What the docs say of commands and keys is what the parser and the models say."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest
from pydantic import BaseModel

from docs.generated import PART, commands, renewed
from pond_pipeline.cli.command import PondCommand
from pond_pipeline.config import judgement
from pond_pipeline.config.kind import SPECS, Envelope, Kind

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = {each.command_path: each for each in commands()}
BELOW = {path: context for path, context in COMMANDS.items() if context.parent}


def chapters(page: str) -> dict[str, list[str]]:
    """Return of what the parts below each heading are made, by its text without code marks."""
    heading, *rest = re.split(r"^##+ (.*)$", (DOCS / page).read_text(), flags=re.MULTILINE)
    texts = {"": heading, **dict(zip(rest[::2], rest[1::2], strict=True))}
    return {
        title.strip("`"): [part["of"] for part in PART.finditer(text)]
        for title, text in texts.items()
    }


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and all those inside it."""
    yield model
    for info in model.model_fields.values():
        for inner in (info.annotation, *get_args(info.annotation)):
            for each in (inner, *get_args(inner)):
                if isinstance(each, type) and issubclass(each, BaseModel):
                    yield from models(each)


def names_of(kind: Kind, *, judging: bool) -> set[str]:
    """Return the models of a kind: its own, or those that say how readings are judged."""
    inside = {each.__name__: each.__module__ for each in models(SPECS[kind])}
    return {name for name, home in inside.items() if (home == judgement.__name__) is judging}


def told_in(chapter: str) -> set[str]:
    """Return the models whose keys are in the tables of a chapter about `resources.yaml`."""
    parts = chapters("resources-yaml.md")[chapter]
    return {name for part in parts for name in part.partition(":")[0].split()}


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_what_is_made_of_the_code_is_as_the_code_has_it(page: Path) -> None:
    text = page.read_text()
    assert text == renewed(text), "run `make reference`"


def test_every_command_is_told_in_a_chapter_of_its_own() -> None:
    parts = chapters("cli.md")
    assert {path: parts.get(path) for path in BELOW} == {path: [path] for path in BELOW}


@pytest.mark.parametrize("path", BELOW)
def test_every_help_ends_with_an_example_that_is_understood(path: str) -> None:
    context = BELOW[path]
    command = context.command
    assert isinstance(command, PondCommand)
    assert command.get_help(context).endswith(f"Example:\n  {command.example}")
    words = shlex.split(command.example.removeprefix('eval "$(').removesuffix(')"'))
    assert words[0] == "pond"
    called, arguments = context.find_root(), words[1:]
    if arguments[0] == "--pond":
        arguments = arguments[2:]
    while isinstance(called.command, click.Group):
        name, *arguments = arguments
        below = called.command.get_command(called, name)
        assert below is not None
        called = click.Context(below, info_name=name, parent=called)
    called.command.make_context(called.info_name, arguments, parent=called.parent)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_argument_and_option_says_in_sentences_what_it_does(path: str) -> None:
    params = COMMANDS[path].command.params
    assert [each.name for each in params if not re.match(r"[A-Z`].*\.$", each.help or "")] == []


def test_the_keys_of_every_resource_are_told_first() -> None:
    assert told_in("") == {Envelope.__name__}


@pytest.mark.parametrize("kind", Kind)
def test_the_keys_of_a_kind_are_told_in_its_chapter(kind: Kind) -> None:
    assert told_in(kind) == names_of(kind, judging=False)


def test_the_keys_of_how_readings_are_judged_are_told_in_a_chapter() -> None:
    judging = {name for kind in Kind for name in names_of(kind, judging=True)}
    assert told_in("Judging readings") == judging
