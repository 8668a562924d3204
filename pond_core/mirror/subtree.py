"""What a subtree of the pond holds, under the names that it has on the host."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pond_core.errors import Finding, WrongTypeError
from pond_core.mirror.naming import PLACEHOLDER, STATE_FOLDER, ancestors, parent
from pond_core.rendition import content_key, host_name
from pond_core.snapshot import Snapshot
from pond_core.tinyfs import EntryType, NodeId, NodePath, Pattern
from pond_core.tinyfs.path import MAX_NAME_BYTES
from pond_core.tinyfs.place import NOUNS


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that the folder shall have.

    Attributes:
        name: Its name below the folder.
        path: The file in the pond.
        key: Which content it is.
        node_id: Whose content it is.
        entry_type: What it is there.
        is_computed: Whether it is dynamic: it cannot be changed from the folder.
        is_placeholder: Whether it shall only say what is not there.
    """

    name: str
    path: str
    key: str
    node_id: NodeId
    entry_type: EntryType = EntryType.DATA
    is_computed: bool = False
    is_placeholder: bool = False

    @property
    def can_be_changed(self) -> bool:
        """True when what is done to the file on the host can be done to that in the pond."""
        return not (self.is_computed or self.is_placeholder)


@dataclass(frozen=True, slots=True)
class Subtree:
    """What the folder shall hold.

    Attributes:
        path: Which directory of the pond it is.
        files: By name.
        directories: By name.
        inside: What there is in the pond, by name below `path`: the name of its file in the
            folder, its own for a directory, None where it has none.
        links: Pond paths of symlinks; they have no files.
        findings: What cannot be in a folder.
    """

    path: str
    files: dict[str, Wanted] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    inside: dict[str, str | None] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def pond_path(self, name: str) -> str:
        """Return the path of what has a name below the subtree's directory."""
        return f"{self.path.rstrip('/')}/{name}"


def look_at_pond(
    snapshot: Snapshot,
    path: str,
    *,
    is_wanted: Callable[[str, str], bool],
    fold: Callable[[str], str] = str,
) -> Subtree:
    """Return what a directory holds. No content is read.

    Args:
        snapshot: The pond.
        path: The directory.
        is_wanted: Says of a pond path, and the name that the file has in the folder, whether its
            content is wanted, and no placeholder.
        fold: Names for which it gives the same are one name on the host.

    Raises:
        NotFoundError: Nothing is there.
        WrongTypeError: It is no directory.
        FactoryError: The directory cannot be computed.
    """
    top = snapshot.lookup(path)
    if top.entry_type is not EntryType.DIRECTORY:
        msg = f"{top.path} is {NOUNS[top.entry_type]}: a mirror is of a directory"
        raise WrongTypeError(msg, path=top.path, hint="copy it with: pond copy")
    look = _Look(snapshot, Subtree(top.path), is_wanted, fold)
    nodes = list(snapshot.walk(top.path))[1:]
    look.take(nodes)
    return look.subtree


def wanted_by(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return what says whether any pattern matches a path, or a directory above it.

    Raises:
        InvalidPathError: One is no pattern.
    """
    parsed = [Pattern.parse(pattern, base="/") for pattern in patterns]

    def is_wanted(path: str) -> bool:
        lines = [path, *(f"/{each}" for each in ancestors(path[1:]))]
        return any(pattern.match(line) is not None for pattern in parsed for line in lines)

    return is_wanted


class _Look:
    """One pass over a subtree."""

    def __init__(
        self,
        snapshot: Snapshot,
        subtree: Subtree,
        is_wanted: Callable[[str, str], bool],
        fold: Callable[[str], str],
    ) -> None:
        self.subtree = subtree
        self._snapshot = snapshot
        self._is_wanted = is_wanted
        self._fold = fold
        self._stem = len(subtree.path.rstrip("/")) + 1

    def take(self, nodes: Sequence[NodePath]) -> None:
        """Give every node its name on the host, or say why it has none."""
        named = list(self._named(nodes))
        owners: dict[str, NodePath] = {}
        # Who is called so in the pond, too, has the name; else who comes first.
        for name, node in sorted(named, key=lambda each: each[0] != self._below(each[1])):
            owners.setdefault(self._fold(name), node)
        for name, node in named:
            self._place(name, node, owners)

    def _named(self, nodes: Sequence[NodePath]) -> Iterator[tuple[str, NodePath]]:
        for node in nodes:
            below = self._below(node)
            self.subtree.inside[below] = None
            if node.entry_type is EntryType.SYMLINK:
                self.subtree.links.append(node.path)
                continue
            folder = parent(below)
            name = f"{folder}/{host_name(node.entry)}" if folder else host_name(node.entry)
            if name == STATE_FOLDER or name.startswith(STATE_FOLDER + "/"):
                self._tell(node, "the mirror keeps what it knows under that name")
            elif len(host_name(node.entry).encode()) > MAX_NAME_BYTES:
                self._tell(node, f"its name is longer than {MAX_NAME_BYTES} bytes with `.parquet`")
            else:
                yield name, node

    def _place(self, name: str, node: NodePath, owners: dict[str, NodePath]) -> None:
        owner = owners[self._fold(name)]
        if owner is not node:
            self._tell(node, f"{owner.path} has the same name on the host")
            return
        folder = parent(name)
        if folder and folder not in self.subtree.directories:
            return  # it was told of the directory
        if node.entry_type is EntryType.DIRECTORY:
            self.subtree.directories.add(name)
            self.subtree.inside[self._below(node)] = name
            return
        is_placeholder = not self._is_wanted(node.path, name)
        if is_placeholder:
            name += PLACEHOLDER
            if self._fold(name) in owners:
                self._tell(node, f"{owners[self._fold(name)].path} has the name of its placeholder")
                return
        self.subtree.inside[self._below(node)] = name
        self.subtree.files[name] = Wanted(
            name=name,
            path=node.path,
            key=content_key(self._snapshot, node),
            node_id=node.node_id,
            entry_type=node.entry_type,
            is_computed=node.node.recipe is not None,
            is_placeholder=is_placeholder,
        )

    def _below(self, node: NodePath) -> str:
        return node.path[self._stem :]

    def _tell(self, node: NodePath, detail: str) -> None:
        self.subtree.findings.append(Finding("not mirrored", node.path, detail))
