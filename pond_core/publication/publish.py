"""Bringing published tables into step with a pond: only what changed since is read and replaced.

What changed is told by the pieces of a node, each of which knows its txn: no history is needed, so
it may have been dropped. Upkeep rewrites pieces, too; so what they touch is compared by content
before anything is written. Each table takes its step in one commit, and each file is written
before that: a run that was interrupted leaves every table as it was or as it shall be.
"""

import contextlib
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pond_core.errors import DataError, ExistsError, NotFoundError, StorageError
from pond_core.pond import Pond
from pond_core.publication.delta_table import DataFile, PublishedDelta, Stamp, create
from pond_core.publication.destination import Destination
from pond_core.publication.parts import Parts
from pond_core.snapshot import Snapshot
from pond_core.tinyfs import EntryType, NodePath, Pattern
from pond_core.track import Track, untracked

KEEP = timedelta(days=7)
"""How long files stay that were replaced, for readers of what was there: Delta Lake's own default
("delta.deletedFileRetentionDuration")."""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table, and what a run did to it.

    Attributes:
        path: The pond path.
        uri: Where it is.
        txn: The txn that it shows; nothing of it has changed in the pond since.
        version: Its Delta version.
        is_changed: Whether this run committed to it.
        files: How many files were written.
        bytes: What they came to.
        deleted: How many files were deleted that nobody needs any more.
    """

    path: str
    uri: str
    txn: int
    version: int
    is_changed: bool = False
    files: int = 0
    bytes: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Publication:
    """What a run came to.

    Attributes:
        destination: Where.
        pond: The pond's UUID.
        txn: What was published: the pond as of this txn.
        tables: In path order.
        pruned: Paths of tables that were deleted.
    """

    destination: str
    pond: str
    txn: int
    tables: tuple[PublishedTable, ...]
    pruned: tuple[str, ...] = ()


def publish(
    pond: Pond,
    destination: str | Path,
    patterns: Sequence[str] = ("/**",),
    *,
    prune: bool = False,
    keep: timedelta = KEEP,
    track: Track = untracked,
) -> Publication:
    """Make each series and table that a pattern matches a Delta table at `destination/<its path>`.

    Symlinks are not followed: what they lead to has a path of its own.

    Args:
        pond: The pond, as it is now.
        destination: A folder, or `s3://bucket/prefix`; what AWS's tools take from the environment
            is taken from there.
        patterns: Which ones.
        prune: Delete the tables of this pond whose paths match and are not in it any more; else
            they stay as they are.
        keep: How long files stay that were replaced.
        track: Sees what is published go by.

    Raises:
        NotFoundError: Nothing matches.
        InvalidPathError: A path has a name that a bucket or a reader of it would misread.
        SchemaError: A column has a type that Delta Lake has not. This and the one before are raised
            before anything is written.
        ExistsError: Somebody else's table is there, or another pond's; or two paths are one to the
            disk.
        StorageError: The place refuses. Tables that are done are done, and the others as they were.
    """
    place = Destination(destination)
    snapshot = pond.snapshot()
    wanted = [Pattern.parse(each, base="/") for each in patterns]
    nodes = list(_matches(snapshot, wanted))
    if not nodes and not prune:
        msg = f"{' '.join(patterns)} matches no series and no table"
        near = next(filter(None, map(snapshot.nearest, patterns)), "")
        raise NotFoundError(msg, path=patterns[0], hint=near or "list what is there with `pond ls`")
    for node in nodes:
        _check(place, snapshot, node)
    with place.writing():
        tables = []
        held: dict[tuple[int, int] | None, str] = {}
        for node in track(nodes):
            other = held.get(place.folder_of(node.path))
            if other is not None:
                msg = f"{node.path} would take the place of {other}: to this disk, both are one"
                raise ExistsError(msg, path=node.path, hint="publish one of them elsewhere")
            tables.append(_in_step(place, snapshot, node, pond.id, keep=keep))
            if (folder := place.folder_of(node.path)) is not None:
                held[folder] = node.path
        there = {node.path for node in nodes}
        pruned = tuple(_prune(place, wanted, there, held, pond.id)) if prune else ()
    return Publication(place.label, pond.id, snapshot.txn, tuple(tables), pruned)


def _matches(snapshot: Snapshot, patterns: Iterable[Pattern]) -> list[NodePath]:
    """Return the series and tables that any of the patterns matches, in path order."""
    found = {
        node.path: node
        for pattern in patterns
        for node, _ in snapshot.glob(pattern)
        if node.entry_type in (EntryType.SERIES, EntryType.TABLE)
    }
    return [found[path] for path in sorted(found, key=str.encode)]


def _check(place: Destination, snapshot: Snapshot, node: NodePath) -> None:
    """Refuse early what cannot be published; what has to be computed for that is left for later."""
    place.uri(node.path)
    if node.node.recipe is None:
        _ = Parts(snapshot, node).schema


def _in_step(
    place: Destination, snapshot: Snapshot, node: NodePath, pond_id: str, *, keep: timedelta
) -> PublishedTable:
    """Bring one table into step."""
    parts, txn = Parts(snapshot, node), snapshot.txn
    there = PublishedDelta.open(place, node.path, pond_id=pond_id)
    if there is not None and there.txn > txn:
        msg = f"{there.uri} shows txn {there.txn}, and the pond is at {txn}"
        raise DataError(msg, hint="a newer copy of this pond published it: publish from that one")
    is_anew = there is not None and (there.is_rewritten or not there.takes(parts.schema))
    known = {} if there is None or is_anew else there.files
    is_followed = there is not None and not is_anew and there.shows(node.node_id)
    added: list[DataFile] = []
    removed: list[DataFile] = []
    for part in parts.differing(known, since=there.txn if there and is_followed else None):
        if part.file is not None:
            place.write(node.path, part.file.name, part.data)
            added.append(part.file)
        if part.replaced is not None:
            removed.append(part.replaced)
    stamp = Stamp(pond_id, node.node_id, txn)
    if there is None:
        create(place, node.path, parts.schema, added, stamp)
    elif is_anew:
        there.overwrite(parts.schema, added, stamp)
    elif added or removed or there.lacks(parts.schema):
        there.update(parts.schema, added, removed, stamp)
    else:
        return PublishedTable(node.path, there.uri, there.txn, there.version)
    now = PublishedDelta.open(place, node.path, pond_id=pond_id)
    if now is None:
        msg = f"{place.uri(node.path)} is gone again"
        raise StorageError(msg, hint="somebody else deletes there: publish to another place")
    return PublishedTable(
        path=node.path,
        uri=now.uri,
        txn=txn,
        version=now.version,
        is_changed=True,
        files=len(added),
        bytes=sum(each.size for each in added),
        deleted=now.vacuum(keep),
    )


def _prune(
    place: Destination,
    patterns: Sequence[Pattern],
    there: Container[str],
    held: Container[tuple[int, int] | None],
    pond_id: str,
) -> Iterator[str]:
    """Delete tables of a pond that match patterns and are of none of its paths; yield theirs."""
    for path in place.tables():
        if path in there or place.folder_of(path) in held:
            continue  # under that name, or under one that is the same to the disk
        if all(pattern.match(path) is None for pattern in patterns):
            continue
        with contextlib.suppress(ExistsError):  # somebody else's
            if PublishedDelta.open(place, path, pond_id=pond_id) is not None:
                place.delete(path)
                yield path
