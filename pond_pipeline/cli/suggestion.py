"""What may stand at the end of a command line that somebody is typing: paths, resources.

A shell asks at the press of a key: nothing is written, no server is asked, and what goes wrong
suggests nothing.
"""

import importlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Suggested = list[CompletionItem[str]]
Suggest = Callable[[click.Context, click.Parameter, str], Suggested]

_MOST = 1_000
"""More do not help anybody, and a shell takes its time with them."""

_BY_NAME = "/sys/resources/by-name"


def suggest_paths(ctx: click.Context, incomplete: str) -> Suggested:
    """Return the pond paths that go on from what was typed; directories end with a slash."""
    above, slash, begun = incomplete.rpartition("/")
    found = [
        f"{above}{slash}{name}{'/' if is_directory else ''}"
        for name, is_directory in _names_in(ctx, above + slash or "/")
        if name.startswith(begun) and name.isprintable()
    ]
    return [CompletionItem(each) for each in found[:_MOST]]


def suggest_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> Suggested:
    """Return the names of resources that begin so, of the kind that was typed before them."""
    del param
    return _names_of(ctx, str(ctx.params.get("kind") or ""), incomplete)


def names_of(kind: str) -> Suggest:
    """Return what suggests the names of the resources of a kind."""

    def suggest(ctx: click.Context, param: click.Parameter, incomplete: str) -> Suggested:
        del param
        return _names_of(ctx, kind, incomplete)

    return suggest


def begun(words: Iterable[str], incomplete: str) -> Suggested:
    """Return the words that begin so, in whatever case."""
    return [
        CompletionItem(word) for word in words if word.casefold().startswith(incomplete.casefold())
    ]


def _names_of(ctx: click.Context, kind: str, incomplete: str) -> Suggested:
    links = (name.partition(".") for name, _ in _names_in(ctx, _BY_NAME))
    found = {name for each, _, name in links if kind.casefold() in ("", each.casefold())}
    return begun(sorted(found), incomplete)


def _names_in(ctx: click.Context, directory: str) -> list[tuple[str, bool]]:
    """Return the names in a directory of the pond in use, and which of them are directories."""
    pond: Any = ctx.find_root().params.get("pond")
    found: list[tuple[str, bool]] = []
    if isinstance(pond, Path):  # one in a bucket would be asked for over the network
        with suppress(Exception):
            # Lazy: what completes commands and options does without the core.
            core = importlib.import_module("pond_core")
            nodes = core.Pond.open(pond).snapshot().ls(directory)
            found = [(node.name, node.entry_type == "directory") for node in nodes]
    return found
