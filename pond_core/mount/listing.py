"""What a tree holds, as the dictionaries that fsspec passes around."""

from typing import NotRequired, TypedDict

from pond_core.errors import PathError
from pond_core.mount.content import Contents
from pond_core.mount.refusal import look_up
from pond_core.tinyfs import EntryType, NodePath, ReadFS


class Info(TypedDict):
    """One entry of a listing.

    Attributes:
        name: The path.
        type: `directory`, `file`, or, in a listing, `link`: a symlink to a directory or to nothing,
            which is not entered by those who walk.
        size: Bytes. In a listing None for what is not made before it is read: tables and series.
        entry_type: What it is in the pond.
        node_id: Its identity there.
        version: Which write of its content this is; None for a directory.
        txn: The transaction of that write; None while it is not committed, and for a directory.
        islink: There for symlinks, which are followed: the other facts are of what they lead to.
        destination: The symlink's target, as it was written.
    """

    name: str
    type: str
    size: int | None
    entry_type: str
    node_id: str
    version: int | None
    txn: int | None
    islink: NotRequired[bool]
    destination: NotRequired[str]


def describe(tree: ReadFS, path: str, contents: Contents) -> Info:
    """Return the facts of what a path leads to, with its exact size.

    Raises:
        NotFoundError: Nothing is there.
        NotDirectoryError: It goes on behind a file.
    """
    node = look_up(tree, path)
    info = _facts(node, path, size=contents.size(tree, node))
    if info["type"] == "file" and info["size"] is None:
        info["size"] = len(contents.body(tree, node))
    return _with_link(info, tree, look_up(tree, path, follow=False))


def entries_of(tree: ReadFS, path: str, contents: Contents) -> list[Info]:
    """Return the facts of what a directory holds, by name; of a file, its own.

    Raises:
        NotFoundError: Nothing is there.
        NotDirectoryError: It goes on behind a file.
    """
    if look_up(tree, path).entry_type is not EntryType.DIRECTORY:
        return [describe(tree, path, contents)]
    return [_listed(tree, node, contents) for node in tree.ls(path)]


def _listed(tree: ReadFS, entry: NodePath, contents: Contents) -> Info:
    if entry.entry_type is not EntryType.SYMLINK:
        return _facts(entry, entry.path, size=contents.size(tree, entry))
    try:
        node = tree.lookup(entry.path)
    except PathError:  # it leads nowhere, or in a circle
        node = entry
    info = _facts(node, entry.path, size=contents.size(tree, node))
    if info["type"] == "directory":
        info["type"] = "link"
    return _with_link(info, tree, entry)


def _facts(node: NodePath, path: str, *, size: int | None) -> Info:
    pieces = node.node.pieces
    txns = [piece.txn for piece in pieces]
    types = {EntryType.DIRECTORY: "directory", EntryType.SYMLINK: "link"}
    return Info(
        name=path,
        type=types.get(node.entry_type, "file"),
        size=0 if node.entry_type is EntryType.DIRECTORY else size,
        entry_type=str(node.entry_type),
        node_id=node.node_id,
        version=max((piece.version for piece in pieces), default=None),
        txn=None if None in txns else max((txn for txn in txns if txn is not None), default=None),
    )


def _with_link(info: Info, tree: ReadFS, entry: NodePath) -> Info:
    if entry.entry_type is EntryType.SYMLINK:
        info["islink"] = True
        info["destination"] = tree.readlink(entry.path)
    return info
