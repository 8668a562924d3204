"""The two streams: data to stdout, talk to stderr.

A node's name may hold line ends and terminal commands; text that goes to people is escaped, so
that no name can garble a terminal or pass for a line of ours.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator

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


class StdoutError(click.ClickException):
    """Stdout does not take what is printed: the disk under it is full, for one."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(f"stdout does not take what is printed: {reason.strerror or reason}")


def write(data: str | bytes) -> None:
    """Write data to stdout: text as it is, in UTF-8 whatever the locale.

    Raises:
        BrokenPipeError: Nobody reads it any more.
        StdoutError: The host refuses.
    """
    with _stdout_errors():
        sys.stdout.flush()
        sys.stdout.buffer.write(data.encode() if isinstance(data, str) else data)


def finish() -> None:
    """Hand over what is still buffered, so that a reader who left is noticed here.

    Raises:
        BrokenPipeError: Nobody reads it any more.
        StdoutError: The host refuses.
    """
    with _stdout_errors():
        sys.stdout.flush()
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def _stdout_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise StdoutError(exc) from exc


def open_closed() -> None:
    """Open streams that whoever started us has closed: what goes there goes nowhere.

    Else the next file that is opened would get such a number, and what is printed would go into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError as exc:
            if exc.errno != errno.EBADF:
                raise
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free: this one
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def say(text: str) -> None:
    """Tell the person at the keyboard something, a line on stderr."""
    _tell(escape(text))


def say_error(message: str, *, hint: str = "") -> None:
    """Tell what went wrong, and what to do about it."""
    first, *others = message.split("\n")
    _tell(_PREFIX + escape(first))
    for line in others:
        _tell(" " * len(_PREFIX) + escape(line.expandtabs(2)))
    if hint:
        _tell(f"  hint: {escape(hint)}")


def _tell(line: str) -> None:
    with contextlib.suppress(OSError):  # the exit code still tells
        click.echo(line, err=True)


def agreed(question: str) -> bool:
    """Ask whether something dangerous shall be done; no answer at all is a no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # there is no terminal, or Ctrl-C
        say("")
        return False


def hush() -> None:
    """Send what is left to nowhere: the reader of stdout has gone, or the host refuses it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
