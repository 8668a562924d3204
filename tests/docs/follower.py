"""Somebody who follows the documentation word for word, in a shell.

It needs no more than Python, so that `walk.py` can use it on a machine that has nothing else yet.
"""

import os
import re
import shlex
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from tests.docs.pages import Block, commands_of

_GOES_ON = re.compile(
    r"(pond|make) up\b|pond simulator\b|pond site serve\b|pond metrics .*--serve\b|dagster dev\b"
)
"""Commands that serve something until Ctrl-C."""

_ADDRESS = re.compile(r"https?://127\.0\.0\.1:\d+\S*?(?=[;,]?(?:\s|$))")
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_ANSWER_S, _PATIENCE_S = 10, 180
_INTERRUPTED = (0, 2, 130, -signal.SIGINT)
"""How a command ends by Ctrl-C: as it likes, as make says it, or as a shell does."""

_SHELL = """\
. "$FOLLOWER/environment"
cd "$(cat "$FOLLOWER/folder")"
set -eu
{command}
set +eu
export -p > "$FOLLOWER/environment"
pwd > "$FOLLOWER/folder"
"""


_EDITOR = """\
#!/bin/sh
printf 'HYDROVU_KEY=demo\\nHYDROVU_SECRET=demo\\nHYDROVU_URL=%s\\n' "$HYDROVU_URL" > "$1"
sed -i.old -e 's/start: 2024-11-01/start: 2026-01-01/' \\
    -e '/name: BasinAT500/d' -e '/name: HarborVulink/d' -e '/name: MouthAT500/d' \\
    -e '/- name: Basin/,/^---/{/^---/!d;}' "$2"
"""
"""Fills in an account, and leaves the instruments of one site, and this year."""


class FollowError(AssertionError):
    """A page says something that does not work."""


class Follower:
    """A shell that is told one command after the other, as somebody types them.

    What a command changes of the shell, its folder and its exported variables, the next one finds.

    Args:
        folder: Where it stands at the beginning.
        environ: All of its environment; the folder is `HOME`, unless it says otherwise.
        adapted: What is typed instead of a command, and written instead of a file: where a page
            says `/media/stick`, another folder may have to do.
        say: Where each command is told before it runs.

    Attributes:
        printed: What each command wrote to stdout, by the command.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        adapted: Callable[[str], str] = str,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.printed: dict[str, str] = {}
        self._folder = folder
        self._environ = {"HOME": str(folder), **environ}
        self._adapted = adapted
        self._say = say
        self._kept = TemporaryDirectory(prefix="follower-")
        self._state = Path(self._kept.name)
        (self._state / "folder").write_text(f"{folder}\n")
        (self._state / "environment").write_text("")
        self._second_terminal: list[_Ongoing] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Press Ctrl-C in the second terminals."""
        try:
            for each in self._second_terminal:
                each.stop()
        finally:
            self._kept.cleanup()

    @property
    def here(self) -> Path:
        """Where the shell stands."""
        return Path((self._state / "folder").read_text().removesuffix("\n"))

    def follow(self, block: Block) -> None:
        """Do what a block says: write the file that it is, or run its commands."""
        for before in block.told("before"):
            self.run(before)
        for name in block.notes("file"):
            self.write(name, block.text)
        if not block.is_typed:
            return
        for command in commands_of(block.text):
            if block.told("second terminal"):
                self.start_second(command)
            elif _GOES_ON.search(command):
                self._start(command).stop()
            else:
                self.run(command)

    def write(self, name: str, text: str) -> None:
        """Write a file; `NAME, continued` goes on with it."""
        name, _, more = name.partition(", ")
        file = self.here / name
        self._say(f"(write {name})")
        file.parent.mkdir(exist_ok=True)
        with file.open("a" if more else "w", encoding="utf-8") as written:
            written.write(self._adapted(text))

    def run(self, command: str) -> str:
        """Run a command.

        Returns:
            What it wrote to stdout.

        Raises:
            FollowError: Its exit code is not 0.
        """
        self._say(command)
        process = self._begin(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate()
        if process.returncode:
            raise FollowError(f"{command}\n  exit code {process.returncode}\n{out}{err}")
        self.printed[command] = out
        return out

    def start_second(self, command: str) -> str:
        """Start a command that serves something until the end, as in a second terminal.

        Returns:
            Its address.
        """
        started = self._start(command)
        self._second_terminal.append(started)
        return started.address

    def _start(self, command: str) -> "_Ongoing":
        self._say(f"{command}   (until Ctrl-C)")
        told = self._state / f"told-{time.monotonic_ns()}"
        with told.open("w") as file:
            process = self._begin(command, stdout=file, stderr=file)
        return _Ongoing(command, process, told)

    def _begin(self, command: str, **streams: object) -> "subprocess.Popen[str]":
        script = _SHELL.replace("{command}", self._adapted(command))
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # noqa: S603 -- our own pages
            ["/bin/sh", "-c", script],
            cwd=self._folder,
            env={**self._environ, "FOLLOWER": str(self._state)},
            stdin=subprocess.DEVNULL,
            text=True,
            # A group of its own: Ctrl-C reaches all that a command started.
            process_group=0,
            **streams,
        )


class _Ongoing:
    """A command that serves something, which has answered.

    Args:
        command: It.
        process: The leader of its group.
        told: The file that it writes to.

    Attributes:
        address: Where it answers.

    Raises:
        FollowError: It ended, or does not answer.
    """

    def __init__(self, command: str, process: "subprocess.Popen[str]", told: Path) -> None:
        self._command = command
        self._process = process
        self._told = told
        self.address = self._answering()

    def _answering(self) -> str:
        deadline = time.monotonic() + _PATIENCE_S
        while not (address := self._answered()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._end()
                raise FollowError(f"{self._command}\n  serves nothing\n{self._told.read_text()}")
            time.sleep(0.1)
        return address

    def stop(self) -> None:
        """Press Ctrl-C."""
        code = self._end()
        said = self._told.read_text()
        if code not in _INTERRUPTED or "Traceback" in said:
            raise FollowError(f"{self._command}\n  ended with exit code {code}\n{said}")

    def _answered(self) -> str:
        """Return the first address among what it said that answers, if any does."""
        for address in _ADDRESS.findall(self._told.read_text()):
            try:
                _DIRECTLY.open(address, timeout=_ANSWER_S).close()
            except urllib.error.HTTPError:
                return str(address)  # "not found" is an answer
            except OSError:
                continue
            return str(address)
        return ""

    def _end(self) -> int:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
        try:
            return self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:  # it does not listen: that is told, and nothing stays
            os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()


def write_editor(file: Path) -> None:
    """Write an editor for somebody who has an account at `HYDROVU_URL`."""
    file.write_text(_EDITOR)
    file.chmod(0o755)


def programs(command: str) -> list[list[str]]:
    """Return the words of each `pond` in a command."""
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = []
    is_first = True
    for word in lexer:
        if set(word) <= set("<>&"):
            next(lexer, "")  # where it goes to
        elif set(word) <= set("();|&"):
            is_first = True
        elif is_first and re.fullmatch(r"\w+=.*", word, re.DOTALL):
            continue
        elif is_first and Path(word).name == "pond":
            found.append([])
            is_first = False
        elif found and not is_first:
            found[-1].append(word)
    return found
