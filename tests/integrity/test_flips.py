"""A byte that changes is found, and its file named.

All of objects and log files, and of Delta's own files every one that changes what is read.
"""

from pathlib import Path
from random import Random

import pytest

from pond_core import Pond
from tests.integrity.flips import (
    Trial,
    content_files,
    delta_files,
    flip_contents,
    flip_delta,
    make,
)

SEED = 7


@pytest.fixture(scope="module")
def pond(tmp_path_factory: pytest.TempPathFactory) -> Pond:
    return make(tmp_path_factory.mktemp("flips") / "pond")


def spread(path: Path, count: int) -> list[int]:
    """Return positions all over a file, its ends among them; `python -m ...flips` takes all."""
    size = path.stat().st_size
    return sorted({0, size - 1, *Random(SEED).sample(range(size), min(size, count))})  # noqa: S311


def missed(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.is_missed]


def test_the_pond_has_what_can_be_damaged(pond: Pond) -> None:
    names = [path.name for path in delta_files(pond)]
    assert len([name for name in names if name.endswith(".checkpoint.parquet")]) == 2
    assert len([name for name in names if name.endswith(".json")]) > 6
    assert {path.parent.parent.name for path in content_files(pond)} >= {"tier=hot", "tier=cold"}
    assert pond.verify().findings == ()


def test_any_byte_of_an_object_or_log_file_is_found_and_its_file_named(pond: Pond) -> None:
    files = content_files(pond)
    for number in range(24):
        positions = {path: spread(path, 22)[number] for path in files}
        trials = list(flip_contents(pond, positions))
        assert {trial.path for trial in trials} == {
            path.relative_to(pond.path).as_posix() for path in files
        }
        assert missed(trials) == []
    assert pond.verify().ok


def test_a_byte_of_the_newest_commit_that_changes_what_is_read_is_found(pond: Pond) -> None:
    path = [path for path in delta_files(pond) if path.suffix == ".json"][-1]
    positions = range(0, path.stat().st_size, 2)
    trials = list(flip_delta(pond, path, positions, random=Random(SEED)))  # noqa: S311
    assert missed(trials) == []
    assert {trial.came for trial in trials} == {"same", "refused", "differs"}


def test_any_byte_of_delta_s_other_files_that_changes_what_is_read_is_found(pond: Pond) -> None:
    for path in delta_files(pond):
        count = 120 if path.name.endswith(".parquet") else 20
        trials = list(flip_delta(pond, path, spread(path, count), random=Random(SEED)))  # noqa: S311
        assert missed(trials) == [], path.name
    assert pond.verify().ok
