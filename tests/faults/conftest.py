"""The scenes, played once with the witness loaded."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import witness
from tests.faults.scene import SCENES
from tests.faults.story import Story

_MEMORY = Path("/dev/shm")  # noqa: S108 -- a disk in memory, for thousands of tiny files


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """A place for many small ponds; in memory, where there is such a disk."""
    memory = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="duckpond-faults-", dir=memory) as place:
        yield Path(place)


@pytest.fixture(scope="session")
def library(ground: Path) -> Path:
    """The compiled witness."""
    reason = witness.missing()
    if reason:
        pytest.skip(reason)
    return witness.build(ground)


@pytest.fixture(scope="session")
def stories(library: Path, ground: Path) -> dict[str, Story]:
    """Every scene as it was played."""
    witness.run(library, "tests.faults.stage", str(ground / "scenes"), *SCENES)
    return {name: Story(ground / "scenes" / name) for name in SCENES}
