"""What commands have in common: which pond, an example in the help, `--json`, `--as-of`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the global options say.

    Attributes:
        pond: The pond's directory; nothing need be there.
    """

    pond: Path


class PondCommand(click.Command):
    """A command whose help ends with an example.

    Attributes:
        example: One command line, as one types it.
    """

    def __init__(self, name: str, *, example: str, **options: Any) -> None:  # noqa: ANN401 -- click's
        super().__init__(name, **options)
        self.example = example

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            formatter.write(f"  {self.example}\n")


def command(*, example: str) -> Callable[[Callable[..., None]], PondCommand]:
    """Make a function a command of its name; its docstring is the help."""
    return click.command(cls=PondCommand, example=example)


pass_invocation = click.make_pass_decorator(Invocation)
"""Gives a command the `Invocation` as its first argument."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""Every command with a value to show has it."""
