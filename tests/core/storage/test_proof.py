"""Whether a place does what a pond rests on: tried, not asked."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from pond_core import LockError, StorageError, prove
from pond_core.storage import Bucket
from tests.s3.server import Server


def test_a_local_disk_is_proven_and_left_as_it_was(tmp_path: Path) -> None:
    ahead_us = prove(tmp_path)
    assert ahead_us is not None
    assert abs(ahead_us) < 10_000_000
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing"):
        prove(tmp_path / "nothing")


def test_a_file_system_without_hard_links_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(StorageError) as caught:
        prove(tmp_path)
    assert "must allow hard links" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_that_links_over_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", os.replace)
    with pytest.raises(StorageError, match="links over a file that is there"):
        prove(tmp_path)


def test_a_file_system_that_cannot_lock_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(LockError, match="cannot lock"):
        prove(tmp_path)


def test_a_lock_that_keeps_nobody_out_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda _descriptor, _how: None)
    with pytest.raises(LockError, match="keeps nobody out"):
        prove(tmp_path)


def test_a_bucket_is_proven_as_often_as_one_likes(s3_server: Server, bucket: Bucket) -> None:
    for _ in range(2):
        assert prove(bucket.url, access=s3_server.access) is None
    assert [each.name for each in bucket.files("")] == ["duckpond.json"]
