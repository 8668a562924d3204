"""Changes as fsspec means them, on the tree of a transaction."""

from pond_core.errors import ExistsError
from pond_core.mount.refusal import (
    NotDirectoryError,
    check_takes_bytes,
    is_directory,
    look_up,
    no_file_on_the_way,
)
from pond_core.tinyfs import EntryType, NodePath, ReadFS
from pond_core.tinyfs import path as paths
from pond_core.tinyfs.place import NOUNS
from pond_core.transaction import Transaction


def check_file(tree: ReadFS, path: str, *, mode: str) -> int:
    """Check that a file can be opened for writing, before somebody writes much to it.

    Args:
        tree: Where.
        path: The file; it need not be there.
        mode: `w` replaces it, `a` appends to it, `x` makes it.

    Returns:
        How many bytes it has, when it is opened to append; else 0.

    Raises:
        ExistsError: It is there, and the mode is `x`.
        IsDirectoryError: It is a directory.
        NotDirectoryError: Its path goes on behind a file.
        WrongTypeError: It is a table or a series.
    """
    if not tree.exists(path):
        _check_parents(tree, path)
        return 0
    node = look_up(tree, path)
    if mode == "x":
        raise _exists(node)
    check_takes_bytes(node)
    return len(node.read_bytes()) if mode == "a" else 0


def write(tree: Transaction, path: str, data: bytes, *, mode: str) -> None:
    """Write a data file, and make the directories that lead to it; raises as `check_file`."""
    check_file(tree, path, mode=mode)
    if not tree.exists(path):
        _make_parents(tree, path)
    elif mode == "a":
        data = tree.read_data(path) + data
    tree.write_data(path, data)


def make_directory(tree: Transaction, path: str, *, parents: bool, exist_ok: bool) -> None:
    """Make a directory.

    Raises:
        ExistsError: Something is there, and it is no directory or `exist_ok` is False.
        NotFoundError: The directory above is not there, and `parents` is False.
        NotDirectoryError: Its path goes on behind a file.
    """
    with no_file_on_the_way():
        tree.mkdir(path, parents=parents, exist_ok=exist_ok)


def copy(tree: Transaction, source: str, target: str, *, follow: bool) -> None:
    """Copy one file; of a directory, only the directory.

    A data file or a table replaces one of its own type. Whatever else is at `target` stays.

    Args:
        tree: Where.
        source: What to copy.
        target: The path of the copy.
        follow: Whether a symlink to a directory, or to nothing, is followed; else it is copied as
            it stands. One to a file always is.

    Raises:
        ExistsError: Something of another type, or a series, is at `target`.
        IsDirectoryError: A directory is.
    """
    if not follow and _leads_to_no_file(tree, source):
        _make_parents(tree, target)
        tree.symlink(target, tree.readlink(source))
        return
    node = look_up(tree, source)
    if node.entry_type is EntryType.DIRECTORY:
        make_directory(tree, target, parents=True, exist_ok=True)
    elif not tree.exists(target):
        _make_parents(tree, target)
        tree.copy(source, target)
    else:
        _replace(tree, look_up(tree, target), node)


def move(tree: Transaction, source: str, target: str) -> None:
    """Give something another name; the node stays the same. A data file replaces a data file.

    Raises:
        ExistsError: Something else is at `target`.
        InvalidPathError: `target` lies below `source`.
    """
    node = look_up(tree, source, follow=False)
    if tree.exists(target):
        there = look_up(tree, target, follow=False)
        if there.node_id == node.node_id:
            return
        if {node.entry_type, there.entry_type} != {EntryType.DATA}:
            raise _exists(there)
        tree.remove(target)
    else:
        _make_parents(tree, target)
    tree.rename(source, target)


def remove(tree: Transaction, path: str, *, recursive: bool) -> None:
    """Take a name away.

    Raises:
        IsDirectoryError: It is a directory, and `recursive` is False.
        InvalidPathError: It is the root.
    """
    node = look_up(tree, path, follow=False)
    if node.entry_type is EntryType.DIRECTORY and not recursive:
        raise is_directory(path, hint="remove it with recursive=True")
    tree.remove(path, recursive=recursive)


def remove_directory(tree: Transaction, path: str) -> None:
    """Take the name of an empty directory away.

    Raises:
        ExistsError: It holds something.
        NotDirectoryError: It is no directory.
    """
    node = look_up(tree, path, follow=False)
    if node.entry_type is not EntryType.DIRECTORY:
        msg = f"{path} is no directory"
        raise NotDirectoryError(msg, path=path, hint="remove it with rm")
    tree.remove(path)


def _replace(tree: Transaction, there: NodePath, node: NodePath) -> None:
    if there.node_id == node.node_id:
        return
    if there.entry_type is EntryType.DIRECTORY:
        raise is_directory(there.path, hint="name the file in it")
    if there.entry_type is node.entry_type is EntryType.DATA:
        tree.write_data(there.path, node.read_bytes())
    elif there.entry_type is node.entry_type is EntryType.TABLE:
        tree.write_table(there.path, node.read_table())
    else:
        raise _exists(there)


def _leads_to_no_file(tree: ReadFS, path: str) -> bool:
    if look_up(tree, path, follow=False).entry_type is not EntryType.SYMLINK:
        return False
    return not tree.exists(path) or tree.entry_type(path) is EntryType.DIRECTORY


def _make_parents(tree: Transaction, path: str) -> None:
    _check_parents(tree, path)
    tree.mkdir(paths.parent(path), parents=True, exist_ok=True)


def _check_parents(tree: ReadFS, path: str) -> None:
    """Refuse a path that goes on behind a file; vacant directories on the way are well."""
    parent = paths.parent(path)
    while not tree.exists(parent):
        parent = paths.parent(parent)
    if tree.entry_type(parent) is not EntryType.DIRECTORY:
        msg = f"{path} cannot exist: {parent} is {NOUNS[tree.entry_type(parent)]}, no directory"
        raise NotDirectoryError(msg, path=path, hint=f"use another path, or remove {parent}")


def _exists(node: NodePath) -> ExistsError:
    msg = f"{node.path} exists: it is {NOUNS[node.entry_type]}"
    return ExistsError(msg, path=node.path, hint="remove it first, or use another path")
