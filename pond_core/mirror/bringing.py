"""What happened in the pond, done in the folder. A file appears whole under its name, or not.

Files are written under temporary names in the mirror's own folder, synced, and noted in the
journal; then they take their names. What somebody else wrote there meanwhile is left.
"""

import contextlib
import errno
import itertools
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from pond_core.errors import CorruptionError, FactoryError, Finding, SchemaError
from pond_core.host_file import LARGEST_BYTES, Stamp, read_stamped
from pond_core.mirror.folder import Held
from pond_core.mirror.naming import STATE_FOLDER, ancestors, conflict_name
from pond_core.mirror.placeholder import placeholder
from pond_core.mirror.plan import Plan, Writing
from pond_core.mirror.state import Record, State, StateFiles
from pond_core.mirror.subtree import Wanted
from pond_core.mirror.taking import holds_same_rows
from pond_core.rendition import stream_rows, write_parquet
from pond_core.snapshot import Snapshot
from pond_core.storage import Durability, digest_of, storage_errors
from pond_core.tinyfs import EntryType
from pond_core.track import Track

_BATCH_FILES = 64
_BATCH_BYTES = 64 * 1024**2
"""So much is written before files take their names: one entry of the journal for all of it."""

_NAMES_REFUSED = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}
"""What a file system says to a name that it cannot hold."""


@dataclass(frozen=True, slots=True)
class MirrorConflict:
    """A file that was changed on both sides; both are kept.

    Attributes:
        name: The file: it has the pond's content.
        kept_as: What the folder's own content is called now.
    """

    name: str
    kept_as: str


@dataclass(slots=True)
class Brought:
    """What the folder got.

    Attributes:
        written: How many files.
        bytes: Their size.
        deleted: How many files went.
        conflicts: What was changed on both sides.
        findings: What was not brought, and why.
    """

    written: int = 0
    bytes: int = 0
    deleted: int = 0
    conflicts: list[MirrorConflict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Staged:
    """A file that is whole and on disk, but has not its name yet."""

    writing: Writing
    partial: Path
    record: Record


class Bringing:
    """The changes of one run to a folder.

    Args:
        snapshot: The pond.
        root: The folder.
        state: What is known; it is kept up to date.
        files: Where that is kept.
        both: Whether what is changed here and there is kept twice; else it is left.
        durability: Whether to wait for the disk.
        track: Sees the files go by that are written.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        root: Path,
        state: State,
        files: StateFiles,
        *,
        both: bool,
        durability: Durability,
        track: Track,
    ) -> None:
        self._track = track
        self.brought = Brought()
        self._snapshot = snapshot
        self._root = root
        self._state = state
        self._files = files
        self._both = both
        self._durability = durability
        self._temporary = root / STATE_FOLDER / "tmp"
        self._refused: set[str] = set()
        self._touched: set[Path] = set()

    def carry_out(self, plan: Plan) -> None:
        """Change the folder.

        Raises:
            StorageError: Its disk refuses; run it again when it does not.
        """
        for name in plan.deletes:
            self._delete(name)
        for name in plan.removed_directories:
            self._remove_directory(name)
        for name in plan.directories:
            self._make_directory(name)
        self._write(plan.writes)
        for comparison in plan.comparisons:
            self._compare(comparison)
        for directory in sorted(self._touched):
            if directory.is_dir():
                self._durability.sync_file(directory)

    def _delete(self, name: str) -> None:
        path = self._root / name
        with storage_errors(path):
            if _stamp(path) == self._stamp_before(name):
                path.unlink()
                self._touched.add(path.parent)
                self.brought.deleted += 1
        self._state.files.pop(name)

    def _stamp_before(self, name: str) -> Stamp:
        return self._state.files[name].stamp

    def _remove_directory(self, name: str) -> None:
        # Where somebody keeps something of their own in it, it stays.
        with contextlib.suppress(OSError):
            (self._root / name).rmdir()
            self._touched.add((self._root / name).parent)
        self._state.directories.discard(name)

    def _make_directory(self, name: str) -> None:
        if self._is_refused(name):
            return
        path = self._root / name
        try:
            path.mkdir(exist_ok=True)
        except OSError as exc:
            self._refuse(name, exc)
            return
        self._touched.add(path.parent)
        self._state.directories.add(name)

    def _write(self, writings: Sequence[Writing]) -> None:
        batch: list[_Staged] = []
        for writing in self._track(writings):
            if self._is_refused(writing.wanted.name):
                continue
            staged = self._staged(writing)
            if staged is None or self._is_there(staged):
                continue
            batch.append(staged)
            size = sum(each.record.stamp.size for each in batch)
            if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
                self._settle(batch)
                batch = []
        self._settle(batch)

    def _is_there(self, staged: _Staged) -> bool:
        """Say whether a file has these bytes already: what was merged or computed anew is equal."""
        name, held = staged.writing.wanted.name, staged.writing.held
        record = self._state.files.get(name)
        if held is None or record is None or record.sha256 != staged.record.sha256:
            return False
        staged.partial.unlink()
        self._state.files[name] = replace(staged.record, stamp=held.stamp)
        return True

    def _settle(self, batch: Sequence[_Staged]) -> None:
        """Let files take their names, after it was noted that they will."""
        self._files.note({each.writing.wanted.name: each.record for each in batch})
        for each in batch:
            self._place(each)

    def _place(self, staged: _Staged) -> None:
        name = staged.writing.wanted.name
        path, held = self._root / name, staged.writing.held
        try:
            if path.is_dir() and not path.is_symlink():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            if _stamp(path) != (None if held is None else held.stamp):
                detail = "it was changed here a moment ago: the next run looks at it"
                self.brought.findings.append(Finding("left", name, detail))
                return
            if held is None:
                _link(staged.partial, path)
            else:
                staged.partial.replace(path)
        except OSError as exc:
            self._refuse(name, exc)
            return
        finally:
            staged.partial.unlink(missing_ok=True)
        self._touched.add(path.parent)
        self._state.files[name] = staged.record
        self.brought.written += 1
        self.brought.bytes += staged.record.stamp.size

    def _compare(self, comparison: Writing) -> None:
        """Find out whether both sides have the same; else keep both, or leave it."""
        wanted, held = comparison.wanted, comparison.held
        staged = self._staged(comparison)
        if staged is None or held is None:
            return
        path = self._root / wanted.name
        sha256 = digest_of(path)
        if _stamp(path) != held.stamp:
            staged.partial.unlink()
            return
        if sha256 == staged.record.sha256 or self._has_same_rows(wanted, path, held):
            staged.partial.unlink()
            record = replace(staged.record, stamp=held.stamp, sha256=sha256)
            self._state.files[wanted.name] = record
        elif self._both:
            kept_as = self._set_aside(wanted.name, sha256)
            if _stamp(path) is None:
                staged = replace(staged, writing=Writing(wanted))
            self._settle([staged])
            self.brought.conflicts.append(MirrorConflict(wanted.name, kept_as))
        else:
            staged.partial.unlink()
            detail = "it is not what the mirror made: the pond's content is not brought"
            self.brought.findings.append(Finding("left", wanted.name, detail))

    def _has_same_rows(self, wanted: Wanted, path: Path, held: Held) -> bool:
        if wanted.entry_type is EntryType.DATA or wanted.is_placeholder:
            return False
        if held.stamp.size > LARGEST_BYTES:
            return False
        with storage_errors(path):
            data = read_stamped(path, held.stamp)
        return data is not None and holds_same_rows(self._snapshot, wanted.path, data)

    def _set_aside(self, name: str, sha256: str) -> str:
        """Give a file a second name, under which nothing replaces it."""
        names = (conflict_name(name, sha256[start:]) for start in itertools.count())
        kept_as = next(each for each in names if self._is_free_for(each, sha256))
        path = self._root / kept_as
        with storage_errors(path):
            if not path.exists():
                _link(self._root / name, path)
        self._durability.sync_file(path.parent)
        return kept_as

    def _is_free_for(self, name: str, sha256: str) -> bool:
        """Say whether a name is free, or has these bytes; somebody may have changed what it had."""
        path = self._root / name
        return not path.exists() or digest_of(path) == sha256

    def _staged(self, writing: Writing) -> _Staged | None:
        """Write a file under a temporary name; None if the pond cannot give its content."""
        wanted = writing.wanted
        partial = self._temporary / secrets.token_hex(8)
        try:
            with storage_errors(partial), partial.open("xb") as file:
                if wanted.is_placeholder:
                    file.write(placeholder(self._snapshot, wanted))
                elif wanted.entry_type is EntryType.DATA:
                    file.write(self._snapshot.read_data(wanted.path))
                else:
                    write_parquet(stream_rows(self._snapshot, wanted.path), file)
        except (CorruptionError, FactoryError, SchemaError, pa.ArrowException) as exc:
            partial.unlink(missing_ok=True)
            self.brought.findings.append(Finding("not brought", wanted.name, str(exc)))
            return None
        self._durability.sync_file(partial)
        with storage_errors(partial):
            stamp = Stamp.of(partial.lstat())
        digest = digest_of(partial)
        return _Staged(writing, partial, Record(wanted.key, stamp, digest, wanted.is_placeholder))

    def _is_refused(self, name: str) -> bool:
        return any(each in self._refused for each in ancestors(name))

    def _refuse(self, name: str, error: OSError) -> None:
        """Tell of one name that the folder does not take; of a full disk, all is told."""
        in_the_way = isinstance(error, FileExistsError | IsADirectoryError | NotADirectoryError)
        if not in_the_way and error.errno not in _NAMES_REFUSED:
            with storage_errors(self._root / name):
                raise error
        self._refused.add(name)
        what = "something else has its name here" if in_the_way else f"{error.strerror}"
        self.brought.findings.append(Finding("not brought", name, what))


def _link(source: Path, target: Path) -> None:
    """Give a file a name that nothing has, and take its old one.

    Raises:
        FileExistsError: Something has that name.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links here, as on FAT
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        source.rename(target)


def _stamp(path: Path) -> Stamp | None:
    """Return which file has a name; None if none has."""
    try:
        return Stamp.of(path.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return None
