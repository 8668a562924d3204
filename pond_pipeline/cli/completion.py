"""The command `completion`: what a shell is told, so that it completes our command lines."""

import click
from click.shell_completion import get_completion_class

from pond_pipeline.cli.command import command
from pond_pipeline.cli.terminal import write

_SHELLS = ("bash", "zsh", "fish")

_GOES_ON = {
    # After a directory of the pond more is to come: no blank is put behind it. Fish does so itself.
    "bash": (
        "COMPREPLY+=($value)",
        "COMPREPLY+=($value)\n            [[ $value == */ ]] && compopt -o nospace",
    ),
    "zsh": ("compadd -U -V unsorted -a", "compadd -S '' -U -V unsorted -a"),
}
"""What of click's scripts is written otherwise."""


@command(example='eval "$(pond completion bash)"')
@click.argument("shell", type=click.Choice(_SHELLS), help="Which shell.")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete command lines.

    Commands, options, paths of the pond in use, kinds and resources. Put the example into
    ~/.bashrc; with zsh in the place of bash, into ~/.zshrc; and for fish:
    pond completion fish > ~/.config/fish/completions/pond.fish
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"this version of click knows nothing of {shell}")
    # Not its `source`, which runs bash to look at its version.
    shown = made(ctx.find_root().command, {}, "pond", "_POND_COMPLETE")
    before, after = _GOES_ON.get(shell, ("", ""))
    write((shown.source_template % shown.source_vars()).replace(before, after) + "\n")
