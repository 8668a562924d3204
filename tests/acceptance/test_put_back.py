"""What was put back from a backup, the pipeline goes on with: nothing doubled, nothing lost."""

from pathlib import Path

import pytest

from pond_core import EntryType, Pond, put_back
from tests.acceptance import pier
from tests.acceptance.lake import Lake, assert_same


@pytest.fixture
def going_on(collected: Lake, tmp_path: Path) -> Path:
    """The folder of a copy of the pier, with a backup, for a run that goes on from it."""
    copied = collected.copy(tmp_path / "lake")
    Pond.open(copied.pond).push(tmp_path / "backup")
    return tmp_path / "lake"


def lose(lake: Lake, path: str) -> None:
    Pond.open(lake.pond).transact(lambda tx: tx.remove(path, recursive=True))


def marks(lake: Lake) -> dict[str, object]:
    """Return what the pipeline noted about each series."""
    series = (n for n in lake.snapshot().walk("/") if n.entry_type is EntryType.SERIES)
    return {each.path: (each.node.attributes, each.node.marks) for each in series}


@pytest.mark.parametrize(
    "path",
    [
        "/raw/pier/Sonde",
        "/raw",
        "/normalized/pier/Sonde",
        "/combined/pier/Pier",
        "/reduced/pier",
        "/sys",
    ],
)
def test_after_what_was_lost_is_put_back_nothing_is_to_be_done(
    readings: Path, going_on: Path, content: dict[str, object], tmp_path: Path, path: str
) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(going_on, server)
        noted = marks(lake)
        lose(lake, path)
        put_back(tmp_path / "backup", path, Pond.open(lake.pond), path)
        assert marks(lake) == noted
        before = lake.snapshot().txn
        assert lake.complete() == set()
        assert lake.snapshot().txn == before
    assert_same(lake.content(), content)


@pytest.mark.parametrize("path", ["/raw/pier/Sonde", "/raw", "/normalized/pier/Sonde", "/combined"])
def test_what_came_after_the_backup_is_collected_again(
    going_on: Path, tmp_path: Path, path: str
) -> None:
    longer = pier.write_readings(tmp_path / "longer", end=pier.END + 5 * pier.HOUR)
    with pier.serve(longer) as server:
        lake = pier.lake(going_on, server)
        lake.complete()
        whole = lake.content()
        put_back(tmp_path / "backup", path, Pond.open(lake.pond), path, replace=True)
        assert lake.complete() != set()
        assert_same(lake.content(), whole)
        assert lake.complete() == set()
    assert_same(whole, pier.from_scratch(longer, tmp_path))


def test_a_copy_at_another_path_concerns_nothing(
    readings: Path, going_on: Path, content: dict[str, object], tmp_path: Path
) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(going_on, server)
        put_back(tmp_path / "backup", "/", Pond.open(lake.pond), "/restored")
        assert lake.complete() == set()
    found = {path: held for path, held in lake.content().items() if path in content}
    assert_same(found, content)
