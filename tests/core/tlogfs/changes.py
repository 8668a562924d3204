"""What transactions do that race with one another, and where they do it."""

from collections.abc import Callable, Mapping

import pyarrow as pa

from pond_core import EntryType, FactoryCall, Pond, Recipe, Transaction, Window, register_factory
from tests.conformance.filesystem import readings

Change = Callable[[Transaction], object]


def lay_out(tx: Transaction) -> None:
    """Make a series, two files and a directory that holds another file and series."""
    tx.mkdir("/d/e", parents=True)
    tx.mkdir("/z")
    tx.mkdir("/y")
    tx.symlink("/to_f", "/f")
    tx.symlink("/to_d", "/d")
    tx.write_data("/f", b"old")
    tx.write_data("/g", b"old")
    tx.write_data("/d/e/f", b"old")
    tx.write_window("/s", readings({1: 1.0}), Window(0, 10))
    tx.write_window("/month", readings({1: 1.0, 90: 1.0}), Window(0, 100))
    tx.write_window("/d/s", readings({1: 1.0}), Window(0, 10))


def race(pond: Pond, theirs: Change, ours: Change) -> None:
    """Begin both, commit theirs, commit ours."""
    with pond.transaction() as mine:
        ours(mine)
        with pond.transaction() as other:
            theirs(other)


def window(path: str, start: int, end: int, column: str = "value") -> Change:
    rows = readings({start: 9.0}, column)
    return lambda tx: tx.write_window(path, rows, Window(start, end))


def text_window(path: str, start: int, end: int) -> Change:
    rows = readings({start: 0.0}).set_column(1, "value", pa.array(["high"]))
    return lambda tx: tx.write_window(path, rows, Window(start, end))


def mark(path: str, start: int, end: int, fact: str = "a") -> Change:
    return lambda tx: tx.mark(path, {"hash": fact}, Window(start, end))


def text_depth(path: str, start: int, end: int) -> Change:
    rows = readings({start: 0.0}, "depth").set_column(1, "depth", [["deep"]])
    return lambda tx: tx.write_window(path, rows, Window(start, end))


def remove(path: str) -> Change:
    return lambda tx: tx.remove(path, recursive=True)


def rename(src: str, dst: str) -> Change:
    return lambda tx: tx.rename(src, dst)


def data(path: str, content: bytes = b"new") -> Change:
    return lambda tx: tx.write_data(path, content)


def mkdir(path: str) -> Change:
    return lambda tx: tx.mkdir(path)


def symlink(path: str, target: str) -> Change:
    return lambda tx: tx.symlink(path, target)


def replace_month(rows: Mapping[int, float | None]) -> Change:
    return lambda tx: tx.replace_window("/month", readings(rows), Window(0, 100))


def both(*changes: Change) -> Change:
    def act(tx: Transaction) -> None:
        for change in changes:
            change(tx)

    return act


def nothing(_call: FactoryCall) -> dict[str, Recipe]:
    return {}


register_factory("test.nothing", nothing, makes=EntryType.DIRECTORY)


def computed(tx: Transaction) -> None:
    tx.write_recipe("/z", Recipe(EntryType.DIRECTORY, "test.nothing"))
