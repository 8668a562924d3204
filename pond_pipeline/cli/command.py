"""What commands have in common: which pond, an example in the help, `--json`, `--as-of`."""

import importlib
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the global options say.

    Attributes:
        pond: The pond's directory or URL; nothing need be there.
    """

    pond: str | Path


class PondPlace(click.Path):
    """A directory, or the URL of a bucket."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | Path:
        if isinstance(value, str) and "://" in value:
            return value
        return Path(str(super().convert(value, param, ctx)))


class PondCommand(click.Command):
    """A command whose help ends with an example.

    Attributes:
        example: One command line, as one types it.
    """

    def __init__(self, name: str, *, example: str, **options: Any) -> None:  # noqa: ANN401 -- click's
        super().__init__(name, **options)
        self.example = example

    @override
    def invoke(self, ctx: click.Context) -> Any:
        # Importing polars (2.1) puts a handler of its own beneath Python's, after which a blocking
        # wait goes on in spite of Ctrl-C. This puts Python's back.
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))
        return super().invoke(ctx)

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            formatter.write(f"  {self.example}\n")


class CommandGroup(PondCommand, click.Group):
    """Commands about one thing; its help ends with an example, too."""

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        check_known(args[0], list(self.commands), ctx)
        return super().resolve_command(ctx, args)


def check_known(name: str, known: Sequence[str], ctx: click.Context) -> None:
    """Refuse a command that there is not, and name the one that is close; options are let be.

    Raises:
        UsageError: There is none of that name.
    """
    if name in known or name.startswith("-"):
        return
    # Lazy: `pond --help` does without the core.
    hint = importlib.import_module("pond_core").near_miss_hint(name, known)
    raise click.UsageError(f"there is no command {name!r}{'; ' * bool(hint)}{hint}", ctx=ctx)


def command(*, example: str) -> Callable[[Callable[..., None]], PondCommand]:
    """Make a function a command of its name; its docstring is the help."""
    return click.command(cls=PondCommand, example=example)


pass_invocation = click.make_pass_decorator(Invocation)
"""Gives a command the `Invocation` as its first argument."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""Every command with a value to show has it."""


def _check_named(ctx: click.Context, param: click.Parameter, file: Path) -> Path:
    """Refuse a file that somebody names and that is not there: only the default one may lack.

    Raises:
        UsageError: It is not there.
    """
    is_default = ctx.get_parameter_source(param.name or "") is ParameterSource.DEFAULT
    if not (is_default or ctx.resilient_parsing or file.exists()):
        raise click.UsageError(f"there is no file {str(file)!r}", ctx=ctx)
    return file


_file_option = partial(
    click.option,
    "-f",
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="POND_RESOURCES",
    default="resources.yaml",
    show_default=True,
    show_envvar=True,
    help="The resources.",
)

resources_option = _file_option(callback=_check_named)
"""Every command that reads them has it."""

lenient_resources_option = _file_option()
"""As `resources_option`, where work goes on without the file: what was applied last is served, or
the `.env` beside it is all that is wanted of it."""

HOME = ".dagster"
"""Where Dagster's home is unless somebody says otherwise."""

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="DAGSTER_HOME",
    default=HOME,
    show_default=True,
    show_envvar=True,
    help="Dagster's home: its runs and events.",
)
"""Every command that opens Dagster's instance has it."""


class VariableType(click.ParamType[tuple[str, str]]):
    """`NAME=VALUE`."""

    name = "K=V"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, equals, text = str(value).partition("=")
        if not (name and equals):
            self.fail(f"write NAME=VALUE, not {value!r}", param, ctx)
        return name, text


variables_option = click.option(
    "-v",
    "variables",
    type=VariableType(),
    multiple=True,
    help="What `{{ K }}` stands for in the file; may be given several times.",
)
"""Every command that reads resources has it: pairs for `dict`."""
