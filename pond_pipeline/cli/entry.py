"""The command line: global options, commands found by name, exit codes.

Exit codes: 0 done, 1 failed, 2 the command line or the configuration is wrong, 3 a conflict.
"""

import importlib
import sys
import traceback
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem
from typing_extensions import override

from pond_pipeline.cli.command import Invocation, PondPlace, check_known
from pond_pipeline.cli.terminal import StdoutError, finish, hush, open_closed, say_error

COMMANDS = {
    "init": ("founding", "Make a pond."),
    "apply": ("resources", "Check resources.yaml and record its resources in the pond."),
    "get": ("inventory", "List the resources, or show one as YAML."),
    "schema": ("schema", "Print the JSON Schema of resources.yaml."),
    "run": ("through_dagster", "Collect and compute what is missing."),
    "status": ("status", "Say whether all is well: the pond, its instruments, its backups."),
    "doctor": ("doctor", "Check what the pond stands on: disk, clock, secrets, buckets, HydroVu."),
    "alert": ("alert", "List the incidents that last, and try the channels of an alert."),
    "metrics": ("metrics", "Print metrics for Prometheus: the pond, its instruments, backups."),
    "ls": ("store", "List what the pond holds."),
    "cat": ("content", "Print what a node holds."),
    "describe": ("store", "Say what is known of a node."),
    "log": ("history", "List the transactions, newest first."),
    "show": ("history", "Say what transactions did, or what was done to nodes."),
    "diff": ("history", "Say what differs between two moments."),
    "sql": ("content", "Run a read-only SQL query over pond paths."),
    "copy": ("copying", "Copy files into the pond, out of it, or within it."),
    "mkdir": ("entries", "Make directories."),
    "rm": ("entries", "Remove files, symlinks and directories from the pond as it is now."),
    "mv": ("entries", "Give a file, symlink or directory another name, or another directory."),
    "ln": ("entries", "Make a symlink LINK that leads to TARGET."),
    "export": ("export", "Write tables and series as files for other programs."),
    "mirror": ("mirror", "Keep a folder in step with the pond, or with one of its directories."),
    "verify": ("upkeep", "Check every byte of the pond."),
    "repair": ("upkeep", "Make a new Delta log where it is lost or damaged."),
    "maintain": ("upkeep", "Put the pond in order."),
    "publish": ("publish", "Publish series and tables as plain Delta tables."),
    "backup": ("backup", "Back the pond up into a folder or a bucket, and restore it."),
    "site": ("site", "Build a static website of charts, and serve it."),
    "migrate": ("migration", "Take in a pond of the original tool."),
    "hydrovu": ("hydrovu", "Look at a HydroVu account: which instruments it has."),
    "simulator": ("simulation", "Serve the HydroVu simulator until Ctrl-C."),
    "demo": ("through_dagster", "Run the whole pipeline against the bundled HydroVu simulator."),
    "sync-dagster": ("through_dagster", "Make Dagster's view of the assets agree with the pond."),
    "up": ("through_dagster", "Start the Dagster UI and daemon."),
    "completion": ("completion", "Print what makes a shell complete command lines."),
}
"""By name: the module of this package that has the command, and what it does."""

_FAILED, _USAGE = 1, 2

_TOO_MANY = "unexpected extra argument"
"""What click says where a shell made several arguments of a query, or of a pattern the names of its
own files."""


class PondGroup(click.Group):
    """The commands, each imported when it is asked for, and errors as people read them."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # Lazy: Dagster takes seconds to import, and most commands never need it.
        module = importlib.import_module(f"pond_pipeline.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        check_known(args[0], list(COMMANDS), ctx)
        return super().resolve_command(ctx, args)

    @override
    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        found = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        # Not the group's own, which imports every command to ask for its name.
        return found + click.Command.shell_complete(self, ctx, incomplete)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            formatter.write_text("pond --pond /srv/harbor ls /combined")

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _cost_told(is_wanted=ctx.params["verbose"]):
                result = super().invoke(ctx)
                finish()
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except BrokenPipeError:
            hush()
            raise
        except Exception:
            if ctx.params["debug"]:
                traceback.print_exc()
            raise
        return result

    @override
    def main(self, *args: Any, **extra: Any) -> Any:
        extra["standalone_mode"] = False
        try:
            code = super().main(*args, **extra)
        except click.exceptions.NoArgsIsHelpError as exc:
            exc.show()
            code = _USAGE
        except click.ClickException as exc:
            say_error(exc.format_message(), hint=_help_of(exc))
            code = exc.exit_code
        except click.Abort:
            say_error("interrupted")
            code = _FAILED
        except Exception as exc:  # noqa: BLE001 -- the outermost point: whatever it is, a line
            code = _tell(exc)
        if code:
            _drop_what_is_refused()
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=PondGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--pond",
    type=PondPlace(),
    metavar="DIR|URL",
    envvar="POND",
    default=".pond",
    show_default=True,
    show_envvar=True,
    help="Which pond: a directory, or `s3://bucket/prefix`.",
)
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.option("--verbose", is_flag=True, help="Say what the command cost: time, files, bytes.")
@click.version_option(package_name="duckpond", message="%(version)s")
@click.pass_context
def pond(
    ctx: click.Context,
    pond: str | Path,
    *,
    debug: bool,  # noqa: ARG001 -- read by invoke
    verbose: bool,  # noqa: ARG001 -- read by invoke
) -> None:
    """Keep environmental time series in a pond, a very small data lake.

    Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 the command
    line or the configuration is wrong, 3 a conflict: run it again.
    """
    if isinstance(pond, str):
        # Lazy: most commands need no configuration.
        importlib.import_module("pond_pipeline.reach").reached(pond, folder=Path())
    ctx.obj = Invocation(pond)


def main() -> None:
    """Run the command line and exit."""
    open_closed()
    pond(prog_name="pond")  # the name by which the shell's completion asks


def _tell(exc: Exception) -> int:
    """Tell what went wrong, and return the exit code."""
    # Lazy: knowing our errors imports the core, which `pond --help` can do without.
    failure = importlib.import_module("pond_pipeline.cli.failure").failure_of(exc)
    say_error(failure.message, hint=failure.hint)
    return int(failure.exit_code)


def _drop_what_is_refused() -> None:
    """Drop what stdout would refuse once more, and Python complain of, at the very end."""
    try:
        finish()
    except (OSError, StdoutError):
        hush()


def _cost_told(*, is_wanted: bool) -> AbstractContextManager[None]:
    if not is_wanted:
        return nullcontext()
    # Lazy: what is not counted needs no core.
    told: AbstractContextManager[None] = importlib.import_module(
        "pond_pipeline.cli.cost"
    ).cost_told()
    return told


def _help_of(exc: click.ClickException) -> str:
    context = exc.ctx if isinstance(exc, click.UsageError) else None
    if context is None:
        return ""
    if isinstance(exc, click.NoSuchOption) and context.parent is not None:
        above = context.find_root().command.params
        if any(exc.option_name in option.opts for option in above):
            return f"it goes before the command: pond {exc.option_name} ..."
    if _TOO_MANY in exc.format_message():
        return f"quote what holds blanks or *: '...'; see: {context.command_path} --help"
    return f"see: {context.command_path} --help"
