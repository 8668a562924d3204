"""What the names in a query stand for: pond paths, patterns over them, and tables of the log."""

import re

from pond_core.errors import NotFoundError, SymlinkLoopError, WrongTypeError
from pond_core.near_miss import did_you_mean, near_misses
from pond_core.query.log_tables import LOG_TABLES
from pond_core.query.source import Relation, Source, relation_of, source_of, table_source
from pond_core.tinyfs import EntryType, NodePath, ReadFS
from pond_core.tlogfs import OpLogBackend

_READ = (EntryType.SERIES, EntryType.TABLE)
_WILDCARD = re.compile(r"[*?\[]")


def is_pond_name(name: str) -> bool:
    """Say whether a table's name is one that the pond has to know."""
    return name.startswith(("/", "pond."))


class Catalog:
    """The names of one tree.

    Attributes:
        store: What keeps the nodes; None when it is no pond on a disk.
        objects: The directory that holds all objects; None as well.
    """

    def __init__(self, fs: ReadFS) -> None:
        self.store = fs.backend if isinstance(fs.backend, OpLogBackend) else None
        self.objects = None if self.store is None else self.store.objects_path.absolute()
        self._fs = fs

    def relation(self, name: str) -> Relation:
        """Return what a name stands for: a table of the log, a path, or else a pattern.

        Raises:
            NotFoundError: Nothing is there, or nothing matches.
            WrongTypeError: It is a directory or bytes.
            SchemaError: The columns of what a pattern matches do not go together.
        """
        if name.startswith("pond."):
            return relation_of(name, [self._log_table(name)], is_pattern=False)
        # A name may hold any character: what is called `/a*` is not a pattern.
        if _WILDCARD.search(name) and not self._fs.exists(name):
            return relation_of(name, self._matches(name), is_pattern=True)
        source = source_of(self._fs.lookup(name), self.store)
        return relation_of(name, [source], is_pattern=False)

    def _log_table(self, name: str) -> Source:
        if name not in LOG_TABLES:
            msg = f"{name} does not exist: the tables of the log are {', '.join(LOG_TABLES)}"
            raise NotFoundError(
                msg, path=name, hint=did_you_mean(near_misses(name, list(LOG_TABLES)))
            )
        if self.store is None:
            msg = f"{name} does not exist: what is in memory keeps no log"
            raise NotFoundError(msg, path=name, hint="query a snapshot of a pond")
        return table_source(name, LOG_TABLES[name](self._fs, self.store))

    def _matches(self, pattern: str) -> list[Source]:
        matches = [node for node, _ in self._fs.glob(pattern)]
        found = [node for match in matches if (node := self._followed(match)) is not None]
        if not found:
            what = "only directories, data files or dead symlinks" if matches else "nothing"
            msg = f"{pattern} matches {what}: a pattern reads tables and series"
            hint = self._fs.nearest(pattern) or f"list it with: pond ls '{pattern}'"
            raise NotFoundError(msg, path=pattern, hint=hint)
        return [source_of(node, self.store) for node in found]

    def _followed(self, match: NodePath) -> NodePath | None:
        """Return the table or series that a match is or leads to; None if it is none."""
        if match.entry_type is EntryType.SYMLINK:
            try:
                match = self._fs.lookup(match.path)
            except (NotFoundError, WrongTypeError, SymlinkLoopError):
                return None
        return match if match.entry_type in _READ else None
