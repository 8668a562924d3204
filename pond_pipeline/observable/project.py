"""The folder of a project that somebody works in: what an export wrote there, it may change.

All else is somebody's own: files that no export wrote, and those of an export's that were edited
since. They stay, and are told. What an export wrote is told by a list beside the files, with the
SHA-256 of each.

What is written is made in a folder of its own first, and nothing takes its place before all of it
is there. What is about to take its place is in the list before it does: an export that was killed
leaves no file that a later one would take for somebody's own.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pond_pipeline.errors import ObservableError
from pond_pipeline.observable.packages import FRAMEWORK, wanted_packages

_LIST = ".duckpond-observable.json"
_LOCK = ".duckpond-observable.lock"
_UNFINISHED = ".duckpond-observable.unfinished"
_FORMAT = 1

_CONFIGS = ("observablehq.config.js", "observablehq.config.ts")
PAGES = "src"
"""The root of all pages, below a project's folder."""

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Noted:
    """A file as an export wrote it.

    Attributes:
        key: What it was made from; empty where only its content tells.
        sha256: Of its content.
        size: Bytes.
        mtime_ns: When it was written.
        facts: What later exports want to know of it: JSON values.
    """

    key: str
    sha256: str
    size: int
    mtime_ns: int
    facts: Facts


class Project:
    """A project during one export.

    Args:
        path: Its folder.
        force: Whether files of an export's that somebody edited are made anew.

    Attributes:
        left: Names of files that stay as somebody made them, in the place of an export's.
    """

    def __init__(self, path: Path, *, force: bool) -> None:
        self._path = path
        self._force = force
        self._before, coming, self._recalled = _listed(path)
        self._now: dict[str, Noted] = {}
        self._known: dict[str, list[int]] = {}
        self._made: list[str] = []
        self.left: list[str] = []
        for name, sha256 in coming.items():
            if _sha256(path / name) == sha256:  # it took its place before the export was killed
                self._before[name] = self._noted(path / name, "", sha256, {})

    @property
    def files(self) -> Mapping[str, Noted]:
        """The files of this export so far, by name."""
        return self._now

    @property
    def written(self) -> int:
        """How many of them are written."""
        return len(self._made)

    def stored(self, name: str, key: str) -> Noted | None:
        """Return a file that lies there as it shall be, and have it; None if none does.

        Args:
            name: Its path below the folder.
            key: Tells what it is made from; with another one it has to be made.
        """
        noted = self._before.get(name)
        if noted is None or noted.key != key or not self._is_as_written(name):
            return None
        self._now[name] = self._before[name]
        return self._now[name]

    def recall(self, key: str, find: Callable[[], list[int]]) -> list[int]:
        """Return what the last export found out; else find it out, for the next one to recall.

        Args:
            key: Tells what it is found out of.
            find: How.
        """
        if key not in self._known:
            self._known[key] = self._recalled[key] if key in self._recalled else find()
        return self._known[key]

    def put(self, name: str, content: bytes) -> None:
        """Have a file with this content."""
        with self.file(name, key="") as (file, _):
            file.write(content)

    def offer(self, name: str, content: bytes) -> bool:
        """Have a file with this content, and say so; somebody's own in its place is not told."""
        self.put(name, content)
        is_somebodys = name in self.left
        if is_somebodys:
            self.left.remove(name)
        return not is_somebodys

    @contextlib.contextmanager
    def file(self, name: str, *, key: str) -> Iterator[tuple[BinaryIO, dict[str, Any]]]:
        """Yield a file to write to, and a map to note facts in.

        What lies there already with the same content is left alone, and so is what is somebody's.

        Raises:
            ObservableError: There is a file of that name in this export already.
        """
        if name in self._now or name in self.left:
            msg = f"two files would both be {name}"
            raise ObservableError(msg, hint="export one of them elsewhere")
        made = self._path / _UNFINISHED / "file"
        facts: dict[str, Any] = {}
        with made.open("wb") as file:
            yield file, facts
            file.flush()
            os.fsync(file.fileno())
        sha256 = _sha256(made)
        target = self._path / name
        if _sha256(target) == sha256:
            made.unlink()
            self._now[name] = self._noted(target, key, sha256, facts)
        elif self._may_be_written(name):
            self._now[name] = self._noted(made, key, sha256, facts)
            made.rename(self._staged(name))
            self._made.append(name)
        else:
            made.unlink()
            self.left.append(name)
            self.keep(name)

    def keep(self, name: str) -> None:
        """Let a file be as it is, whoever made it."""
        if name in self._before:
            self._now[name] = self._before[name]

    def finish(self) -> int:
        """Let all that was made take its place, remove what is gone, and return how much that is.

        What is gone but was edited is left, and so is what was made or edited since it was asked
        for.

        Raises:
            ObservableError: A folder cannot be there; then nothing has changed.
        """
        for name in [each for each in self._made if not self._may_be_written(each)]:
            self._made.remove(name)
            del self._now[name]
            self.left.append(name)
            self.keep(name)
        for folder in {(self._path / name).parent for name in self._made}:
            self._make_folder(folder)
        gone = sorted(self._before.keys() - self._now.keys())
        if self._made:
            coming = {name: self._now[name].sha256 for name in self._made}
            _write_list(self._path, self._before, coming, self._recalled)
        for name in self._made:
            self._staged(name).rename(self._path / name)
        removed = [name for name in gone if self._is_as_written(name)]
        for name in removed:
            (self._path / name).unlink(missing_ok=True)
            self._remove_empty(Path(name).parent)
        self.left += [name for name in gone if (self._path / name).exists()]
        if (self._now, self._known) != (self._before, self._recalled):
            _write_list(self._path, self._now, {}, self._known)
        return len(removed)

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as exc:
            msg = f"{folder} cannot be made: there is a file in its way"
            raise ObservableError(msg, hint="rename that file, then export again") from exc
        if folder.stat().st_dev != self._path.stat().st_dev:
            msg = f"{folder} is on another disk than {self._path}"
            raise ObservableError(msg, hint="keep a project on one disk: link the whole folder")

    def _staged(self, name: str) -> Path:
        digest = hashlib.sha256(name.encode()).hexdigest()
        return self._path / _UNFINISHED / digest

    def _may_be_written(self, name: str) -> bool:
        """Say whether a file may take its place: where nothing is, or what an export wrote."""
        path = self._path / name
        if name not in self._before:
            return not os.path.lexists(path)
        if self._is_as_written(name) or not os.path.lexists(path):
            return True
        return self._force and path.is_file()

    def _is_as_written(self, name: str) -> bool:
        """Say whether a file is as an export wrote it; one that is away is not."""
        noted, path = self._before.get(name), self._path / name
        if noted is None:
            return False
        try:
            stat = path.stat()
        except OSError:
            return False
        if (stat.st_size, stat.st_mtime_ns) == (noted.size, noted.mtime_ns):
            return True
        if _sha256(path) != noted.sha256:
            return False
        # Copied, or checked out anew: the next look is cheap again.
        self._before[name] = self._noted(path, noted.key, noted.sha256, noted.facts)
        return True

    def _remove_empty(self, folder: Path) -> None:
        for each in (folder, *folder.parents):
            if each == Path():
                return
            with contextlib.suppress(OSError):  # it is not empty
                (self._path / each).rmdir()

    def _noted(self, path: Path, key: str, sha256: str, facts: Facts) -> Noted:
        stat = path.stat()
        return Noted(key, sha256, stat.st_size, stat.st_mtime_ns, facts)


@contextlib.contextmanager
def opened(path: Path, *, force: bool) -> Iterator[Project]:
    """Have a project to oneself; its folder is made when it is not there.

    Where the block raises, nothing has changed.

    Raises:
        ObservableError: The folder holds something else, or cannot be written.
    """
    try:
        _check_place(path)
        path.mkdir(parents=True, exist_ok=True)
        with (path / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                msg = f"another export is writing the project in {path}"
                raise ObservableError(msg, hint="export again when it is done") from exc
            unfinished = path / _UNFINISHED
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            try:
                yield Project(path, force=force)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    except OSError as exc:
        where = exc.filename or path
        msg = f"the project in {path} cannot be written: {where}: {exc.strerror or exc}"
        hint = "make room or the folder writable, then export again"
        raise ObservableError(msg, hint=hint) from exc


def _check_place(path: Path) -> None:
    """Refuse a folder with something in it that is no such project."""
    if not path.is_dir() or any((path / each).exists() for each in (_LIST, *_CONFIGS)):
        return
    others = sorted(each.name for each in path.iterdir() if not each.name.startswith("."))
    if others and FRAMEWORK not in wanted_packages(path):
        msg = f"{path} holds {others[0]!r}, and is no project of Observable Framework"
        raise ObservableError(msg, hint="give the project a folder of its own")


def _listed(path: Path) -> tuple[dict[str, Noted], dict[str, str], dict[str, list[int]]]:
    """Return what the last export noted, what was about to take its place, and what it found out.

    Raises:
        ObservableError: That is not understood.
    """
    try:
        found = json.loads((path / _LIST).read_bytes())
        if found["format"] != _FORMAT:
            raise ValueError(found["format"])
        listed = {name: Noted(*each) for name, each in found["files"].items()}
        coming = dict(found["coming"])
        known = {key: list(each) for key, each in found.get("known", {}).items()}
    except FileNotFoundError:
        return {}, {}, {}
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        msg = f"{path / _LIST}, the list of what exports wrote, is not understood"
        hint = "put an earlier one back, or delete it: then what lies there counts as your own"
        raise ObservableError(msg, hint=hint) from exc
    return (
        {name: noted for name, noted in listed.items() if _is_below(name)},
        {name: sha256 for name, sha256 in coming.items() if _is_below(name)},
        known,
    )


def _is_below(name: str) -> bool:
    """Say whether a name leads into the folder, whatever somebody wrote into the list."""
    return not name.startswith("/") and ".." not in name.split("/")


def _write_list(
    path: Path,
    files: Mapping[str, Noted],
    coming: Mapping[str, str],
    known: Mapping[str, Sequence[int]],
) -> None:
    listed = {name: astuple(files[name]) for name in sorted(files)}
    found = {"format": _FORMAT, "files": listed, "coming": coming, "known": known}
    text = json.dumps(found, indent=0)
    unfinished = path / _UNFINISHED / "list"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path / _LIST)


def _sha256(path: Path) -> str:
    """Return the digest of a file; empty where none can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
