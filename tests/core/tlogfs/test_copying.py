"""A copy out of another tree keeps its rules, whatever backends the two have."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings
from typing_extensions import override

from pond_core.storage import Bucket
from pond_core.tinyfs import FS, Content, MemoryBackend, Piece
from pond_core.window import Window
from tests.conformance.copying import CopyContract, Side, Sides, any_subtree_equals, below
from tests.conformance.filesystem import readings
from tests.core.tinyfs.in_memory import InMemory
from tests.core.tlogfs.stores import Store, in_bucket, on_disk
from tests.s3.server import BUCKET, Server

KINDS = ("memory", "disk", "bucket")


class InStore:
    """A side that is a log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make(self) -> FS:
        return self._store.begin()

    def reopen(self, fs: FS) -> FS:
        return self._store.commit(fs)


class InFreshStore(InStore):
    """A side that is a log of its own each time that a tree is made."""

    def __init__(self, place: Path) -> None:
        self._places = (place / str(number) for number in itertools.count())

    @override
    def make(self) -> FS:
        self._store = Store(on_disk(next(self._places)))
        return super().make()


class TestCopyBetween(CopyContract):
    @pytest.fixture(params=itertools.product(KINDS, KINDS), ids="-to-".join)
    def sides(self, request: pytest.FixtureRequest, tmp_path: Path) -> Sides:
        def side(kind: str, place: Path) -> Side:
            if kind == "memory":
                return InMemory()
            if kind == "disk":
                return InStore(Store(on_disk(place)))
            server: Server = request.getfixturevalue("s3_server")
            bucket = Bucket(f"s3://{BUCKET}/{uuid4()}", access=server.access)
            return InStore(Store(in_bucket(bucket, place)))

        one, other = request.param
        return side(one, tmp_path / "one"), side(other, tmp_path / "other")


@pytest.mark.parametrize("is_from_log", [False, True])
def test_any_subtree_of_any_tree_equals_its_copy(tmp_path: Path, *, is_from_log: bool) -> None:
    sides: list[Side] = [InMemory(), InFreshStore(tmp_path)]
    one, other = reversed(sides) if is_from_log else sides
    settings(max_examples=25, deadline=None)(any_subtree_equals((one, other)))()


def test_an_earlier_snapshot_is_put_back_below_what_became_of_it(tmp_path: Path) -> None:
    store = Store(on_disk(tmp_path / "pond"))
    fs = store.begin()
    fs.mkdir("/a")
    fs.write_data("/a/f", b"old")
    fs = store.commit(fs)
    fs.write_data("/a/f", b"new")
    fs = store.commit(fs)
    fs.copy_from(store.begin(txn=1), "/a", "/a/before")
    fs = store.commit(fs)
    assert fs.read_data("/a/before/f") == b"old"
    assert below(fs, "/a/before") == below(store.begin(txn=1), "/a")


class Noting(MemoryBackend):
    """Notes when content is read, and when it is written."""

    def __init__(self, noted: list[str]) -> None:
        super().__init__()
        self._noted = noted

    @override
    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Content:
        self._noted.append("read")
        return super().read(piece, columns)

    @override
    def write(self, *arguments: Any) -> None:
        self._noted.append("write")
        super().write(*arguments)


def test_no_more_than_one_piece_is_held_at_a_time() -> None:
    noted: list[str] = []
    source, target = FS(Noting(noted)), FS(Noting(noted))
    for number in range(5):
        source.write_window("/s", readings({number: 1.0}), Window(number, number + 1))
        source.write_data(f"/f{number}", b"x")
    noted.clear()
    target.copy_from(source, "/", "/copy")
    assert noted == ["read", "write"] * 10
