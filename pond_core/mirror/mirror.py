"""A folder that mirrors a subtree of a pond."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pond_core.errors import DataError, Finding, NotFoundError, PondDivergedError, StorageError
from pond_core.host_file import Stamp
from pond_core.mirror.bringing import Bringing, MirrorConflict
from pond_core.mirror.folder import Folder, folds_case, look_at_folder
from pond_core.mirror.naming import STATE_FOLDER
from pond_core.mirror.plan import Plan
from pond_core.mirror.planning import are_all_gone, plan_of
from pond_core.mirror.state import Record, Settings, State, StateFiles, with_settings
from pond_core.mirror.subtree import Subtree, look_at_pond, wanted_by
from pond_core.mirror.taking import Taken, take
from pond_core.pond import Pond
from pond_core.storage import Durability, exclusive, storage_errors
from pond_core.track import Track, untracked


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What a run of a mirror came to.

    Attributes:
        directory: The folder.
        path: The directory of the pond that it mirrors.
        txn: The pond as of this transaction is in the folder.
        written: Files that the folder got.
        bytes: Their size.
        deleted: Files that went from the folder.
        taken: Files that the pond took, or gave another name.
        dropped: Files that went from the pond.
        taken_in: The transaction that did so; None where there was none.
        placeholders: Files that are there without their content.
        waiting: Files that somebody changed a moment ago: the next run looks at them.
        conflicts: Files that were changed on both sides; both are kept.
        links: Symlinks of the pond; they have no files.
        findings: What is not in step, and why.
    """

    directory: Path
    path: str
    txn: int
    written: int
    bytes: int
    deleted: int
    taken: int
    dropped: int
    taken_in: int | None
    placeholders: int
    waiting: tuple[str, ...]
    conflicts: tuple[MirrorConflict, ...]
    links: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def is_in_step(self) -> bool:
        """True when both sides have the same, and nobody has to look at anything."""
        return not (self.waiting or self.conflicts or self.findings)


class Mirror:
    """A folder of the host that has what a directory of a pond has.

    Data files are as they are, tables and series are Parquet; `docs/mirror.md` says all of it. It
    is in step after each `run`, at a cost of what changed. A run that was killed does no harm, and
    the next one completes it.

    Args:
        pond: The pond.
        directory: The folder; the first run makes it, but not what it lies in: a disk that is not
            plugged in shall not be mistaken for an empty one.
        path: The directory of the pond; None is the one of the run before, at first the root.
        durability: `full` waits for the disk (survives a power loss), `process` does not.
        clock_ns: Tells the present instant, in nanoseconds since the epoch.
    """

    def __init__(
        self,
        pond: Pond,
        directory: str | os.PathLike[str],
        *,
        path: str | None = None,
        durability: str = "full",
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.pond = pond
        self.directory = Path(directory)
        self._root = self.directory.absolute()
        self._path = path
        self._durability = Durability.named(durability)
        self._clock_ns = clock_ns
        self._files = StateFiles(self._root / STATE_FOLDER, durability=self._durability)

    def run(
        self,
        *,
        both: bool = False,
        lazy: bool | None = None,
        want: Sequence[str] = (),
        emptied: bool = False,
        track: Track = untracked,
    ) -> Mirrored:
        """Bring folder and pond in step.

        Args:
            both: Let the pond take what changed in the folder. Otherwise what somebody changed
                there is left as it is.
            lazy: Whether files are placeholders until they are wanted; None is as before.
            want: Patterns of pond paths whose content is wanted, from now on.
            emptied: Delete everything in the pond, if everything was deleted in the folder.
            track: Sees the files go by that are written into the folder.

        Raises:
            NotFoundError: The pond has no such directory, or nothing that is wanted.
            WrongTypeError: It is no directory.
            InvalidPathError: What is wanted is no pattern.
            DataError: The folder mirrors another directory, or pond and folder lie in each other.
            PondDivergedError: The folder mirrors another pond.
            CorruptionError: The pond, or what the mirror knows, is damaged.
            ConflictError: Others changed the same things in the pond again and again.
            StorageError: The disk refuses; or all files are gone and nobody said that this is
                meant.
        """
        self._check_place()
        for folder in (self._root, self._files.folder, self._files.folder / "tmp"):
            self._durability.make_directory(folder)
        with exclusive(self._files.folder / "lock"):
            for left_over in sorted((self._files.folder / "tmp").iterdir()):
                with storage_errors(left_over):
                    left_over.unlink()
            state = self._state()
            state.settings = with_settings(state, lazy=lazy, want=want)
            return self._run(state, want=want, both=both, emptied=emptied, track=track)

    def _run(
        self, state: State, *, want: Sequence[str], both: bool, emptied: bool, track: Track
    ) -> Mirrored:
        snapshot = self.pond.snapshot()
        fold = str.casefold if folds_case(self._files.folder) else str
        is_wanted = _is_wanted(state)
        subtree = look_at_pond(snapshot, state.settings.path, is_wanted=is_wanted, fold=fold)
        _check_wanted(subtree, want)
        self._files.save(state)  # what is wanted stays so, though this run be killed
        folder = self._look(subtree, state)
        plan = plan_of(subtree, folder, state, both=both)
        if plan.drops and are_all_gone(folder, state) and not emptied:
            msg = f"all {len(state.files)} files that were mirrored to {self.directory} are gone"
            hint = "is its disk mounted? if they were deleted on purpose, add --emptied"
            raise StorageError(msg, hint=hint)
        taken = take(self.pond, plan, subtree, root=self._root, records=state.files)
        _note(state, subtree, folder, plan, taken)
        if taken.txn is not None:
            self._files.save(state)
        bringing = Bringing(
            snapshot,
            self._root,
            state,
            self._files,
            both=both,
            durability=self._durability,
            track=track,
        )
        bringing.carry_out(plan)
        self._files.save(state)
        brought = bringing.brought
        return Mirrored(
            directory=self.directory,
            path=subtree.path,
            txn=taken.txn or snapshot.txn,
            written=brought.written,
            bytes=brought.bytes,
            deleted=brought.deleted,
            taken=taken.files,
            dropped=taken.dropped,
            taken_in=taken.txn,
            placeholders=sum(record.is_placeholder for record in state.files.values()),
            waiting=tuple(sorted({*plan.waiting, *taken.waiting})),
            conflicts=tuple(brought.conflicts),
            links=tuple(subtree.links),
            findings=(*plan.findings, *taken.findings, *brought.findings),
        )

    def _check_place(self) -> None:
        if not self._root.parent.is_dir():
            msg = f"there is no {self._root.parent} to make a mirror in"
            raise StorageError(msg, hint="is the disk plugged in? else make that directory")
        root, pond = self._root.resolve(), self.pond.path.resolve()
        if root == pond or root in pond.parents or pond in root.parents:
            msg = f"{self.directory} and the pond at {self.pond.path} lie in each other"
            raise DataError(msg, hint="mirror to a folder of its own")

    def _state(self) -> State:
        """Return what is known of the folder, if it is this mirror's."""
        state = self._files.load(self._stamp_of)
        if state is None:
            return State(Settings(self.pond.id, self._subtree_path(self._path or "/")))
        settings = state.settings
        if settings.pond != self.pond.id:
            msg = f"{self.directory} mirrors pond {settings.pond}, and this is {self.pond.id}"
            hint = f"use another folder, or delete {self._files.folder} to begin anew with it"
            raise PondDivergedError(msg, hint=hint)
        if self._path is not None and self._subtree_path(self._path) != settings.path:
            msg = f"{self.directory} mirrors {settings.path}, not {self._path}"
            raise DataError(msg, hint="use another folder for it")
        return state

    def _subtree_path(self, path: str) -> str:
        return self.pond.snapshot().lookup(path).path

    def _stamp_of(self, name: str) -> Stamp | None:
        try:
            return Stamp.of((self._root / name).lstat())
        except OSError:
            return None

    def _look(self, subtree: Subtree, state: State) -> Folder:
        known = {*subtree.files, *subtree.directories, *state.files, *state.directories}
        return look_at_folder(self._root, records=state.files, known=known, now_ns=self._clock_ns())


def _is_wanted(state: State) -> Callable[[str, str], bool]:
    """Return what says whether the content of a file is to be in the folder."""
    matches = wanted_by(state.settings.wanted)

    def is_wanted(path: str, name: str) -> bool:
        if not state.settings.lazy or name in state.files:
            return True
        return matches(path)

    return is_wanted


def _check_wanted(subtree: Subtree, want: Sequence[str]) -> None:
    """Refuse a pattern that matches nothing: it is mistyped, or too early.

    Raises:
        NotFoundError: There is one.
    """
    for pattern in want:
        matches = wanted_by([pattern])
        if not any(matches(each.path) for each in subtree.files.values()):
            msg = f"{pattern} matches no file below {subtree.path}"
            raise NotFoundError(msg, path=pattern, hint="write pond paths: /combined/harbor/*")


def _note(state: State, subtree: Subtree, folder: Folder, plan: Plan, taken: Taken) -> None:
    """Note what is in step, now that the pond has taken what it takes."""
    for name in plan.forgotten:
        state.files.pop(name, None)
    for name in plan.touched:
        record, held = state.files[name], folder.files[name]
        state.files[name] = Record(record.key, held.stamp, record.sha256, record.is_placeholder)
    changed: dict[str, Record | None] = taken.records
    for name, known in changed.items():
        if known is None:
            state.files.pop(name, None)
        else:
            state.files[name] = known
    in_step = subtree.directories & folder.directories.keys()
    in_step.update(name for name, is_there in taken.directories.items() if is_there)
    in_step.update(plan.removed_directories)
    state.directories = in_step
