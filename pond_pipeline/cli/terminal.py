"""The two streams: data to stdout, talk to stderr.

A node's name may hold line ends and terminal commands; text that goes to people is escaped, so
that no name can garble a terminal or pass for a line of ours.
"""

import os
import sys

import click

_PREFIX = "pond: error: "


def escape(text: str) -> str:
    r"""Return text on one line, with what cannot be printed as backslash escapes.

    >>> escape("a\nb\x1b[31m")
    'a\\nb\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def is_terminal() -> bool:
    """Say whether somebody looks at stdout."""
    return sys.stdout.isatty()


def write(data: str | bytes) -> None:
    """Write data to stdout: text as it is, in UTF-8 whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data.encode() if isinstance(data, str) else data)


def finish() -> None:
    """Hand over what is still buffered, so that a reader who left is noticed here."""
    sys.stdout.flush()
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    """Tell the person at the keyboard something, a line on stderr."""
    click.echo(escape(text), err=True)


def say_error(message: str, *, hint: str = "") -> None:
    """Tell what went wrong, and what to do about it."""
    first, *others = message.split("\n")
    click.echo(_PREFIX + escape(first), err=True)
    for line in others:
        click.echo(" " * len(_PREFIX) + escape(line), err=True)
    if hint:
        click.echo(f"  hint: {escape(hint)}", err=True)


def agreed(question: str) -> bool:
    """Ask whether something dangerous shall be done; no answer at all is a no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # there is no terminal, or Ctrl-C
        say("")
        return False


def hush() -> None:
    """Send what is left to nowhere: the reader of stdout has gone, and that is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
