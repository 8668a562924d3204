"""A pond, a folder beside it, and what a person does to either."""

import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core import Mirror, Mirrored, Pond, Transaction, Window
from tests.conformance.filesystem import readings

HOUR_NS = 3_600_000_000_000

Values = Mapping[int, float | None]


def settled_ns() -> int:
    """Tell a time at which every file has been as it is for a while."""
    return time.time_ns() + HOUR_NS


class Stage:
    """What a test of a mirror works with.

    Attributes:
        pond: The pond.
        folder: The mirror's folder.
    """

    def __init__(self, place: Path) -> None:
        self.pond = Pond.init(place / "pond", durability="process")
        self.folder = place / "mirror"

    def mirror(self, path: str | None = None) -> Mirror:
        return Mirror(self.pond, self.folder, path=path, durability="process", clock_ns=settled_ns)

    def run(
        self,
        *,
        both: bool = False,
        lazy: bool | None = None,
        want: Sequence[str] = (),
        emptied: bool = False,
    ) -> Mirrored:
        return self.mirror().run(both=both, lazy=lazy, want=want, emptied=emptied)

    def names(self) -> list[str]:
        """Return what is in the folder, but for what the mirror keeps of itself."""
        found = (each.relative_to(self.folder) for each in self.folder.rglob("*"))
        return sorted(str(each) for each in found if each.parts[0] != ".pond-mirror")

    def put(self, name: str, data: bytes) -> Path:
        """Write a file of the folder as a person does."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def rows(self, name: str) -> pa.Table:
        return pq.read_table(self.folder / name)

    def write(self, path: str, data: bytes) -> None:
        """Write a data file of the pond."""
        with self.pond.transaction() as tx:
            tx.mkdir(f"{path}/..", parents=True, exist_ok=True)
            tx.write_data(path, data)

    def write_series(self, path: str, values: Values, window: Window | None = None) -> None:
        with self.pond.transaction() as tx:
            tx.mkdir(f"{path}/..", parents=True, exist_ok=True)
            tx.write_window(path, readings(values), window or Window(0, 100))

    def write_table(self, path: str, table: pa.Table) -> None:
        with self.pond.transaction() as tx:
            tx.write_table(path, table)

    def remove(self, path: str) -> None:
        with self.pond.transaction() as tx:
            tx.remove(path, recursive=True)


def fill(tx: Transaction) -> None:
    """Put a little of everything into a pond: data, a table, a series, a symlink, directories."""
    tx.mkdir("/a/b", parents=True)
    tx.mkdir("/empty")
    tx.write_data("/note.txt", b"hello\n")
    tx.write_data("/a/b/blob", b"\x00\xff")
    tx.write_table("/units", pa.table({"id": [1, 2], "name": ["°C", "psi"]}))
    tx.write_window("/a/station", readings({1: 1.0, 2: 2.0}), Window(0, 10))
    tx.symlink("/a/here", "station")


def parquet(table: pa.Table) -> bytes:
    """Return a table as Parquet, as another program writes it."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="snappy")
    return sink.getvalue()
