"""Histories that backups are made of, and what is compared after a restoration."""

from collections.abc import Mapping
from pathlib import Path

from pond_core import EntryType, Pond, Provenance, Recipe, Transaction, Window
from pond_core.storage import Place
from tests.conformance.filesystem import readings
from tests.golden.make import told

LARGE = bytes(range(256)) * 400
"""More than fits into the log: it is an object."""

TXNS = 6
"""How many transactions a history has."""


def write_history(pond: Pond) -> None:
    """Write one of each: bytes, an object, a series, marks, a symlink, a recipe, a removed tree."""
    for number, step in enumerate((_made, _dug, _corrected, _removed, _computed, _emptied)):
        with pond.transaction(Provenance(message=f"step {number}")) as changes:
            step(changes)


def write_more(pond: Pond, count: int = 1) -> None:
    """Commit so many small transactions."""
    for _ in range(count):
        at = pond.snapshot().txn
        with pond.transaction() as changes:
            changes.write_data(f"/more-{at}", str(at).encode())


def shown(pond: Pond, txn: int) -> Mapping[str, str]:
    """Return a digest of all that a snapshot says of each path."""
    return {path: node.digest for path, node in told(pond.snapshot(txn)).items()}


def files_in(place: Place) -> dict[str, bytes]:
    """Return the files that a backup consists of, without what only tells where to look."""
    return {
        each.name: place.read(each.name) or b""
        for folder in ("objects", "segments", "ponds")
        for each in place.files(folder)
        if not each.name.endswith("/newest")
    }


def _made(changes: Transaction) -> None:
    changes.mkdir("/d")
    changes.write_data("/d/small", b"small")
    changes.write_data("/d/large", LARGE)
    changes.symlink("/link", "/d/small")


def _dug(changes: Transaction) -> None:
    changes.create_series("/s", attributes={"key": ["timestamp"], "unit": "m"})
    changes.write_window("/s", readings({0: 1.0, 5: 2.0}), Window(0, 10))
    changes.mark("/s", {"ok": True}, Window(0, 10))


def _corrected(changes: Transaction) -> None:
    changes.write_window("/s", readings({4: 9.0}), Window(3, 6))
    changes.write_data("/d/small", b"other")


def _removed(changes: Transaction) -> None:
    changes.rename("/d/large", "/large")
    changes.remove("/d", recursive=True)


def _computed(changes: Transaction) -> None:
    settings = {"query": 'SELECT * FROM "/s"'}
    changes.write_recipe("/computed", Recipe(EntryType.SERIES, "sql", settings))


def _emptied(changes: Transaction) -> None:
    changes.write_window("/s", None, Window(20, 30))


def assert_follows(replica: Path, pond: Pond, *, first: int = 0) -> None:
    """Compare every moment of a replica with its pond's, from one on, and the log."""
    there = Pond.open(replica, durability="process")
    head = pond.snapshot().txn
    assert there.snapshot().txn == head
    moments = range(first, head + 1)
    assert [shown(there, txn) for txn in moments] == [shown(pond, txn) for txn in moments]
    assert there.log() == pond.log()
    assert there.verify().findings == ()
