"""A folder of this machine: which files a glob means there, without reading any of them.

A look costs one `stat` per file. What cannot be taken is told by name and does not stop the rest;
what somebody is still writing is left for the next look.
"""

import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from pond_core import LARGEST_BYTES, Stamp, is_unfinished, read_stamped, to_us
from pond_pipeline.errors import SourceError

_LONGEST_NAME_BYTES = 255
"""The longest name in a pond, in UTF-8; APFS allows as much, HFS+ three times that."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_ALL = ("*", "**")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that may be taken.

    Attributes:
        name: Its path below the folder, in NFC.
        path: Where it is.
        stamp: As it was seen.
    """

    name: str
    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a folder.

    Attributes:
        files: What may be taken, by name, in order.
        problems: What cannot be taken: by a name that can be shown, why not and what to do.
        waiting: What changed a moment ago, and is perhaps still being written.
    """

    files: Mapping[str, Seen] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()

    def digest(self) -> str:
        """Return a SHA-256, in hexadecimal, of what could be taken now, and of the problems."""
        facts = [
            [name, seen.stamp.size, seen.stamp.mtime_ns, seen.stamp.inode]
            for name, seen in self.files.items()
        ]
        text = json.dumps([facts, sorted(self.problems.items())])
        return hashlib.sha256(text.encode()).hexdigest()


def list_folder(pattern: Path, *, now: datetime) -> Listing:
    """Return the files that an absolute glob matches.

    Args:
        pattern: `*`, `?` and `[...]` within a name, `**` for any number of folders. What is hidden
            or unfinished by its name is passed over, and so are hidden folders.
        now: The present instant: what changed within `SETTLE` before it waits.

    Raises:
        SourceError: The folder is not there or cannot be read, or the glob means no files.
    """
    folder = fixed_folder(pattern)
    wanted = pattern.relative_to(folder).parts
    if not wanted or ".." in wanted:
        msg = f"{pattern} means no files"
        raise SourceError(msg, hint="end `pattern` as in inbox/*.csv, without '..' in its end")
    if not folder.is_dir():
        msg = f"there is no folder {folder}"
        raise SourceError(msg, hint="make it, mount its disk, or mend `pattern` in resources.yaml")
    try:
        os.scandir(folder).close()
    except OSError as exc:
        msg = f"{folder}: {exc.strerror}"
        raise SourceError(msg, hint="make the folder readable") from exc
    look = _Look(folder, now_ns=to_us(now) * 1000)
    look.descend("", wanted)
    return look.listing()


def fixed_folder(pattern: Path) -> Path:
    """Return the folder that a pattern names without a wildcard."""
    fixed = Path(pattern.anchor)
    for part in pattern.parts[1:-1]:
        if any(wildcard in part for wildcard in "*?["):
            break
        fixed /= part
    return fixed


def read_seen(seen: Seen) -> bytes | None:
    """Return what a file holds; None if it is not, or not any more, the one that was seen.

    Raises:
        OSError: It cannot be read.
    """
    return read_stamped(seen.path, seen.stamp)


class _Look:
    """One pass over a folder."""

    def __init__(self, folder: Path, *, now_ns: int) -> None:
        self._folder = folder
        self._now_ns = now_ns
        self._seen: dict[str, dict[str, Seen]] = {}
        self._problems: dict[str, str] = {}
        self._waiting: set[str] = set()

    def descend(self, below: str, parts: tuple[str, ...]) -> None:
        """Take what the rest of a pattern matches in a folder, given by its name and a slash."""
        head, rest = parts[0], parts[1:]
        if head == "**" and rest:
            self.descend(below, rest)
        for entry in self._entries(below, "*" if head == "**" else head):
            name = below + entry.name
            if head == "**" and self._is_folder(name, entry):
                self.descend(f"{name}/", parts)
            elif rest and head != "**" and self._is_folder(name, entry):
                self.descend(f"{name}/", rest)
            elif not rest:
                self._take(name, entry, head)

    def listing(self) -> Listing:
        """Return what was found."""
        files = {}
        for name, found in sorted(self._seen.items()):
            if len(found) == 1:
                (files[name],) = found.values()
            else:
                self._tell(name, f"{len(found)} files are called so", "rename all but one")
        problems = dict(sorted(self._problems.items()))
        return Listing(files, problems, tuple(sorted(self._waiting)))

    def _entries(self, below: str, part: str) -> Iterator["os.DirEntry[str]"]:
        """Yield what one part of a pattern matches in a folder."""
        wanted = _nfc(part)
        try:
            with os.scandir(self._folder / below) as entries:
                found = list(entries)
        except OSError as exc:
            self._tell(below.rstrip("/"), exc.strerror, "make the folder readable")
            return
        for entry in found:
            is_asked = part.startswith(".") or not entry.name.startswith(".")
            if is_asked and fnmatchcase(_nfc(entry.name), wanted):
                yield entry

    def _is_folder(self, name: str, entry: "os.DirEntry[str]") -> bool:
        if entry.is_symlink() and entry.is_dir():
            hint = "put the folder itself there, or give it a resource of its own"
            self._tell(name, "a symlink to a folder is not followed", hint)
            return False
        return entry.is_dir()

    def _take(self, found: str, entry: "os.DirEntry[str]", part: str) -> None:
        if is_unfinished(entry.name):
            return
        name = _nfc(found)
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        except OSError as exc:
            self._tell(name, exc.strerror, "make it readable, or move it away")
            return
        if stat.S_ISDIR(status.st_mode) and part in _ALL:
            return
        if (problem := _problem(name, status)) is not None:
            self._tell(name, *problem)
        elif (stamp := Stamp.of(status)).is_fresh(self._now_ns):
            self._waiting.add(name)
        else:
            self._seen.setdefault(name, {})[entry.path] = Seen(name, entry.path, stamp)

    def _tell(self, name: str, what: str | None, hint: str) -> None:
        shown = _shown(name)
        self._problems[shown] = f"{shown}: {what}; {hint}"


def _problem(name: str, status: os.stat_result) -> tuple[str, str] | None:
    """Return why a file cannot be taken, and what to do."""
    return _problem_of_kind(status) or _problem_of_name(name)


def _problem_of_kind(status: os.stat_result) -> tuple[str, str] | None:
    if stat.S_ISLNK(status.st_mode):
        return "a symlink is not followed", "put the file itself there"
    if stat.S_ISDIR(status.st_mode):
        hint = (
            "for what is in it, end `pattern` with /*; else rename it, or make `pattern` narrower"
        )
        return "a folder, named like a file", hint
    if not stat.S_ISREG(status.st_mode):
        return "no file, but a device or a pipe", "move it away"
    if status.st_size > LARGEST_BYTES:
        size, most = status.st_size / 2**20, LARGEST_BYTES // 2**20
        return f"{size:,.0f} MiB; {most} MiB are the most", "split it, or move it away"
    return None


def _problem_of_name(name: str) -> tuple[str, str] | None:
    if _CONTROL.search(name):
        return "a name with control characters", "rename it"
    try:
        longest = max(len(part) for part in name.encode().split(b"/"))
    except UnicodeEncodeError:
        return "a name that is not UTF-8", "rename it"
    if longest > _LONGEST_NAME_BYTES:
        return f"a name of {longest} bytes; {_LONGEST_NAME_BYTES} are the most", "shorten it"
    return None


def _shown(name: str) -> str:
    """Return a name as it can be printed and kept as text."""
    text = name.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _nfc(name: str) -> str:
    """Return a name as the pond keeps it; macOS hands names out decomposed."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)
