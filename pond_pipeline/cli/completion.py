"""The command `completion`: what a shell is told, so that it completes our command lines."""

import click
from click.shell_completion import get_completion_class

from pond_pipeline.cli.command import command
from pond_pipeline.cli.terminal import write

_SHELLS = ("bash", "zsh", "fish")

_JOINED = """\
    # Bash begins a new word at each colon: `pond:/raw` is three of them, of which it puts another
    # one in the place of the last.
    local word words=() here=0 i
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        word=${COMP_WORDS[i]}
        if ((i)) && [[ $COMP_WORDBREAKS == *:* && ($word == :* || ${words[-1]} == *:) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        ((i == COMP_CWORD)) && here=$((${#words[@]} - 1))
    done
    word=${words[here]}
    local spared=
    [[ $COMP_WORDBREAKS == *:* ]] && spared=${word%"${word##*:}"}

"""

_REPLIED = """\
printf -v word %q "${value#"$spared"}" # a name may hold what a shell acts upon
            COMPREPLY+=("$word")
            [[ $value == */ ]] && compopt -o nospace"""

_OTHERWISE = {
    # After a directory of the pond more is to come: no blank is put behind it. Fish does so itself.
    "bash": (
        ("    response=$(", f"{_JOINED}    response=$("),
        ('COMP_WORDS="${COMP_WORDS[*]}"', 'COMP_WORDS="${words[*]}"'),
        ("COMP_CWORD=$COMP_CWORD", "COMP_CWORD=$here"),
        ("COMPREPLY+=($value)", _REPLIED),
        ("read type value", "read -r type value"),
        ("    local IFS=", "    local - # what is set goes no further\n    set -f\n    local IFS="),
    ),
    "zsh": (("compadd -U -V unsorted -a", "compadd -S '' -U -V unsorted -a"),),
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
    script = shown.source_template % shown.source_vars()
    for before, after in _OTHERWISE.get(shell, ()):
        script = script.replace(before, after)
    write(script + "\n")
