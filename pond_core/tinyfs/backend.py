"""The seam: what keeps nodes. Everything that is convenience lives above it, in `filesystem`."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pond_core.tinyfs.node import Content, Entry, Node, NodeId, Piece
from pond_core.window import Window


class Backend(Protocol):
    """Where nodes live. Eight methods, none of which knows a path.

    The caller (`FS`) has already checked that parents exist, types fit and names are legal.
    Reads see the writes made through the same backend before them. `ROOT` always exists.
    """

    def entry(self, parent: NodeId, name: str) -> Entry | None:
        """Return the entry of that name, or None. Costs the same in a directory of any size."""
        ...

    def entries(self, parent: NodeId) -> Sequence[Entry]:
        """Return the entries of a directory, sorted by the bytes of their names."""
        ...

    def node(self, node_id: NodeId) -> Node:
        """Return what is known of a node; one that was never written is empty, not an error."""
        ...

    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Content:
        """Return a piece's content as it was written, cuts not yet applied.

        Args:
            piece: One that `node` returned. Its window may have been narrowed: rows outside are
                not needed, and may be left out.
            columns: Which columns of a table to read; one it lacks is left out; None reads all.

        Raises:
            CorruptionError: The bytes are missing or fail their digest.
        """
        ...

    def link(self, parent: NodeId, entry: Entry) -> None:
        """Give a node a name in a directory, replacing whatever had that name."""
        ...

    def unlink(self, parent: NodeId, name: str) -> None:
        """Take a name out of a directory. The node stays reachable by its other names, if any."""
        ...

    def write(self, node_id: NodeId, content: Content | None, window: Window | None = None) -> None:
        """Store a new version of a node's content.

        Args:
            node_id: The node.
            content: None is an empty window: known to hold no rows. A recipe is kept, and given
                back by `node` and `read`, until whole content replaces it.
            window: The range that this content replaces; whatever was there is cut away. None
                replaces everything (data, tables, symlinks).
        """
        ...

    def mark(
        self, node_id: NodeId, attributes: Mapping[str, object], window: Window | None = None
    ) -> None:
        """Replace the attributes of a node, or of one exact time range of it.

        A range without facts has no mark.
        """
        ...
