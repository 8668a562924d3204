"""What all rules that a filesystem keeps over any backend begin with.

A backend joins with a subclass that gives `make` and `reopen`. Where rules concern what is stored,
each test runs twice: reading at once, and after `reopen`.
"""

from collections.abc import Callable, Mapping

import pyarrow as pa
import pytest

from pond_core.tinyfs import FS

Settle = Callable[[FS], FS]

YEAR_33658_US = 1_000_000_000_000_000_000


def readings(values: Mapping[int, float | None], column: str = "value") -> pa.Table:
    """Return a window's table: one row per instant in microseconds."""
    instants = pa.array(sorted(values), pa.timestamp("us", tz="UTC"))
    numbers = pa.array([values[us] for us in sorted(values)], pa.float64())
    return pa.table({"timestamp": instants, column: numbers})


def values(table: pa.Table, column: str = "value") -> dict[int, float | None]:
    """Return a table's readings by instant."""
    instants = table.column("timestamp").cast(pa.int64()).to_pylist()
    assert instants == sorted(instants)
    return dict(zip(instants, table.column(column).to_pylist(), strict=True))


def paths_below(fs: FS, path: str = "/") -> list[str]:
    """Return the paths of a walk."""
    return [node.path for node in fs.walk(path)]


class Contract:
    """Subclass it, and say how a filesystem is made and how it is closed and opened again."""

    def make(self) -> FS:
        """Return an empty, writable filesystem."""
        raise NotImplementedError

    def reopen(self, fs: FS) -> FS:
        """Return a writable filesystem with what `fs` holds, through what is stored for good."""
        raise NotImplementedError

    @pytest.fixture
    def fs(self) -> FS:
        return self.make()

    @pytest.fixture(params=["at once", "after reopening"])
    def settle(self, request: pytest.FixtureRequest) -> Settle:
        return self.reopen if request.param == "after reopening" else lambda fs: fs
