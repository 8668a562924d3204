"""Removing what no resource of the file declares any more."""

from collections.abc import Collection, Iterable

from pond_core import EntryType, ReadFS, Transaction
from pond_pipeline.resources.recorded import is_inside

_STAGE_DEPTH = 2
"""`/raw/noyo` goes when it is empty, `/raw` stays."""


def left_over(fs: ReadFS, paths: Iterable[str], declared: Collection[str]) -> tuple[str, ...]:
    """Return what of some paths is still there and belongs to nothing that is declared, sorted.

    Of a directory in which something declared lies, only the rest.
    """
    found = {each for path in paths for each in _left_over(fs, path, declared)}
    return tuple(sorted(path for path in found if not is_inside(path, found - {path})))


def prune(tx: Transaction, paths: Iterable[str]) -> None:
    """Remove files and directories, and the directories that this leaves empty."""
    for path in paths:
        tx.remove(path, recursive=True)
        above = path.rpartition("/")[0]
        while above.count("/") >= _STAGE_DEPTH and not tx.ls(above):
            tx.remove(above)
            above = above.rpartition("/")[0]


def _left_over(fs: ReadFS, path: str, declared: Collection[str]) -> Iterable[str]:
    if not fs.exists(path) or is_inside(path, declared):
        return
    if not any(each.startswith(f"{path}/") for each in declared):
        yield path
    elif fs.entry_type(path) is EntryType.DIRECTORY:
        for inside in fs.ls(path):
            yield from _left_over(fs, inside.path, declared)
