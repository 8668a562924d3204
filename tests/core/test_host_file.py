"""Files that other programs write: which one it is, and when it is whole."""

import os
import time
from pathlib import Path

import pytest

from pond_core import SETTLE, SKEW, Stamp, is_unfinished, read_stamped

SECOND_NS = 1_000_000_000
SETTLE_NS = SETTLE.seconds * SECOND_NS
SKEW_NS = SKEW.seconds * SECOND_NS


@pytest.mark.parametrize(
    "name", [".hidden", "~$book.xlsx", "a~", "a.part", "A.PART", "a.tmp", "a.crdownload"]
)
def test_programs_write_under_such_names(name: str) -> None:
    assert is_unfinished(name)


@pytest.mark.parametrize("name", ["a", "a.csv", "part", "a.part.csv", "tmp", "a~b"])
def test_other_names_are_those_of_whole_files(name: str) -> None:
    assert not is_unfinished(name)


@pytest.mark.parametrize(
    ("ago_ns", "is_fresh"),
    [
        (0, True),
        (SETTLE_NS - 1, True),
        (SETTLE_NS, False),
        (-SKEW_NS + 1, True),  # the clock of a file server is ahead
        (-SKEW_NS, False),  # such a clock tells nothing
    ],
)
def test_a_file_settles_after_a_while(ago_ns: int, *, is_fresh: bool) -> None:
    now_ns = time.time_ns()
    assert Stamp(1, now_ns - ago_ns, 1).is_fresh(now_ns) is is_fresh


def test_a_file_is_read_if_it_is_the_one_that_was_seen(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"hello")
    stamp = Stamp.of(file.lstat())
    assert read_stamped(file, stamp) == b"hello"
    os.utime(file, (1, 1))
    assert read_stamped(file, stamp) is None
    file.unlink()
    assert read_stamped(file, stamp) is None


def test_a_symlink_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    stamp = Stamp.of((tmp_path / "a").lstat())
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic"):
        read_stamped(tmp_path / "b", stamp)
