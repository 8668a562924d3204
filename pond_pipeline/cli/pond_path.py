"""Pond paths as people write them: `/a/b`, or `pond:/a/b` as `copy` needs it."""

import click
from click.shell_completion import CompletionItem
from typing_extensions import override

from pond_pipeline.cli.suggestion import suggest_paths

SCHEME = "pond:"
"""What a pond path may begin with, and has to where host paths are meant as well."""


class PondPath(click.ParamType[str]):
    """A path of the pond, or a pattern over its paths."""

    name = "path"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        return str(value).removeprefix(SCHEME)

    @override
    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        return _suggested(ctx, incomplete)


class AnyPath(click.ParamType[str]):
    """A path of the host, or after `pond:` one of the pond."""

    name = "path"

    @override
    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        if incomplete.startswith(SCHEME):
            return _suggested(ctx, incomplete)
        begun = [CompletionItem(f"{SCHEME}/")] if SCHEME.startswith(incomplete) else []
        return begun if incomplete and begun else [CompletionItem(incomplete, type="file")]


def _suggested(ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
    scheme = SCHEME if incomplete.startswith(SCHEME) else ""
    found = suggest_paths(ctx, incomplete.removeprefix(SCHEME))
    return [CompletionItem(scheme + each.value) for each in found]
