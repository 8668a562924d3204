"""What can go wrong in the core, by who must act.

PondError
├── PathError                 the caller named something wrongly
│   ├── InvalidPathError      … not a path or a pattern (also ValueError)
│   ├── NotFoundError         … nothing is there (also FileNotFoundError)
│   │   └── SnapshotForgottenError    … it was, in a past that was dropped
│   ├── ExistsError           … something is there already (also FileExistsError)
│   ├── WrongTypeError        … a directory where a file was meant, or the reverse
│   └── SymlinkLoopError      … its symlinks lead in a circle
├── DataError                 the caller's content cannot be stored as asked (also ValueError)
│   └── SchemaError           … its columns or types do not fit
├── QueryError                the SQL is wrong, or asks for what it may not have
├── FactoryError              a dynamic node cannot be computed
├── StoreError                the store cannot serve
│   ├── NotAPondError         … there is no pond at that place
│   ├── CorruptionError       … bytes disagree with the log
│   ├── FormatTooNewError     … written by a newer pond
│   ├── FormatTooOldError     … written by one so old that nothing of it is left here
│   ├── PondDivergedError     … a pond and its backup tell different histories
│   ├── ReplicaError          … it only follows another pond, and takes no changes
│   ├── LockError             … the file system cannot lock, or the lock is lost
│   └── StorageError          … the disk is full, read-only, or refuses
├── ConflictError             another transaction committed first; retry from a fresh snapshot
└── ClosedError               use after the end, or in another process; a bug in the caller
"""

from dataclasses import dataclass

from typing_extensions import override


class PondError(Exception):
    """The root of every error that DuckPond raises on purpose.

    Attributes:
        hint: What the reader can do about it; empty where the message says it all.
    """

    retryable = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            # Python prints notes below the message: tracebacks tell the remedy as well.
            self.add_note(f"hint: {hint}")


class PathError(PondError):
    """The caller named something wrongly.

    Attributes:
        path: The pond path at fault.
    """

    def __init__(self, message: str, *, path: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path

    @override
    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args[0], {"path": self.path, "hint": self.hint})


class InvalidPathError(PathError, ValueError):
    """The text is no pond path, or no glob pattern."""


class NotFoundError(PathError, FileNotFoundError):
    """Nothing is there."""

    # FileNotFoundError would print errno and strerror; ours prints its message.
    __str__ = Exception.__str__


class SnapshotForgottenError(NotFoundError):
    """What the pond held then was dropped by `forget_before`."""


class ExistsError(PathError, FileExistsError):
    """Something is there already."""

    __str__ = Exception.__str__


class WrongTypeError(PathError):
    """The node is of another entry type than the call needs."""


class SymlinkLoopError(PathError):
    """Following the symlinks of a path leads in a circle."""


class DataError(PondError, ValueError):
    """The content cannot be stored as asked."""


class SchemaError(DataError):
    """Columns or types do not fit what is stored, or what a series needs."""


class QueryError(PondError):
    """The SQL is wrong, or asks for what a read-only query may not have."""


class FactoryError(PondError):
    """A dynamic node cannot be computed; what is stored around it can be read as ever.

    Attributes:
        path: The dynamic node.
        factory: The name of the factory that should have computed it.
    """

    def __init__(self, message: str, *, path: str = "", factory: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.factory = factory

    @override
    def __reduce__(self) -> tuple[object, ...]:
        state = {"path": self.path, "factory": self.factory, "hint": self.hint}
        return _rebuild, (type(self), self.args[0], state)


class StoreError(PondError):
    """The store cannot serve."""


class NotAPondError(StoreError):
    """There is no pond at that place."""


class CorruptionError(StoreError):
    """Bytes disagree with the log; do not retry."""


class FormatTooNewError(StoreError):
    """The pond was written by a newer version of DuckPond."""


class FormatTooOldError(StoreError):
    """The pond was written by a version of DuckPond whose format this one does not know."""


class PondDivergedError(StoreError):
    """A pond's history does not go on from what its backup holds; do not retry."""


class ReplicaError(StoreError):
    """The pond follows another one through its backup, and takes no changes; do not retry."""


class LockError(StoreError):
    """The file system cannot lock, or the lock is lost."""


class StorageError(StoreError):
    """The disk is full, read-only, or refuses."""


class ConflictError(PondError):
    """Another transaction committed first; retry from a fresh snapshot.

    Attributes:
        base: The txn that this transaction started from.
        other: The txn that it conflicts with.
    """

    retryable = True

    def __init__(self, message: str, *, base: int, other: int, hint: str = "") -> None:
        super().__init__(message, hint=hint or "run it again: it will start from the newest txn")
        self.base = base
        self.other = other

    @override
    def __reduce__(self) -> tuple[object, ...]:
        state = {"base": self.base, "other": self.other, "hint": self.hint}
        return _rebuild, (type(self), self.args[0], state)


class ClosedError(PondError):
    """Use after the end, or in another process than the one that opened it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that verification found wrong.

    Attributes:
        what: The rule that is broken, in a few words.
        where: The file, txn or node.
        detail: What was expected and what is there.
    """

    what: str
    where: str
    detail: str


def _rebuild(cls: type[PondError], message: str, state: dict[str, object]) -> PondError:
    """Rebuild an error after pickling: keyword-only arguments do not survive by themselves."""
    return cls(message, **state)  # type: ignore[arg-type]  # the state came from the same class
