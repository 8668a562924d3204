"""The library that watches a process and lets its calls fail: built, loaded, and its traces read.

It sees every call that changes the disk, Python's and delta-rs's alike, and the product knows
nothing of it. The child that it is loaded into steers it through `Witness`; the test reads the
trace with `read_trace`.
"""

import ctypes
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).with_name("witness.c")
_RECORD = struct.Struct("=IIQqQ")
_ALWAYS = 1 << 40


class Kind(IntEnum):
    """What a call did; the numbers are those of the library."""

    MARK = 0
    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    MAKE_DIRECTORY = 4
    LINK = 5
    RENAME = 6
    UNLINK = 7
    SYNC = 8
    SYNC_DIRECTORY = 9


class Mode(IntEnum):
    """How a chosen call fails."""

    FAIL = 0  # without effect
    FAIL_AFTERWARDS = 1  # the work is done and its reply is lost
    FAIL_HALFWAY = 2  # half of the bytes are written


CHANGES = tuple(kind for kind in Kind if kind is not Kind.MARK)
"""All that can fail."""

GROWS = (Kind.CREATE, Kind.WRITE, Kind.TRUNCATE, Kind.MAKE_DIRECTORY, Kind.LINK, Kind.RENAME)
"""What a full disk refuses."""


@dataclass(frozen=True, slots=True)
class Event:
    """One call that changed the disk.

    Attributes:
        kind: What it did.
        path: To what, from the watched directory on.
        inode: The number of the file, if it was about a file's bytes.
        offset: Where bytes went; the new length of a truncated file.
        data: The bytes; the text of a mark.
        source: The other path of a link or rename.
    """

    kind: Kind
    path: str = ""
    inode: int = 0
    offset: int = 0
    data: bytes = b""
    source: str = ""


class Witness:
    """The library as the child that it is loaded into sees it."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(os.environ["LD_PRELOAD"])

    def watch(self, directory: Path, trace: Path) -> None:
        """Trace what happens below a directory, and let nothing fail."""
        error = self._library.witness_watch(os.fsencode(directory), os.fsencode(trace))
        if error:
            raise OSError(error, os.strerror(error), str(trace))

    def mark(self, text: str) -> None:
        """Put a text into the trace."""
        self._library.witness_mark(text.encode())

    def fail(
        self,
        error: int,
        *,
        kinds: Sequence[Kind] = CHANGES,
        where: str = "",
        first: int = 1,
        last: int = _ALWAYS,
        mode: Mode = Mode.FAIL,
    ) -> None:
        """Let the `first` to the `last` of these calls fail, counted from now on.

        Args:
            error: The errno that they report.
            kinds: Which calls count.
            where: Only those whose path contains this.
            first: The first that fails.
            last: The last that fails.
            mode: What they do nevertheless.
        """
        bits = sum(1 << kind for kind in kinds)
        text = os.fsencode(where)
        first_, last_ = ctypes.c_long(first), ctypes.c_long(last)
        self._library.witness_fail(ctypes.c_uint(bits), text, first_, last_, error, int(mode))

    def relent(self) -> None:
        """Let nothing fail any more."""
        self.fail(0, kinds=())

    def counted(self) -> int:
        """Return how many calls counted since `fail`."""
        return int(ctypes.c_long.in_dll(self._library, "witness_counted_calls").value)

    def shift_clock(self, seconds: int) -> None:
        """Shift the process's clock from the real one."""
        self._library.witness_shift_clock(ctypes.c_int64(seconds))


def missing() -> str:
    """Return why the library cannot be built here; empty if it can."""
    if not sys.platform.startswith("linux") or sys.maxsize <= 2**32:
        return "THE CRASH AND FAULT TESTS DO NOT RUN HERE: they need Linux on 64 bits"
    if shutil.which("cc") is None:
        return "THE CRASH AND FAULT TESTS DO NOT RUN HERE: install a C compiler (cc)"
    return ""


def build(directory: Path) -> Path:
    """Compile the library into a directory and return its path."""
    target = directory / "witness.so"
    subprocess.run(  # noqa: S603 -- the compiler, and our own source
        ["cc", "-Wall", "-Wextra", "-O2", "-shared", "-fPIC", "-o", target, SOURCE, "-lpthread"],  # noqa: S607
        check=True,
    )
    return target


def run(library: Path, module: str, *arguments: str) -> None:
    """Run a module of the tests with the library loaded, and wait for its end."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    done = subprocess.run(  # noqa: S603 -- our own Python, our own module
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        msg = f"{module} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        raise AssertionError(msg)


def read_trace(trace: Path, watched: Path) -> Iterator[Event]:
    """Iterate over the events of a trace, with paths from the watched directory on."""
    data = trace.read_bytes()
    at = 0
    while at < len(data):
        kind, path_length, inode, offset, length = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        path = os.fsdecode(data[at : at + path_length])
        at += path_length
        content = data[at : at + length]
        at += length
        names = kind in {Kind.LINK, Kind.RENAME}
        yield Event(
            Kind(kind),
            _below(path, watched),
            inode,
            offset,
            b"" if names else content,
            _below(os.fsdecode(content), watched) if names else "",
        )


def _below(path: str, watched: Path) -> str:
    return path.removeprefix(str(watched)).strip("/")
