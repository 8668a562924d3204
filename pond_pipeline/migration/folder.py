"""Directories of an original pond on the disk: found through their listings, and checked by them.

Nothing is taken that a listing does not name with its size and digest; what lies beside is told of.
Nothing is followed out of the pond, and nothing in it is ever changed.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pond_pipeline.errors import MigrationError
from pond_pipeline.migration.listing import FileType, Item, Listing, read_listing
from pond_pipeline.migration.remark import Remarks

_LISTING = re.compile(r"dir\.([0-9]{1,18})\.parquet")

_DEEPEST = 100
"""Directories below one another; the original tool makes a handful."""


@dataclass(slots=True)
class Folder:
    """One directory.

    Attributes:
        path: As the original tool names it, such as `/HydroVu/<uuid>`.
        host: Where it is.
        items: All versions of all that it holds.
        is_newest: Whether its newest listing could be read; an older one misses what came later.
        remarks: Where damage is noted.
    """

    path: str
    host: Path
    items: tuple[Item, ...]
    is_newest: bool
    remarks: Remarks
    _versions: dict[tuple[FileType, str], list[Item]] = field(default_factory=dict)
    _trees: "dict[str, Folder]" = field(default_factory=dict)
    _checked: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, host: Path, path: str, listed: Sequence[Item], remarks: Remarks) -> "Folder":
        """Open a directory by the newest of its listings that can be read.

        Args:
            host: Where it is.
            path: As the original tool names it.
            listed: What the directory above says of it: an item for each listing; none for the
                root.
            remarks: Where damage is noted, here and below.

        Raises:
            MigrationError: It is not there, or none of its listings can be read.
        """
        if path.count("/") > _DEEPEST:
            raise MigrationError(f"it lies below more than {_DEEPEST} directories")
        names = _names(host)
        numbers = sorted(int(found[1]) for n in names if (found := _LISTING.fullmatch(n)))
        known = {item.number: item for item in listed}
        if known and max(known) not in numbers:
            where = _below(path, f"dir.{max(known)}.parquet")
            remarks.failed("listing missing", where, "the directory above names it")
        if not numbers:
            raise MigrationError("it has no listing")
        for number in reversed(numbers):
            where = f"dir.{number}.parquet"
            try:
                listing = _listing(host / where, known.get(number))
            except MigrationError as exc:
                remarks.failed("listing damaged", _below(path, where), str(exc))
                continue
            for name, problem in listing.problems:
                remarks.failed("item not understood", _below(path, name), problem)
            is_newest = number == max([*numbers, *known])
            folder = cls(path, host, listing.items, is_newest, remarks)
            folder._look_around(names)
            return folder
        raise MigrationError("none of its listings can be read")

    def versions(self, name: str, file_type: FileType) -> list[Item]:
        """Return all versions of one thing, the oldest first."""
        return self._versions.get((file_type, name), [])

    def names(self, file_type: FileType) -> list[str]:
        """Return the names of all things of one type, in order."""
        return sorted(name for kind, name in self._versions if kind is file_type)

    @property
    def trees(self) -> "dict[str, Folder]":
        """The directories in it that can be read, by name."""
        return self._trees

    def links(self) -> dict[str, str]:
        """Return what the symlinks lead to, each followed to its end; a circle is noted."""
        targets = {i.name: i.target for i in self.items if i.file_type is FileType.SYMLINK}
        ends = {}
        for name in sorted(targets):
            end, seen = targets[name], {name}
            while end in targets and end not in seen:
                seen.add(end)
                end = targets[end]
            if end in seen:
                where = _below(self.path, name)
                self.remarks.failed("symlink circle", where, f"it leads to {targets[name]!r}")
            else:
                ends[name] = end
        return ends

    def where(self, item: Item) -> str:
        """Return the path of an item's file, or of itself where it has none, for people."""
        return _below(self.path, item.file_name if item.has_file else item.name)

    def tell_foreign(self, item: Item) -> None:
        """Note an item that the original tool does not make in such a place."""
        self.remarks.left("foreign item", self.where(item), "the original tool makes none here")

    def read(self, item: Item) -> bytes | None:
        """Return what an item's file holds; None where it is missing or damaged, which is noted."""
        self._checked.add(item.file_name)
        try:
            data = read_host_file(self.host / item.file_name)
            _check(data, item)
        except MigrationError as exc:
            self.remarks.failed("file damaged", self.where(item), str(exc))
            return None
        return data

    def check_rest(self) -> None:
        """Check all files that nobody read, here and below."""
        for item in self.items:
            if item.has_file and item.file_name not in self._checked:
                self.read(item)
        for tree in self._trees.values():
            tree.check_rest()

    def walk(self) -> "Iterator[Folder]":
        """Yield this directory and all below it."""
        yield self
        for name in sorted(self._trees):
            yield from self._trees[name].walk()

    def _look_around(self, names: Sequence[str]) -> None:
        """Take in the listing, open the directories below, and note what is not listed."""
        for item in sorted(self.items, key=lambda item: item.number):
            self._versions.setdefault((item.file_type, item.name), []).append(item)
        self._open_trees()
        self._tell_unexpected(names)

    def _open_trees(self) -> None:
        for name in self.names(FileType.TREE):
            path, listed = _below(self.path, name), self.versions(name, FileType.TREE)
            try:
                self._trees[name] = Folder.open(self.host / name, path, listed, self.remarks)
            except MigrationError as exc:
                self.remarks.failed("directory lost", path, f"{exc}; all in it is left")

    def _tell_unexpected(self, names: Sequence[str]) -> None:
        known = {item.file_name for item in self.items if item.has_file}
        known |= set(self.names(FileType.TREE))
        for name in names:
            if name not in known and not _LISTING.fullmatch(name):
                detail = "no listing names it, so it cannot be checked: look at it"
                self.remarks.left("unexpected file", _below(self.path, _shown(name)), detail)


def is_original_pond(host: Path) -> bool:
    """Say whether a directory has a listing as the original tool writes them."""
    try:
        return any(_LISTING.fullmatch(name) for name in _names(host))
    except MigrationError:
        return False


def read_host_file(path: Path) -> bytes:
    """Return what a file holds; no symlink is followed, no pipe or device is opened for long.

    Raises:
        MigrationError: It is missing, no file, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 -- of a descriptor
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise MigrationError("it is no file")
            return file.read()
    except FileNotFoundError:
        raise MigrationError("it is missing") from None
    except (OSError, ValueError) as exc:
        is_link = path.is_symlink()
        why = "it is a symlink" if is_link else f"it cannot be read: {_reason(exc)}"
        raise MigrationError(why) from None


def _listing(path: Path, known: Item | None) -> Listing:
    """Read a listing, and compare it with what the directory above says of it.

    Raises:
        MigrationError: It is none, or another one.
    """
    data = read_host_file(path)
    if known is not None:
        _check(data, known)
    return read_listing(data)


def _names(host: Path) -> list[str]:
    """Return the names in a directory, in order.

    Raises:
        MigrationError: It is missing, no directory, or cannot be read.
    """
    try:
        if not stat.S_ISDIR(host.lstat().st_mode):
            raise MigrationError("it is no directory")
        return sorted(os.listdir(host))  # noqa: PTH208 -- the names alone
    except FileNotFoundError:
        raise MigrationError("it is missing") from None
    except (OSError, ValueError) as exc:
        raise MigrationError(f"it cannot be read: {_reason(exc)}") from None


def _check(data: bytes, item: Item) -> None:
    """Compare bytes with what a listing says of them.

    Raises:
        MigrationError: They differ.
    """
    if len(data) != item.size:
        raise MigrationError(f"it has {len(data)} bytes, and should have {item.size}")
    if hashlib.sha256(data).digest() != item.sha256:
        raise MigrationError("its SHA-256 is not the one that was recorded")


def _reason(exc: OSError | ValueError) -> str:
    return (exc.strerror or "") if isinstance(exc, OSError) else "its name is none"


def _below(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"


def _shown(name: str) -> str:
    """Return a name of the disk as text: what is not UTF-8 in it as escapes."""
    return os.fsencode(name).decode(errors="backslashreplace")
