"""`PondFileSystem`: a pond as fsspec wants a file system.

fsspec's own rules hold here where they differ from the tree's: a file is written with the
directories that lead to it, and a copy or a move replaces a data file.
"""

import os
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial, wraps
from glob import has_magic
from pathlib import Path
from typing import Any, Literal, TypeVar, overload

from fsspec import AbstractFileSystem
from fsspec.utils import stringify_path
from typing_extensions import override

from pond_core.errors import PathError
from pond_core.mount import changing
from pond_core.mount.content import Body
from pond_core.mount.file import Reader, Writer
from pond_core.mount.listing import Info, describe, entries_of
from pond_core.mount.place import DEFAULT_PLACE, Placed
from pond_core.mount.refusal import look_up
from pond_core.mount.session import Session, now
from pond_core.mount.transaction import PondTransaction
from pond_core.rendition import content_key
from pond_core.snapshot import Snapshot
from pond_core.tinyfs import EntryType, ReadFS
from pond_core.tinyfs import path as paths
from pond_core.tlogfs import AsOf

T = TypeVar("T")

AnyPath = str | os.PathLike[str]
"""A path as callers of fsspec write it, with or without `pond://`."""

AnyPaths = AnyPath | list[str]
"""One, or several."""


def _in_one_view(method: Callable[..., T]) -> Callable[..., T]:
    """Let all reads of one call see one tree."""

    @wraps(method)
    def call(self: "PondFileSystem", *args: object, **options: object) -> T:
        return self.session.read_together(partial(method, self, *args, **options))

    return call


def _in_one_transaction(method: Callable[..., T]) -> Callable[..., T]:
    """Make one call one transaction, which is run again when it conflicts."""

    @wraps(method)
    def call(self: "PondFileSystem", *args: object, **options: object) -> T:
        act = partial(method, self, *args, **options)
        return self.session.change_together(act, what=method.__name__)

    return call


class PondFileSystem(AbstractFileSystem, metaclass=Placed):  # type: ignore[misc]
    """A pond as an fsspec file system: `pond:///combined/noyo/BDock`.

    Data files are their bytes; tables and series read as Parquet files. Each call that changes
    something is one transaction, and each file that is written is one when it is closed;
    `with fs.transaction:` makes one of many.

    Args:
        path: The pond's directory; without it `$POND`, else `./.pond`, as for the command. (fsspec
            keeps the name of a protocol, here `pond`, for the options of all its file systems.)
        as_of: A txn, an aware instant, or the id of a Dagster run: shows the pond as of then, and
            refuses to write.
        durability: `full` waits for the disk, `process` does not; see `Pond.open`.
        options: For fsspec: `skip_instance_cache` and the like.

    Raises:
        DataError: There is no such option: what a mistyped `as_of` shows would not be the past.
    """

    protocol = "pond"
    root_marker = "/"
    transaction_type = PondTransaction

    def __init__(
        self,
        path: AnyPath = DEFAULT_PLACE,
        *,
        as_of: AsOf | None = None,
        durability: str = "full",
        **options: object,
    ) -> None:
        super().__init__(**options)
        self._open_session = partial(Session, Path(path), as_of=as_of, durability=durability)
        self._opening = threading.Lock()
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The way to the pond, which is opened when it is first needed.

        Raises:
            NotAPondError: There is none.
            ClosedError: This process was forked from one that had opened a pond.
        """
        with self._opening:
            if self._session is None:
                self._session = self._open_session()
            return self._session.checked()

    @property
    @override
    def fsid(self) -> str:
        """`pond-` and the pond's UUID."""
        return f"pond-{self.session.pond.id}"

    # Looking: one call sees one snapshot.

    find = _in_one_view(AbstractFileSystem.find)
    glob = _in_one_view(AbstractFileSystem.glob)
    du = _in_one_view(AbstractFileSystem.du)
    expand_path = _in_one_view(AbstractFileSystem.expand_path)
    cat = _in_one_view(AbstractFileSystem.cat)
    cat_ranges = _in_one_view(AbstractFileSystem.cat_ranges)
    get = _in_one_view(AbstractFileSystem.get)

    @overload
    def ls(self, path: AnyPath, detail: Literal[True] = ..., **options: object) -> list[Info]: ...

    @overload
    def ls(self, path: AnyPath, detail: Literal[False], **options: object) -> list[str]: ...

    @override
    def ls(self, path: AnyPath, detail: bool = True, **options: object) -> list[Info] | list[str]:
        """Return what a directory holds, by name, bytewise; of a file, itself.

        The size of a table or series is None until somebody has read it, and symlinks to
        directories are of type `link`, so that nobody walks in circles.
        """
        asked = self._strip_protocol(path)
        found = self._look(lambda tree: entries_of(tree, asked, self.session.contents))
        return found if detail else [info["name"] for info in found]

    @override
    def info(self, path: AnyPath, **options: object) -> Info:
        """Return what a path leads to, with its exact size: of a series, its Parquet is made."""
        asked = self._strip_protocol(path)
        return self._look(lambda tree: describe(tree, asked, self.session.contents))

    @override
    def exists(self, path: AnyPath, **options: object) -> bool:
        return self._type(path) is not None

    @override
    def lexists(self, path: AnyPath, **options: object) -> bool:
        return self._type(path, follow=False) is not None

    @override
    def isdir(self, path: AnyPath) -> bool:
        return self._type(path) is EntryType.DIRECTORY

    @override
    def isfile(self, path: AnyPath) -> bool:
        return self._type(path) not in (None, EntryType.DIRECTORY)

    @override
    def ukey(self, path: AnyPath) -> str:
        """Return text that is another when the content is; no content is read for it."""
        asked = self._strip_protocol(path)
        return self._look(lambda tree: content_key(tree, look_up(tree, asked)))

    @override
    def checksum(self, path: AnyPath) -> int:
        return int(self.ukey(path) or "0", 16)

    @override
    def modified(self, path: AnyPath) -> datetime:
        """Return when the content was written, aware, UTC.

        Of a directory, and of what is computed when it is read: when the snapshot was committed.
        """
        asked = self._strip_protocol(path)
        txn = self._look(lambda tree: _written(tree, asked))
        return now() if txn is None else self.session.time_of(txn)

    @override
    def cat_file(
        self, path: AnyPath, start: int | None = None, end: int | None = None, **options: object
    ) -> bytes:
        return bytes(self._body(self._strip_protocol(path))[start:end])

    # Changing: one call is one transaction.

    put = _in_one_transaction(AbstractFileSystem.put)
    pipe = _in_one_transaction(AbstractFileSystem.pipe)

    @override
    def pipe_file(
        self,
        path: AnyPath,
        value: bytes,
        mode: Literal["create", "overwrite"] = "overwrite",
        **options: object,
    ) -> None:
        self._write(self._strip_protocol(path), "x" if mode == "create" else "w", bytes(value))

    @override
    def mkdir(self, path: AnyPath, create_parents: bool = True, **options: object) -> None:
        self._make_directory(path, parents=create_parents, exist_ok=False)

    @override
    def makedirs(self, path: AnyPath, exist_ok: bool = False) -> None:
        self._make_directory(path, parents=True, exist_ok=exist_ok)

    @override
    def rmdir(self, path: AnyPath) -> None:
        asked = self._strip_protocol(path)
        act = partial(changing.remove_directory, path=asked)
        self.session.change(act, what=f"rmdir {asked}")

    @override
    def rm_file(self, path: AnyPath) -> None:
        asked = self._strip_protocol(path)
        act = partial(changing.remove, path=asked, recursive=False)
        self.session.change(act, what=f"rm {asked}")

    @override
    def rm(self, path: AnyPaths, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Take names away; a directory with all below it if `recursive`.

        Raises:
            ValueError: `maxdepth` with `recursive`: a directory goes whole, or stays.
        """
        if recursive and maxdepth is not None:
            msg = "a directory is removed whole: `maxdepth` is for patterns, without `recursive`"
            raise ValueError(msg)

        def act() -> None:
            for each in reversed(self.expand_path(path, maxdepth=maxdepth)):
                remove = partial(changing.remove, path=each, recursive=recursive)
                self.session.change(remove, what="rm")

        self.session.change_together(act, what=f"rm {path}")

    @override
    def copy(self, path1: AnyPaths, path2: AnyPaths, *flags: object, **options: object) -> None:
        """Copy files as fsspec does.

        Symlinks below a directory are copied as they stand when they lead to a directory or to
        nothing; all others are followed.
        """
        starts = [path1] if not isinstance(path1, list) else path1
        options["starts"] = frozenset(map(self._strip_protocol, starts))
        act = partial(super().copy, path1, path2, *flags, **options)
        self.session.change_together(act, what=f"cp {path1} {path2}")

    @override
    def cp_file(
        self,
        path1: AnyPath,
        path2: AnyPath,
        starts: frozenset[str] | None = None,
        **options: object,
    ) -> None:
        source, target = self._strip_protocol(path1), self._strip_protocol(path2)
        follow = starts is None or source in starts
        act = partial(changing.copy, source=source, target=target, follow=follow)
        self.session.change(act, what=f"cp {source} {target}")

    @override
    def mv(
        self,
        path1: AnyPaths,
        path2: AnyPaths,
        recursive: bool = False,
        maxdepth: int | None = None,
        **options: object,
    ) -> None:
        """Give names to what has others; nodes stay the same, so nothing is copied.

        A directory goes with all below it. Into a directory that is there, or that is named with a
        slash at its end, things go by their last names.

        Args:
            path1: What: a path, a pattern or a list of paths.
            path2: The new path, the directory to go to, or as many paths.
            recursive: Without meaning here.
            maxdepth: For patterns with `**`.
            options: Without meaning here.
        """

        def act() -> None:
            for source, target in self._moves(path1, path2, maxdepth=maxdepth):
                move = partial(changing.move, source=source, target=target)
                self.session.change(move, what="mv")

        self.session.change_together(act, what=f"mv {path1} {path2}")

    @override
    def start_transaction(self) -> PondTransaction:
        self.transaction.start()
        begun: PondTransaction = self.transaction
        return begun

    @override
    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, object] | None = None,
        **options: object,
    ) -> Reader | Writer:
        kind = mode.replace("b", "")
        if kind == "r":
            return Reader(self._body(path), path=path)
        if kind not in ("w", "a", "x"):
            msg = f"a file of a pond cannot be opened in mode {mode!r}; use r, w, a or x"
            raise ValueError(msg)
        self.session.check_writable()
        return Writer(
            partial(self._write, path, kind),
            path=path,
            mode=mode,
            start=self._look(partial(changing.check_file, path=path, mode=kind)),
            at_close=autocommit or self.session.in_transaction,
        )

    @classmethod
    @override
    def _strip_protocol(cls, path: Any) -> Any:
        """Return the canonical path, or a list of them."""
        if isinstance(path, list):
            return [cls._strip_protocol(each) for each in path]
        text = str(stringify_path(path))
        for prefix in (f"{cls.protocol}://", f"{cls.protocol}::"):
            text = text.removeprefix(prefix)
        return paths.resolve(text or "/", "/")

    @classmethod
    @override
    def _parent(cls, path: AnyPath) -> str:
        return paths.parent(cls._strip_protocol(path))

    def _look(self, act: Callable[[ReadFS], T]) -> T:
        return self.session.read(act)

    def _type(self, path: AnyPath, *, follow: bool = True) -> EntryType | None:
        """Return what is at a path; None for nothing, and for what is no path."""
        try:
            asked = self._strip_protocol(path)
            return self._look(lambda tree: tree.lookup(asked, follow=follow).entry_type)
        except PathError:
            return None

    def _body(self, path: str) -> Body:
        contents = self.session.contents
        return self._look(lambda tree: contents.body(tree, look_up(tree, path)))

    def _write(self, path: str, mode: str, data: bytes) -> None:
        act = partial(changing.write, path=path, data=data, mode=mode)
        self.session.change(act, what=f"write {path}")

    def _make_directory(self, path: AnyPath, *, parents: bool, exist_ok: bool) -> None:
        asked = self._strip_protocol(path)
        act = partial(changing.make_directory, path=asked, parents=parents, exist_ok=exist_ok)
        self.session.change(act, what=f"mkdir {asked}")

    def _moves(
        self, path1: AnyPaths, path2: AnyPaths, *, maxdepth: int | None
    ) -> Iterable[tuple[str, str]]:
        """Return the old and the new path of each thing to move."""
        if isinstance(path2, list):
            return zip(self._strip_protocol(path1), self._strip_protocol(path2), strict=True)
        target = self._strip_protocol(path2)
        sources = self.expand_path(path1, maxdepth=maxdepth)
        is_one = not isinstance(path1, list) and not has_magic(str(stringify_path(path1)))
        goes_into = str(stringify_path(path2)).endswith("/") or self.isdir(target)
        if is_one and (sources[0] == target or not goes_into):
            return [(sources[0], target)]
        return [(source, paths.join(target, paths.name(source))) for source in sources]


def _written(tree: ReadFS, path: str) -> int | None:
    """Return the txn that wrote what is at a path; None while that is not committed."""
    pieces = look_up(tree, path).node.pieces
    txns = [piece.txn for piece in pieces if piece.sha256 or piece.rows == 0]
    if txns:
        return None if None in txns else max(txn for txn in txns if txn is not None)
    return tree.txn or None if isinstance(tree, Snapshot) else None
