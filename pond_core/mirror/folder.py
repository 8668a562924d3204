"""What the folder of a mirror holds: every name is looked at, and only what changed is read."""

import os
import stat
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pond_core.errors import Finding, StorageError
from pond_core.host_file import Stamp, is_unfinished
from pond_core.mirror.naming import STATE_FOLDER, ancestors, is_conflict
from pond_core.mirror.state import Record
from pond_core.storage import digest_of, storage_errors


@dataclass(frozen=True, slots=True)
class Held:
    """A file of the folder.

    Attributes:
        stamp: Which one it is.
        is_as_recorded: Whether it is what the mirror made or took there last.
        is_fresh: Whether it changed a moment ago, and is perhaps still being written.
    """

    stamp: Stamp
    is_as_recorded: bool = False
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """What is in the folder; names are in NFC, as in the pond.

    Attributes:
        files: By name.
        directories: By name: whether something in it is passed over.
        fresh: Directories in which a name came or went a moment ago; "" is the folder itself.
        obstacles: What is neither, by name: what it is.
        findings: Names that the pond cannot have.
    """

    files: dict[str, Held] = field(default_factory=dict)
    directories: dict[str, bool] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    obstacles: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def look_at_folder(
    root: Path, *, records: Mapping[str, Record], known: Container[str], now_ns: int
) -> Folder:
    """Return what a folder holds.

    Files that are hidden, conflicting, or unfinished by their names are passed over unless they
    are known.

    Args:
        root: The folder.
        records: What the mirror knows of its files.
        known: Names that are in step, or shall be.
        now_ns: The present instant, in nanoseconds since the epoch.

    Raises:
        StorageError: A directory cannot be read: what is not seen must not be taken for gone.
    """
    look = _Look(root, records, known, now_ns)
    look.descend("")
    return look.folder


def folds_case(state_folder: Path) -> bool:
    """Say whether the file system takes names for one that differ in case alone."""
    return (state_folder.parent / STATE_FOLDER.upper()).exists()


class _Look:
    """One pass over a folder."""

    def __init__(
        self, root: Path, records: Mapping[str, Record], known: Container[str], now_ns: int
    ) -> None:
        self.folder = Folder()
        self._root = root
        self._records = records
        self._known = known
        self._now_ns = now_ns

    def descend(self, directory: str) -> None:
        path = self._root / directory
        with storage_errors(path), os.scandir(path) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
            if Stamp.of(path.stat()).is_fresh(self._now_ns):
                self.folder.fresh.add(directory)
        for entry in found:
            name = self._name(directory, entry)
            if name is None:
                continue
            if name not in self._known and (is_unfinished(entry.name) or is_conflict(entry.name)):
                self._pass_over(name)
                continue
            self._take(name, entry)

    def _name(self, directory: str, entry: "os.DirEntry[str]") -> str | None:
        """Return the name of an entry; None for one that the pond cannot have."""
        if not directory and entry.name == STATE_FOLDER:
            return None
        last = unicodedata.normalize("NFC", entry.name)
        stem = f"{directory}/" if directory else ""
        try:
            last.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(entry.name).decode(errors="backslashreplace")
            self._tell(stem + shown, "its name is not UTF-8")
            return None
        if last != entry.name and not (self._root / directory / last).exists():
            self._tell(stem + last, "its name is not in Unicode's form NFC")
            return None
        return stem + last

    def _take(self, name: str, entry: "os.DirEntry[str]") -> None:
        with storage_errors(Path(entry.path)):
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                return
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR:
            self.folder.directories[name] = False
            self.descend(name)
        elif kind == stat.S_IFREG:
            self.folder.files[name] = self._held(name, Stamp.of(status))
        else:
            what = "a symlink" if kind == stat.S_IFLNK else "a device or a pipe"
            self.folder.obstacles[name] = what

    def _held(self, name: str, stamp: Stamp) -> Held:
        record = self._records.get(name)
        if record is not None and record.stamp == stamp:
            return Held(stamp, is_as_recorded=True)
        is_same = (
            record is not None
            and record.stamp.size == stamp.size
            and self._digest(name) == record.sha256
        )
        return Held(stamp, is_same, is_fresh=stamp.is_fresh(self._now_ns))

    def _digest(self, name: str) -> str | None:
        """Return the digest of a file; None if it cannot be read, or went this moment."""
        try:
            return digest_of(self._root / name)
        except StorageError:
            return None

    def _pass_over(self, name: str) -> None:
        """Note that a directory is not empty, though nothing of it is to be mirrored."""
        for directory in ancestors(name)[-1:]:
            self.folder.directories[directory] = True

    def _tell(self, name: str, detail: str) -> None:
        self._pass_over(name)
        self.folder.findings.append(Finding("not taken", name, detail))
