"""Names made, taken away and changed in a tree: what mkdir, rm, mv and ln do to a transaction."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pond_core import (
    FS,
    EntryType,
    ExistsError,
    InvalidPathError,
    NodePath,
    NotFoundError,
    PathError,
    ReadFS,
)

_WILDCARD = re.compile(r"[*?\[]")
_RECORDS = "/sys"


@dataclass(frozen=True, slots=True)
class Gone:
    """One thing that is removed, with all below it.

    Attributes:
        path: Where it was.
        type: Its entry type.
        nodes: How many nodes go with it, itself included.
    """

    path: str
    type: str
    nodes: int


def make_directories(tx: FS, texts: Iterable[str], *, parents: bool) -> tuple[str, ...]:
    """Make directories, and return the paths of all that were made.

    Args:
        tx: Where.
        texts: Their paths.
        parents: Whether to make what leads there, and let be what is there.

    Raises:
        ExistsError: Something is there.
        NotFoundError: What leads there is not, and `parents` was not asked for.
    """
    made: list[str] = []
    for text in texts:
        vacant = list(_vacant(tx, text))
        if vacant and not parents:
            _check_directory_of(tx, vacant[-1])
        tx.mkdir(text, parents=parents, exist_ok=parents)
        made += vacant
    return tuple(made)


def remove(tx: FS, texts: Iterable[str], *, recursive: bool) -> tuple[Gone, ...]:
    """Remove what paths and patterns mean, and return it; symlinks are removed themselves.

    Raises:
        ExistsError: A directory holds something, and `recursive` was not asked for.
        NotFoundError: A path leads nowhere, or a pattern matches nothing.
        PathError: It is where resources are recorded.
    """
    gone = what_goes(tx, texts, recursive=recursive)
    for each in gone:
        tx.remove(each.path, recursive=recursive)
    return gone


def what_goes(fs: ReadFS, texts: Iterable[str], *, recursive: bool) -> tuple[Gone, ...]:
    """Return what `remove` removes, or raise as it does; nothing is changed."""
    found = {node.path: node for text in texts for node in _meant(fs, text)}
    gone: list[Gone] = []
    for _, node in sorted(found.items(), key=lambda item: item[0].split("/")):
        if gone and node.path.startswith(f"{gone[-1].path.rstrip('/')}/") and recursive:
            continue  # it goes with its directory
        _check_removable(node.path)
        is_stored = node.entry_type is EntryType.DIRECTORY and not node.entry.factory
        nodes = sum(1 for _ in fs.walk(node.path)) if is_stored else 1
        if nodes > 1 and not recursive:
            msg = f"{node.path} is a directory that holds {nodes - 1} nodes"
            raise ExistsError(msg, path=node.path, hint="to remove all of it, say -r")
        gone.append(Gone(node.path, node.entry_type.value, nodes))
    return tuple(gone)


def move(tx: FS, source: str, destination: str) -> tuple[str, str]:
    """Rename something, and return its old path and its new one.

    Raises:
        ExistsError: Something is at its new path.
        NotFoundError: It is not there, or the directory that it shall go to is not.
        PathError: It is where resources are recorded, or would lie inside itself.
    """
    node = tx.lookup(source, follow=False)
    _check_unrecorded(node.path)
    target = inside(tx, destination, node.name)
    _check_directory_of(tx, target)
    tx.rename(source, target)
    return node.path, tx.lookup(target, follow=False).path


def link(tx: FS, target: str, path: str) -> str:
    """Make a symlink, and return its path.

    Raises:
        ExistsError: Something is there.
        NotFoundError: The directory that it shall be in is not there.
    """
    where = inside(tx, path, target.rstrip("/").rpartition("/")[2])
    _check_directory_of(tx, where)
    tx.symlink(where, target)
    return tx.lookup(where, follow=False).path


def inside(fs: ReadFS, destination: str, name: str) -> str:
    """Return where something goes: below a directory that is there, or else where it was said."""
    there = fs.exists(destination) and fs.entry_type(destination) is EntryType.DIRECTORY
    return (
        f"{destination.rstrip('/')}/{name}" if there or destination.endswith("/") else destination
    )


def _check_unrecorded(path: str) -> None:
    """Refuse what `pond apply` keeps: with it go the UUIDs that resources have for ever.

    Raises:
        PathError: The path is where resources are recorded.
    """
    if path == _RECORDS or path.startswith(f"{_RECORDS}/"):
        msg = f"{path} is where `pond apply` records resources"
        hint = "take a resource out of resources.yaml, then: pond apply --prune"
        raise PathError(msg, path=path, hint=hint)


def _check_removable(path: str) -> None:
    if path == "/":
        raise InvalidPathError("the root cannot be removed", path=path, hint="name what it holds")
    _check_unrecorded(path)


def _meant(fs: ReadFS, text: str) -> Iterator[NodePath]:
    """Yield what a path or a pattern means; a path that exists is no pattern."""
    if not _WILDCARD.search(text) or fs.exists(text):
        yield fs.lookup(text, follow=False)
        return
    found = [node for node, _ in fs.glob(text)]
    if not found:
        msg = f"nothing matches {text}"
        hint = fs.nearest(text) or "`pond ls` shows what is there"
        raise NotFoundError(msg, path=text, hint=hint)
    yield from found


def _vacant(fs: ReadFS, text: str) -> Iterator[str]:
    """Yield the paths that are vacant on the way to a path and at its end, from the root down."""
    try:
        fs.lookup(text)
    except NotFoundError as error:
        names = error.path.split("/")[1:]
        ways = ["/" + "/".join(names[: i + 1]) for i in range(len(names))]
        yield from (way for way in ways if not fs.exists(way))


def _check_directory_of(fs: ReadFS, path: str) -> None:
    """Refuse what lies in no directory: names that are mistyped make none."""
    above = path.rstrip("/").rpartition("/")[0] or "/"
    try:
        fs.lookup(above)
    except NotFoundError as error:
        msg = f"{path} cannot be made: {error}"
        remedy = f"make it first: pond mkdir -p {above}"
        hint = f"{error.hint} If not, {remedy}" if error.hint else remedy
        raise NotFoundError(msg, path=path, hint=hint) from error
