"""What is done to a pond while it is watched: every kind of transaction, of merging, of clean-up.

Each scene prepares a pond, unwatched and as if all of it were on the disk for long, and goes on
with steps that are watched.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pond_core import Pond, Provenance, Transaction, Window

Change = Callable[[Transaction], object]

LARGE = bytes(range(256)) * 300
"""More than what is kept inside the log."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A story of one pond.

    Attributes:
        steps: Transactions that are watched.
        before: Transactions that are not.
        makes: Begin without a pond, and watch how it is made.
        age_s: How long ago the part that is not watched happened, by clock and files.
        maintains: Before which of the steps `Pond.maintain` runs.
        forgets: Whether that drops history, but for the first transaction.
    """

    steps: Sequence[Change]
    before: Sequence[Change] = ()
    makes: bool = False
    age_s: int = 0
    maintains: Sequence[int] = ()
    forgets: bool = False


def commit(pond: Pond, change: Change, number: int) -> None:
    """Make a change that tells its number in the log."""
    with pond.transaction(Provenance(message=f"step {number}")) as tx:
        change(tx)


def data(path: str, content: bytes) -> Change:
    return lambda tx: tx.write_data(path, content)


def table(path: str, rows: int) -> Change:
    content = pa.table(
        {"n": pa.array(range(rows)), "text": [f"{n * n * 7919}" for n in range(rows)]}
    )
    return lambda tx: tx.write_table(path, content)


def readings(start: int, count: int, *, value: float = 1.0) -> pa.Table:
    instants = pa.array(range(start, start + count), pa.timestamp("us", tz="UTC"))
    values = pa.array([value * ((n * 7919) % 1000) for n in range(count)], pa.float64())
    return pa.table({"timestamp": instants, "value": values})


def window(start: int, end: int, count: int, *, value: float = 1.0) -> Change:
    rows = readings(start, count, value=value)
    return lambda tx: tx.replace_window("/series", rows, Window(start, end))


def several(*changes: Change) -> Change:
    def all_of_them(tx: Transaction) -> None:
        for change in changes:
            change(tx)

    return all_of_them


def directories(count: int, prefix: str) -> Change:
    """Make directories, each with a file, so that many parts of the log are written to."""

    def make(tx: Transaction) -> None:
        for number in range(count):
            tx.mkdir(f"/{prefix}{number}")
            tx.write_data(f"/{prefix}{number}/file", f"{number}".encode())

    return make


def _numbered(count: int, *, start: int = 0) -> list[Change]:
    return [data(f"/n{start + each}", f"{start + each}".encode()) for each in range(count)]


def _windows(count: int) -> Change:
    return several(*(window(10 * n, 10 * n + 10, 3) for n in range(count)))


def _names() -> list[Change]:
    return [
        several(lambda tx: tx.rename("/a", "/b/a"), lambda tx: tx.symlink("/link", "/b/a")),
        lambda tx: tx.copy("/b", "/copy", recursive=True),
        lambda tx: tx.rename("/b", "/moved"),
        lambda tx: tx.remove("/copy", recursive=True),
    ]


def _series() -> list[Change]:
    facts: Mapping[str, object] = {"seen": 1}
    return [
        window(0, 100, 50),
        window(40, 60, 10, value=2.0),
        lambda tx: tx.mark("/series", facts, Window(0, 100)),
        window(100, 50_000, 20_000),
        window(0, 200, 0),
    ]


SCENES = {
    "one": Scene([data("/f", b"one")]),
    "creation": Scene([data("/f", b"first"), data("/large", LARGE)], makes=True),
    "data": Scene(
        [data("/f", b"one"), data("/f", b"two"), data("/empty", b"")], before=[data("/f", b"zero")]
    ),
    "objects": Scene([data("/large", LARGE), data("/again", LARGE), table("/table", 20_000)]),
    "tables": Scene([table("/t", 5), table("/t", 0)]),
    "series": Scene(_series()),
    "names": Scene(
        _names(), before=[data("/a", b"a"), directories(1, "x"), lambda tx: tx.mkdir("/b")]
    ),
    "parts": Scene([directories(30, "d")]),
    "upkeep": Scene(_numbered(4, start=28), before=_numbered(28)),
    "cleaning": Scene(_numbered(5, start=88), before=_numbered(88), age_s=7200),
    "windows": Scene(
        [window(0, 30, 5, value=3.0), *_numbered(2, start=20)],
        before=[_windows(70), *_numbered(14)],
    ),
    "maintain": Scene(
        _numbered(2, start=30),
        before=[
            data("/kept", LARGE),
            directories(4, "gone"),
            *_numbered(10),
            lambda tx: tx.remove("/gone1", recursive=True),
        ],
        age_s=30 * 3600,
        maintains=(0, 1),
    ),
    "forgetting": Scene(
        _numbered(1, start=30),
        before=[data("/kept", LARGE), *_numbered(6), data("/kept", LARGE[2:])],
        age_s=30 * 3600,
        maintains=(0,),
        forgets=True,
    ),
}
"""By name. What each of them is there for is asserted in test_scenes.py."""


def abandon(pond: Pond) -> None:
    """Begin a transaction with a large file, and give it up: an object that nothing names."""
    with contextlib.suppress(InterruptedError), pond.transaction() as tx:
        tx.write_data("/abandoned", LARGE[3:])
        raise InterruptedError
