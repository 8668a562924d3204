"""What callers of fsspec catch: our errors that are errors of the operating system, too."""

from collections.abc import Iterator
from contextlib import contextmanager

from pond_core.errors import PondError, WrongTypeError
from pond_core.tinyfs import EntryType, NodePath, ReadFS
from pond_core.tinyfs.place import NOUNS


class IsDirectoryError(WrongTypeError, IsADirectoryError):
    """A directory, where a file was meant."""

    # IsADirectoryError would print errno and strerror; ours prints its message.
    __str__ = Exception.__str__


class NotDirectoryError(WrongTypeError, NotADirectoryError):
    """A file, where a directory was meant."""

    __str__ = Exception.__str__


class ReadOnlyError(PondError, PermissionError):
    """A write to a file system that shows an earlier state."""

    __str__ = Exception.__str__


def look_up(tree: ReadFS, path: str, *, follow: bool = True) -> NodePath:
    """Return what a path leads to.

    Raises:
        NotFoundError: Nothing is there.
        NotDirectoryError: It goes on behind a file.
    """
    with no_file_on_the_way():
        return tree.lookup(path, follow=follow)


@contextmanager
def no_file_on_the_way() -> Iterator[None]:
    """Turn a `WrongTypeError` about something that is no directory into its OS error."""
    try:
        yield
    except WrongTypeError as exc:
        raise NotDirectoryError(str(exc), path=exc.path, hint=exc.hint) from exc


def is_directory(path: str, *, hint: str) -> IsDirectoryError:
    """Return the error for a directory where a file was meant."""
    return IsDirectoryError(f"{path} is a directory", path=path, hint=hint)


def check_takes_bytes(node: NodePath) -> None:
    """Refuse to write bytes to anything but a data file.

    Raises:
        IsDirectoryError: It is a directory.
        WrongTypeError: It is a table or a series.
    """
    if node.entry_type is EntryType.DIRECTORY:
        raise is_directory(node.path, hint="write to a file in it")
    if node.entry_type is not EntryType.DATA:
        noun = NOUNS[node.entry_type]
        msg = f"{node.path} is {noun}: it is read as Parquet, and not written as bytes"
        hint = "write it in a `Pond.transaction`, or write these bytes to another path"
        raise WrongTypeError(msg, path=node.path, hint=hint)
