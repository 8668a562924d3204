"""The folder that a website is written into: only what changed is written, and what is gone goes.

What lies there is told by a list beside it. Of each file it has the key (what it was made from),
its size and time, and facts that later builds want without making it again. A file that differs in
size or time from the list is made anew: neither what a build left that was killed, nor somebody's
edit stays.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pond_pipeline.errors import WebsiteError

_LIST = ".duckpond-website.json"
_LOCK = ".duckpond-website.lock"
_BEGUN = ".duckpond-website.begun"
"""Is there during a build, and after one that ended early: what that left is swept."""

_FORMAT = 2
_UNFINISHED = ".unfinished"

OWNED = ("assets", "data", "downloads", "instruments", "pages", "parameters", "sites")
"""The folders in it that belong to the website, with all that is in them."""

FRONT = ("index.html", "downloads.html")
"""Its files beside them; others there are somebody's own."""

_VERSION = 16
"""Hexadecimal digits that tell a browser, and the next build, that a file has changed."""

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A file as it was made.

    Attributes:
        content: Its bytes; None: there is no such file.
        facts: What later builds want to know of it: JSON values.
    """

    content: bytes | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it lies there.

    Attributes:
        key: What it was made from.
        version: Changes with its content; empty where there is no file.
        size: Bytes.
        mtime_ns: When it was written.
        facts: What is known of it.
    """

    key: str
    version: str
    size: int
    mtime_ns: int
    facts: Facts


class WebsiteFolder:
    """A folder during one build.

    Args:
        path: The folder.
        is_swept: Whether files that no build has noted are removed.

    Attributes:
        written: How many files were written.
        removed: How many were removed.
    """

    def __init__(self, path: Path, *, is_swept: bool) -> None:
        self._path = path
        self._is_swept = is_swept
        self._before = _listed(path)
        self._now: dict[str, Kept] = {}
        self.written = 0
        self.removed = 0

    @property
    def files(self) -> Mapping[str, Kept]:
        """The files of this build so far, by name."""
        return self._now

    def stored(self, name: str, key: str) -> Kept | None:
        """Return a file that lies there as it shall be, and have it; None if none does.

        Args:
            name: Its path below the folder.
            key: Tells what it is made from; with another one it has to be made.
        """
        kept = self._before.get(name)
        if kept is None or kept.key != key or not self._is_untouched(name, kept):
            return None
        self._now[name] = kept
        return kept

    def put(self, name: str, key: str, made: Made) -> Kept:
        """Have a file with this content; one that has it already is left alone."""
        if made.content is None:
            kept = Kept(key, "", 0, 0, made.facts)
            self._now[name] = kept
            return kept
        version = version_of(made.content)
        before = self._before.get(name)
        file = self._path / name
        if before is None or before.version != version or not self._is_untouched(name, before):
            _replace(file, made.content)
            self.written += 1
        stat = file.stat()
        kept = Kept(key, version, stat.st_size, stat.st_mtime_ns, made.facts)
        self._now[name] = kept
        return kept

    def finish(self) -> None:
        """Remove what the website has no more, and note what there is."""
        wanted = {name for name, kept in self._now.items() if kept.version}
        for name in sorted(self._there() - wanted):
            (self._path / name).unlink(missing_ok=True)
            self.removed += 1
        if self.removed:
            self._remove_empty_folders()
        if self._now != self._before:
            _write_list(self._path, self._now)

    def _there(self) -> set[str]:
        """Return the files that are there and belong to the website, or did.

        Where all is as the last build noted, nobody looks through the folder.
        """
        listed = {name for name, kept in self._before.items() if kept.version}
        if listed and not self._is_swept:
            return listed
        found = {
            str(Path(folder, name).relative_to(self._path))
            for owned in OWNED
            for folder, _, names in os.walk(self._path / owned)
            for name in names
        }
        tops = (f"{name}{end}" for name in FRONT for end in ("", _UNFINISHED))
        return listed | found | {name for name in tops if (self._path / name).exists()}

    def _remove_empty_folders(self) -> None:
        for owned in OWNED:
            for folder, _, _ in os.walk(self._path / owned, topdown=False):
                with contextlib.suppress(OSError):  # it is not empty
                    Path(folder).rmdir()

    def _is_untouched(self, name: str, kept: Kept) -> bool:
        if not kept.version:
            return True
        try:
            # Ten thousand of them: paths as objects would take longer than the looks.
            stat = os.stat(f"{self._path}/{name}")  # noqa: PTH116
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (kept.size, kept.mtime_ns)


def version_of(content: bytes) -> str:
    """Return what changes with the content of a file."""
    return hashlib.sha256(content).hexdigest()[:_VERSION]


@contextlib.contextmanager
def opened(path: Path) -> Iterator[WebsiteFolder]:
    """Have a website's folder to oneself; it is made when it is not there.

    Raises:
        WebsiteError: It holds something else, or cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not (path / _LIST).exists():
            _refuse_others(path)
        _refuse_links(path)
        with (path / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (path / _LIST).exists():
                _write_list(path, {})
            begun = path / _BEGUN
            folder = WebsiteFolder(path, is_swept=begun.exists())
            begun.touch()
            yield folder
            folder.finish()
            begun.unlink()
    except OSError as exc:
        msg = f"the website's folder {path} cannot be written: {exc.strerror or exc}"
        raise WebsiteError(msg, hint="make room or the folder writable, then build again") from exc


def _refuse_others(path: Path) -> None:
    """Refuse a folder with something in it that no build has put there."""
    others = sorted(each.name for each in path.iterdir() if not each.name.startswith("."))
    if others:
        msg = f"{path} holds {others[0]!r}, which is no part of a website"
        raise WebsiteError(msg, hint="give the website a folder of its own")


def _refuse_links(path: Path) -> None:
    """Refuse a folder whose parts lie elsewhere: what is there is not the website's to remove."""
    for name in OWNED:
        if (path / name).is_symlink():
            msg = f"{path / name} is a link to somewhere else"
            raise WebsiteError(msg, hint="remove the link: a build removes what it does not know")


def _listed(path: Path) -> dict[str, Kept]:
    """Return what the last build noted; nothing where that cannot be read."""
    try:
        found = json.loads((path / _LIST).read_bytes())
        if found["format"] != _FORMAT:
            return {}
        facts = found["facts"]
        listed = {
            name: Kept(key, version, size, mtime_ns, facts[at])
            for name, (key, version, size, mtime_ns, at) in found["files"].items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    return {name: kept for name, kept in listed.items() if _is_below(name)}


def _is_below(name: str) -> bool:
    """Say whether a name leads into the folder, whatever somebody wrote into the list."""
    return not name.startswith("/") and ".." not in name.split("/")


def _write_list(path: Path, files: Mapping[str, Kept]) -> None:
    facts = _Told()
    listed = {
        name: [each.key, each.version, each.size, each.mtime_ns, facts.number(each.facts)]
        for name, each in files.items()
    }
    told = {"format": _FORMAT, "facts": facts.all, "files": listed}
    _replace(path / _LIST, json.dumps(told, separators=(",", ":")).encode())


class _Told:
    """Facts of files, each told once: ten thousand tiles have the same columns.

    Attributes:
        all: Each that was numbered, by its number.
    """

    def __init__(self) -> None:
        self.all: list[Facts] = []
        self._by_text: dict[str, int] = {}
        self._by_id: dict[int, int] = {}

    def number(self, facts: Facts) -> int:
        """Return the number of facts; equal ones have the same."""
        known = self._by_id.get(id(facts))
        if known is None:
            known = self._by_text.setdefault(json.dumps(facts), len(self.all))
            if known == len(self.all):
                self.all.append(facts)
            self._by_id[id(facts)] = known
        return known


def _replace(file: Path, content: bytes) -> None:
    """Write a file in whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + _UNFINISHED)
    unfinished.write_bytes(content)
    unfinished.replace(file)
