"""Ponds and backups of which parts are taken."""

from collections.abc import Mapping
from pathlib import Path

from pond_core import Backups, Pond, ReadFS, Window
from tests.conformance.filesystem import readings
from tests.core.backup.histories import LARGE
from tests.golden.make import told

KEY = "correct horse battery staple"


def digests(fs: ReadFS) -> Mapping[str, str]:
    return {path: node.digest for path, node in told(fs).items()}


def remove(pond: Pond, path: str) -> None:
    pond.transact(lambda tx: tx.remove(path, recursive=True))


def head(pond: Pond) -> int:
    return pond.snapshot().txn


def begin(start: Path) -> Pond:
    """Make a pond that lies in few files, and its backup."""
    pond = Pond.init(start / "pond", durability="process")
    with pond.transaction() as changes:
        changes.mkdir("/a")
        changes.write_data("/a/large", LARGE)
        changes.write_window("/a/series", readings({5: 2.0}), Window(3, 10))
        changes.mark("/a/series", {"state": "asked"}, Window(3, 10))
    pond.push(Backups(start / "backup", durability="process"))
    return pond
