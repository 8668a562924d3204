"""Files that are whole and on disk, or not there."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pond_core.errors import StorageError
from pond_core.storage import Durability, check_room, sha256_of, storage_errors


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns."""

    total: int
    used: int
    free: int


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the inodes of what is synced, in order."""
    inodes: list[int] = []

    def record(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", record)
    return inodes


def inode(path: Path) -> int:
    return path.stat().st_ino


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "read-only"
    directory.mkdir()
    directory.chmod(0o555)
    if os.access(directory, os.W_OK):
        pytest.skip("permissions do not bind root: run as another user to test them")
    yield directory
    directory.chmod(0o755)


def publish(data: bytes, target: Path, *, full: bool = False) -> None:
    Durability(full=full).publish(data, target, temporary=target.parents[1] / "tmp")


def test_a_published_file_is_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    publish(b"content", tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").read_bytes() == b"content"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["b"]


def test_a_file_that_is_there_is_kept_and_counts_as_new(tmp_path: Path) -> None:
    """Clean-up deletes only what nobody took up for a day."""
    target = tmp_path / "a" / "b"
    publish(b"content", target)
    before = inode(target)
    os.utime(target, (0, 0))
    publish(b"content", target)
    assert (inode(target), target.stat().st_mtime > 0) == (before, True)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_file_that_is_there_is_synced_too(tmp_path: Path, synced: list[int]) -> None:
    """Who wrote it may have been killed before it synced."""
    publish(b"content", tmp_path / "a" / "b")
    publish(b"content", tmp_path / "a" / "b", full=True)
    assert synced[-2:] == [inode(tmp_path / "a" / "b"), inode(tmp_path / "a")]


def test_a_file_of_another_size_is_not_what_its_name_says_and_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    publish(b"content", target)
    target.write_bytes(b"con")
    publish(b"content", target)
    assert target.read_bytes() == b"content"


def test_bytes_are_synced_before_the_name_and_the_name_after(
    tmp_path: Path, synced: list[int]
) -> None:
    publish(b"content", tmp_path / "a" / "b", full=True)
    *before, file, directory = synced
    assert before == [inode(tmp_path)] * 2  # the new directories `a` and `tmp`
    assert file == inode(tmp_path / "a" / "b")
    assert directory == inode(tmp_path / "a")


def test_without_full_durability_nothing_is_synced(tmp_path: Path, synced: list[int]) -> None:
    publish(b"content", tmp_path / "a" / "b")
    Durability(full=False).sync_file(tmp_path)
    assert synced == []


def test_each_new_directory_is_synced_into_the_one_above(tmp_path: Path, synced: list[int]) -> None:
    Durability().make_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced == [inode(tmp_path), inode(tmp_path / "a")]


def test_a_directory_that_somebody_else_made_is_synced_once(
    tmp_path: Path, synced: list[int]
) -> None:
    """Who made it may have been killed before it synced the one above."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    durability = Durability()
    durability.make_directory(tmp_path / "a" / "b")
    durability.make_directory(tmp_path / "a" / "b")
    assert synced == [inode(tmp_path / "a")]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_src: object, _dst: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StorageError, match="the disk is full") as info:
        publish(b"content", tmp_path / "a" / "b")
    assert info.value.hint == "free some space and run it again"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_place_without_permission_is_a_storage_error(read_only: Path) -> None:
    with pytest.raises(StorageError, match="permission denied"):
        Durability().make_directory(read_only / "pond")


def test_a_place_below_a_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file"):
        Durability().make_directory(tmp_path / "file" / "pond")


def test_an_unknown_refusal_keeps_the_system_s_words(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Input/output error"), storage_errors(tmp_path):
        raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize(
    ("free_mib", "need_mib", "fits"),
    [(63, 0, False), (64, 0, True), (64, 32, True), (64, 33, False), (1000, 500, True)],
)
def test_room_is_64_mib_or_twice_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, free_mib: int, need_mib: int, fits: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(0, 0, free_mib << 20))
    if fits:
        check_room(tmp_path, need_mib << 20)
    else:
        with pytest.raises(StorageError, match=f"has {free_mib} MiB free") as info:
            check_room(tmp_path, need_mib << 20)
        assert "nothing was written" in info.value.hint


def test_a_digest_is_sha256_in_hexadecimal() -> None:
    # FIPS 180-2, appendix B.1.
    assert sha256_of(b"abc").startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")
