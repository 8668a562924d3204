"""The tree as it is read: what a backend stores, and what factories compute from it.

`Tree` is a `Backend` over another. It gives the children of a dynamic directory ids, which are
digests of what they are, and computes content when it is read. Everything above it (paths, globs,
walking, copying) takes computed nodes for ordinary ones.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pond_core.errors import (
    ClosedError,
    CorruptionError,
    DataError,
    FactoryError,
    InvalidPathError,
    PondError,
    StoreError,
)
from pond_core.tinyfs import path as paths
from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.content import TIMESTAMP, check_data, check_table, check_window
from pond_core.tinyfs.factory import FactoryCall, Found, factory_of, reason_of
from pond_core.tinyfs.node import Content, Entry, EntryType, Node, NodeId, Piece, Recipe
from pond_core.window import ALWAYS, Window

if TYPE_CHECKING:  # a tree is read by way of factories, and factories read the tree
    from pond_core.tinyfs.reading import ReadFS

MAX_DEPTH = 40
"""How many dynamic nodes may lie in each other, or read each other; as many as `MAX_HOPS`."""

MAX_DIRECTORIES = 20_000
"""How many dynamic directories one view knows: one that shows itself twice would have 2**40."""


class UncomputedError(Exception):
    """A node cannot be computed; who knows its path makes a `FactoryError` of this."""

    def __init__(self, recipe: Recipe, reason: str, *, hint: str = "", trail: str = "") -> None:
        super().__init__(reason)
        self.recipe = recipe
        self.reason = reason
        self.hint = hint
        self.trail = trail

    def at(self, path: str) -> FactoryError:
        """Return the error for readers."""
        factory = self.recipe.factory
        trail = f": {path} -> {self.trail}" if self.trail else ""
        message = f"{path} cannot be computed by the factory {factory!r}: {self.reason}{trail}"
        return FactoryError(message, path=path, factory=factory, hint=self.hint)


class CircleError(PondError):
    """A node was read while it was being computed.

    It is no `FactoryError` until it has left the outermost factory: a factory that goes on
    without what it could not read would give one content first and another one later.
    """

    def __init__(self) -> None:
        super().__init__("a dynamic node reads itself", hint="take it out of what it reads")
        self.trail: list[str] = []


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Give a failing factory the path of the node that was read.

    Raises:
        FactoryError: The node cannot be computed.
    """
    try:
        yield
    except UncomputedError as failure:
        raise failure.at(path) from failure.__cause__
    except CircleError as circle:
        circle.trail.insert(0, path)
        raise


@dataclass(frozen=True, slots=True)
class _Child:
    """A node that only a dynamic directory knows.

    Attributes:
        content: Its recipe; of a symlink, its target.
        depth: How many dynamic directories lie above it, one in the other.
    """

    content: Recipe | bytes
    depth: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What one view of a pond has computed so far; shared with the views that factories get."""

    directories: set[NodeId] = field(default_factory=set)
    children: dict[NodeId, _Child] = field(default_factory=dict)
    listings: dict[NodeId, Mapping[str, Entry]] = field(default_factory=dict)


class Tree:
    """A backend's nodes, with the dynamic ones computed; itself a `Backend`.

    Listings of dynamic directories are kept until something is written; content is computed anew
    for each reading.

    Attributes:
        store: The backend that keeps the nodes, recipes among them.
    """

    def __init__(
        self,
        store: Backend,
        view: "Callable[[Backend], ReadFS]",
        *,
        known: _Known | None = None,
        computing: tuple[NodeId, ...] = (),
    ) -> None:
        self.store = store
        self._view = view
        self._known = known or _Known()
        self._computing = computing

    def is_dynamic(self, directory: NodeId) -> bool:
        """Say whether a directory that this tree has given an entry of is dynamic."""
        # No lookup: most directories are ordinary, and their entries say so.
        return directory in self._known.directories

    def entry(self, parent: NodeId, name: str) -> Entry | None:
        """Return the entry of that name, or None."""
        if self.is_dynamic(parent):
            return self._listing(parent).get(name)
        entry = self.store.entry(parent, name)
        if entry is not None and entry.factory:
            self._notice(entry)
        return entry

    def entries(self, parent: NodeId) -> Sequence[Entry]:
        """Return the entries of a directory, sorted by the bytes of their names."""
        if self.is_dynamic(parent):
            return list(self._listing(parent).values())
        entries = self.store.entries(parent)
        for entry in [each for each in entries if each.factory]:
            self._notice(entry)
        return entries

    def node(self, node_id: NodeId) -> Node:
        """Return what is known of a node, without computing anything."""
        child = self._known.children.get(node_id)
        if child is None:
            return self.store.node(node_id)
        if isinstance(child.content, bytes):
            return Node(node_id, pieces=(Piece(node_id, 1, size=len(child.content)),))
        return Node(node_id, pieces=(Piece(node_id, 1),), recipe=child.content)

    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Content:
        """Return a piece's content as it was written, or as it is computed now."""
        child = self._known.children.get(piece.node_id)
        content = self.store.read(piece, columns) if child is None else child.content
        if not isinstance(content, Recipe):
            return content
        wanted = None if columns is None else tuple(columns)
        if wanted is not None and content.entry_type is EntryType.SERIES:
            wanted = tuple(dict.fromkeys((TIMESTAMP, *wanted)))
        made = self._made(piece.node_id, content, window=piece.window, columns=wanted)
        if columns is None or not isinstance(made, pa.Table):
            return made
        return made.select([name for name in columns if name in made.column_names])

    def link(self, parent: NodeId, entry: Entry) -> None:
        """Give a node a name in a directory, replacing whatever had that name."""
        self.store.link(parent, entry)
        self._notice(entry)
        self._known.listings.clear()

    def unlink(self, parent: NodeId, name: str) -> None:
        """Take a name out of a directory."""
        self.store.unlink(parent, name)
        self._known.listings.clear()

    def write(self, node_id: NodeId, content: Content | None, window: Window | None = None) -> None:
        """Store a new version of a node's content."""
        self.store.write(node_id, content, window)
        self._known.listings.clear()

    def mark(
        self, node_id: NodeId, attributes: Mapping[str, object], window: Window | None = None
    ) -> None:
        """Replace the attributes of a node, or of one exact time range of it."""
        self.store.mark(node_id, attributes, window)
        self._known.listings.clear()

    def _notice(self, entry: Entry) -> None:
        if entry.factory and entry.entry_type is EntryType.DIRECTORY:
            self._known.directories.add(entry.node_id)

    def _listing(self, directory: NodeId) -> Mapping[str, Entry]:
        listing = self._known.listings.get(directory)
        if listing is None:
            listing = self._known.listings[directory] = self._listed(directory)
        return listing

    def _listed(self, directory: NodeId) -> Mapping[str, Entry]:
        """Return what a dynamic directory shows, computed now."""
        recipe = self.node(directory).recipe
        if recipe is None:
            msg = f"the entry of the directory {directory} names a factory, but it has no recipe"
            raise CorruptionError(msg, hint="run 'pond verify'")
        child = self._known.children.get(directory)
        depth = 1 if child is None else child.depth + 1
        if depth > MAX_DEPTH:
            reason = f"it lies more than {MAX_DEPTH} dynamic directories deep"
            raise UncomputedError(recipe, reason, hint="let its factory end somewhere")
        made = self._made(directory, recipe)
        try:
            found = [self._child(directory, name, made[name], depth=depth) for name in made]
            _check_once([entry.name for entry in found])
        except (DataError, InvalidPathError) as error:
            raise UncomputedError(recipe, str(error), hint=error.hint) from error
        found.sort(key=lambda entry: entry.name.encode())
        return {entry.name: entry for entry in found}

    def _child(self, directory: NodeId, name: object, made: object, *, depth: int) -> Entry:
        """Return the entry of a child, and remember what it is."""
        name = _checked_name(name)
        if isinstance(made, Recipe):
            return self._remember(directory, name, made.entry_type, _Child(made, depth))
        if not isinstance(made, Found):
            msg = f"it gives a {type(made).__name__} for {name!r}"
            raise DataError(msg, hint="give a Recipe, or a NodePath of the tree")
        if made.entry.entry_type not in (EntryType.DIRECTORY, EntryType.SYMLINK):
            return replace(made.entry, name=name)
        target = _Child(made.path.encode(), depth)
        return self._remember(directory, name, EntryType.SYMLINK, target)

    def _remember(
        self, directory: NodeId, name: str, entry_type: EntryType, child: _Child
    ) -> Entry:
        content = child.content
        recipe = content if isinstance(content, Recipe) else None
        told = content.decode() if isinstance(content, bytes) else dict(content.config)
        facts = [directory, name, entry_type, recipe and recipe.factory, told]
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
        entry = Entry(name, NodeId(digest[:32]), entry_type, recipe.factory if recipe else "")
        is_one_more = entry_type is EntryType.DIRECTORY and not self.is_dynamic(entry.node_id)
        if is_one_more and len(self._known.directories) >= MAX_DIRECTORIES:
            msg = f"there are more than {MAX_DIRECTORIES} dynamic directories"
            raise DataError(msg, hint="does one of them show itself?")
        self._known.children[entry.node_id] = child
        self._notice(entry)
        return entry

    def _made(
        self,
        node_id: NodeId,
        recipe: Recipe,
        *,
        window: Window = ALWAYS,
        columns: Sequence[str] | None = None,
    ) -> Any:  # noqa: ANN401  # checked against the entry type: bytes, a table, or children
        """Return what a recipe's factory makes, of the type that the recipe says."""
        if node_id in self._computing:
            raise CircleError
        if len(self._computing) >= MAX_DEPTH:
            reason = f"more than {MAX_DEPTH} dynamic nodes read each other"
            raise UncomputedError(recipe, reason, hint="let its factory end somewhere")
        computing = (*self._computing, node_id)
        inner = Tree(self.store, self._view, known=self._known, computing=computing)
        call = FactoryCall(self._view(inner), recipe.config, recipe.entry_type, window, columns)
        try:
            return _checked(factory_of(recipe).compute(call), recipe.entry_type)
        except CircleError as circle:
            if self._computing:
                raise
            trail = " -> ".join(circle.trail)
            raise UncomputedError(
                recipe, "it reads itself", hint=circle.hint, trail=trail
            ) from circle
        except (StoreError, ClosedError):
            raise  # that is no fault of the factory, nor of this node alone
        except Exception as error:
            hint = getattr(error, "hint", "")
            raise UncomputedError(recipe, reason_of(error), hint=hint) from error


def _checked(made: object, entry_type: EntryType) -> Any:  # noqa: ANN401  # as `_made`
    """Return what a factory made, if it is what such a node holds."""
    match entry_type:
        case EntryType.DATA:
            check_data(made, path="it")
        case EntryType.TABLE:
            check_table(made, path="it")
        case EntryType.SERIES:
            check_window(made, ALWAYS, path="it")
        case _ if isinstance(made, Mapping):
            return dict(made)
        case _:
            msg = f"it gives a {type(made).__name__} as a directory"
            raise DataError(msg, hint="give recipes and NodePaths by name")
    return made


def _checked_name(name: object) -> str:
    """Return a child's name in NFC.

    Raises:
        DataError: It is no text, or text that names nothing.
        InvalidPathError: No name in a pond may be like that.
    """
    if not isinstance(name, str) or name in ("", ".", "..") or "/" in name:
        msg = f"it calls a child {name!r}"
        raise DataError(msg, hint="names are text without '/'")
    return paths.checked_name(paths.legible(name), within=name)


def _check_once(names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            msg = f"it calls {count} children {name!r}"
            raise DataError(msg, hint="names that look alike are one name: NFC")
