"""Copies of files that lie in a bucket: fetched when wanted, checked, bounded."""

import os
import shutil
import time
from pathlib import Path

import pytest

from pond_core.errors import CorruptionError, DataError
from pond_core.storage import LEAVING, Access, Bucket, Cache, sha256_of

LONG_AGO = 1_000_000_000


@pytest.fixture
def cache(bucket: Bucket, tmp_path: Path) -> Cache:
    return Cache(bucket, tmp_path / "copies", most_bytes=10_000)


@pytest.fixture
def elsewhere(bucket: Bucket, tmp_path: Path) -> Cache:
    """The same files, on another machine."""
    return Cache(bucket, tmp_path / "other" / "copies")


def publish(cache: Cache, data: bytes) -> Path:
    digest = sha256_of(data)
    path = cache.root / "objects" / digest[:2] / digest
    cache.publish(data, path, temporary=cache.root / "tmp")
    return path


def at(cache: Cache, other: Cache, path: Path) -> Path:
    """Return where another machine has its copy."""
    return cache.root / path.relative_to(other.root)


def test_what_was_published_is_fetched_by_another_machine(cache: Cache, elsewhere: Cache) -> None:
    path = at(cache, elsewhere, publish(elsewhere, b"content"))
    assert not path.exists()
    cache.fetch([path])
    assert path.read_bytes() == b"content"


def test_many_are_fetched_at_once(cache: Cache, elsewhere: Cache) -> None:
    paths = [at(cache, elsewhere, publish(elsewhere, b"%d" % n)) for n in range(20)]
    cache.fetch(paths)
    assert [path.read_bytes() for path in paths] == [b"%d" % n for n in range(20)]
    assert list((cache.root / "tmp").iterdir()) == []


def test_a_copy_that_is_here_is_not_fetched_again(cache: Cache, bucket: Bucket) -> None:
    path = publish(cache, b"content")
    bucket.delete([cache.name(path)])
    cache.fetch([path])
    assert path.read_bytes() == b"content"


def test_what_is_published_again_is_put_again(cache: Cache, bucket: Bucket) -> None:
    """So a clean-up of any machine takes it for new."""
    name = cache.name(publish(cache, b"content"))
    bucket.delete([name])
    publish(cache, b"content")
    assert bucket.read(name) == b"content"


def test_damage_in_the_bucket_is_told(cache: Cache, elsewhere: Cache, bucket: Bucket) -> None:
    path = publish(elsewhere, b"content")
    bucket.write(elsewhere.name(path), b"c0ntent")
    with pytest.raises(CorruptionError, match=r"s3://.* is damaged"):
        cache.fetch([at(cache, elsewhere, path)])
    assert not at(cache, elsewhere, path).exists()
    assert list((cache.root / "tmp").iterdir()) == []


def test_what_is_missing_in_the_bucket_is_told(cache: Cache) -> None:
    with pytest.raises(CorruptionError, match=r"s3://.* is missing"):
        cache.fetch([cache.root / "objects" / "ab" / ("ab" * 32)])


def test_what_a_clean_up_has_put_aside_is_brought_back(cache: Cache, bucket: Bucket) -> None:
    path = publish(cache, b"content")
    name = cache.name(path)
    bucket.copy(name, f"{LEAVING}/20261122T000000Z-1/{name}")
    bucket.delete([name])
    cache.drop(path)
    cache.fetch([path])
    assert path.read_bytes() == bucket.read(name) == b"content"


def test_only_damaged_copies_are_deleted(cache: Cache) -> None:
    good, bad = publish(cache, b"good"), publish(cache, b"bad")
    assert not cache.mend([good])
    bad.write_bytes(b"baD")
    assert cache.mend([good, bad])
    assert (good.exists(), bad.exists()) == (True, False)
    cache.fetch([bad])
    assert bad.read_bytes() == b"bad"


def test_copies_that_were_not_wanted_for_longest_go_first(cache: Cache) -> None:
    paths = [publish(cache, bytes([n]) * 3000) for n in range(3)]
    for age, path in enumerate(reversed(paths)):
        os.utime(path, (LONG_AGO - age, LONG_AGO - age))
    cache.fetch([paths[0]])  # wanted
    publish(cache, b"x" * 3000)
    cache.sweep()
    assert [path.exists() for path in paths] == [True, False, True]


def test_what_was_wanted_within_the_hour_stays_whatever_it_takes(cache: Cache) -> None:
    paths = [publish(cache, bytes([n]) * 9000) for n in range(3)]
    cache.sweep()
    assert all(path.exists() for path in paths)


def test_the_bound_is_kept_without_being_asked(cache: Cache) -> None:
    for number in range(20):
        path = publish(cache, b"%02d" % number * 1000)
        os.utime(path, (LONG_AGO, LONG_AGO))
    assert sum(path.stat().st_size for path in cache.copies()) <= 12_000


def test_short_lived_processes_keep_the_bound_together(bucket: Bucket, tmp_path: Path) -> None:
    """None of them fetches much; once an hour one of them looks."""
    caches = [Cache(bucket, tmp_path, most_bytes=10_000) for _ in range(40)]
    for number, cache in enumerate(caches):
        path = publish(cache, b"%02d" % number * 250)
        os.utime(path, (LONG_AGO, LONG_AGO))
        if number % 5 == 0:
            os.utime(tmp_path / "swept", (LONG_AGO, LONG_AGO))
    assert sum(path.stat().st_size for path in caches[0].copies()) <= 13_000


def test_what_a_killed_process_left_in_the_making_goes_after_a_day(cache: Cache) -> None:
    publish(cache, b"content")
    left = cache.root / "tmp" / "left"
    left.mkdir()
    fresh = cache.root / "tmp" / "fresh"
    fresh.touch()
    os.utime(left, (time.time() - 90_000,) * 2)
    cache.sweep()
    assert (left.exists(), fresh.exists()) == (False, True)


def test_the_directory_may_be_deleted_at_any_time(cache: Cache) -> None:
    path = publish(cache, b"content")
    shutil.rmtree(cache.root)
    cache.fetch([path])
    assert path.read_bytes() == b"content"
    shutil.rmtree(cache.root)
    publish(cache, b"more")


def test_buckets_of_one_name_on_two_servers_have_copies_of_their_own(tmp_path: Path) -> None:
    environ = {"POND_CACHE": str(tmp_path)}
    roots = {
        Cache.of("s3://b/p", access=Access(endpoint_url=url), environ=environ).root
        for url in ("http://127.0.0.1:1", "http://127.0.0.1:2")
    }
    assert len(roots) == 2


def test_copies_are_nobody_else_s_business(tmp_path: Path) -> None:
    root = Cache.of("s3://b/p", environ={"POND_CACHE": str(tmp_path / "c")}).root
    assert root.stat().st_mode & 0o077 == 0


def test_a_bound_that_is_no_number_is_refused(tmp_path: Path) -> None:
    environ = {"POND_CACHE": str(tmp_path), "POND_CACHE_BYTES": "2GiB"}
    with pytest.raises(DataError, match="POND_CACHE_BYTES is '2GiB'"):
        Cache.of("s3://b/p", environ=environ)
