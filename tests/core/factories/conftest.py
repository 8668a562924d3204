"""The same instruments in memory and in a pond."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pond_core import FS, MemoryBackend, Pond
from tests.core.factories.made import furnish


@pytest.fixture(params=["in memory", "in a pond"])
def fs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FS]:
    """A tree with two instruments, committed where it is a pond's."""
    if request.param == "in memory":
        yield furnish(FS(MemoryBackend()))
        return
    pond = Pond.init(tmp_path / "pond", durability="process")
    with pond.transaction() as transaction:
        furnish(transaction)
    with pond.transaction() as transaction:
        yield transaction
