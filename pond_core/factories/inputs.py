"""What factories read: the series that a pattern matches, in canonical form."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from pond_core.errors import NotFoundError, SchemaError, SymlinkLoopError, WrongTypeError
from pond_core.series import Resolution, check
from pond_core.tinyfs import EntryType, Pattern, Piece, ReadFS
from pond_core.window import Window


@dataclass(frozen=True, slots=True)
class Match:
    """A series that a pattern matches.

    Attributes:
        path: Where it is.
        captures: What the wildcards stood for.
    """

    path: str
    captures: tuple[str, ...]


def matches(fs: ReadFS, pattern: Pattern) -> list[Match]:
    """Return the series that a pattern matches, in path order; symlinks are followed.

    Raises:
        NotFoundError: There are none.
    """
    found = [
        Match(node.path, captures)
        for node, captures in fs.glob(pattern)
        if _leads_to_series(fs, node.path)
    ]
    if not found:
        msg = f"no series matches {pattern.text}"
        raise NotFoundError(msg, path=pattern.text, hint="`pond ls` shows what is there")
    return found


def read(fs: ReadFS, path: str, window: Window, columns: Collection[str] | None = None) -> pa.Table:
    """Return a series in a window, in canonical form.

    Args:
        fs: The tree.
        path: The series.
        window: Which rows.
        columns: Which columns to read; one that is not there is left out. None is all.
    """
    if columns is None:
        return check(fs.read_series(path, window))
    try:
        return check(fs.read_series(path, window, list(columns)))
    except SchemaError:  # a column is not there, most likely
        table = fs.read_series(path, window)
        return check(table.select([n for n in table.column_names if n in {"timestamp", *columns}]))


def spans(
    pieces: Iterable[Piece], window: Window, resolution: Resolution, *, rows: int = 1 << 20
) -> Iterator[Window]:
    """Cut a window so that each part is about as much as one wants in memory at once.

    Args:
        pieces: Those of the series, in order of time.
        window: What to cut.
        resolution: No cut goes through a bucket of it.
        rows: How many rows a part has at least, but for the last one.
    """
    held = 0
    for piece in pieces:
        end_us = piece.window.intersect(window).end_us
        if end_us is None or not piece.window.overlaps(window):
            continue
        held += piece.rows or 0
        cut_us = resolution.floor_us(end_us)
        if held >= rows and (window.start_us is None or cut_us > window.start_us):
            yield Window(window.start_us, cut_us)
            window, held = Window(cut_us, window.end_us), 0
    if not window.is_empty:
        yield window


def _leads_to_series(fs: ReadFS, path: str) -> bool:
    try:
        return fs.entry_type(path) is EntryType.SERIES
    except (NotFoundError, WrongTypeError, SymlinkLoopError):
        return False  # a symlink that leads nowhere
