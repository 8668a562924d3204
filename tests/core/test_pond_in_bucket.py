"""A pond in a bucket does what one on a disk does; here is what is different about it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from pond_core import (
    Backups,
    CorruptionError,
    DataError,
    ExistsError,
    NotAPondError,
    Pond,
    StorageError,
)
from pond_core.storage import Bucket, Cache
from tests.s3.server import Server

LONG_AGO = 1_000_000_000
ROWS = 40_000


@pytest.fixture
def url(s3_server: Server, bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POND_CACHE", str(tmp_path / "copies"))
    return bucket_url


@pytest.fixture
def pond(url: str) -> Pond:
    """A pond with an object of bytes and a Parquet object."""
    pond = Pond.init(url)
    pond.transact(lambda tx: tx.write_data("/data", b"data" * 50_000))
    pond.transact(lambda tx: tx.write_table("/table", table()))
    return pond


def table() -> pa.Table:
    return pa.table({"n": range(ROWS), "text": [f"{n * n * 7919}" for n in range(ROWS)]})


def cache_of(pond: Pond) -> Cache:
    assert isinstance(pond._log.durability, Cache)
    return pond._log.durability


def damage(paths: list[Path]) -> None:
    """Alter a byte in the middle of each."""
    for path in paths:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)


def read(pond: Pond) -> tuple[int, int]:
    snapshot = pond.snapshot()
    return len(snapshot.read_data("/data")), snapshot.read_table("/table").num_rows


def test_it_is_named_by_its_url(pond: Pond, url: str) -> None:
    assert (pond.label, Pond.open(url).id, Pond.exists(url)) == (url, pond.id, True)
    assert Pond.open(Path(url)).id == pond.id, "though Path takes a slash away"
    with pytest.raises(ExistsError, match=url):
        Pond.init(url)


def test_there_is_none_before_it_is_made(url: str) -> None:
    assert not Pond.exists(url)
    with pytest.raises(NotAPondError, match="there is no pond at s3://") as info:
        Pond.open(url)
    assert f"--pond {url} init" in info.value.hint


def test_other_urls_are_refused() -> None:
    with pytest.raises(DataError, match="not at https://"):
        Pond.open("https://example.org/pond")


def test_objects_without_a_log_are_nobody_s_place_for_a_new_pond(pond: Pond, url: str) -> None:
    bucket = cache_of(pond).bucket
    bucket.delete(each.name for each in list(bucket.files("oplog")))
    with pytest.raises(ExistsError, match="no log that names them"):
        Pond.init(url)


def test_all_copies_may_be_deleted_under_a_running_process(pond: Pond) -> None:
    shutil.rmtree(pond.path)
    assert read(pond) == (200_000, ROWS)
    shutil.rmtree(pond.path)
    pond.transact(lambda tx: tx.write_data("/more", b"x"))
    assert pond.snapshot().read_data("/more") == b"x"
    assert pond.verify().ok


def test_old_snapshots_outlive_their_copies(pond: Pond) -> None:
    old = pond.snapshot()
    pond.transact(lambda tx: tx.write_data("/data", b"new"))
    for path in cache_of(pond).copies():
        path.unlink()
    assert len(old.read_data("/data")) == 200_000
    assert pond.snapshot(1).ls("/")[0].name == "data"


def test_damaged_copies_are_fetched_again_by_whoever_reads_them(pond: Pond, url: str) -> None:
    objects = list((pond.path / "objects").glob("*/*"))
    for damaged in (cache_of(pond).copies(), objects):
        damage(damaged)
        assert read(Pond.open(url)) == (200_000, ROWS)
    assert not cache_of(pond).mend(objects)


def test_verifying_checks_what_is_in_the_bucket(pond: Pond) -> None:
    cache = cache_of(pond)
    damage(cache.copies())
    report = pond.verify()
    assert (report.ok, report.objects, report.txns) == (True, 3, 2)
    assert not cache.mend(cache.copies()), "damaged copies are gone"
    assert list((pond.path / "tmp").iterdir()) == []


@pytest.mark.parametrize("folder", ["objects", "oplog/tier=hot"])
@pytest.mark.parametrize("harm", ["damaged", "missing"])
def test_damage_in_the_bucket_is_found(pond: Pond, folder: str, harm: str) -> None:
    """The copies here are good."""
    bucket = cache_of(pond).bucket
    [name, *_] = [each.name for each in bucket.files(folder) if each.size > 10]
    if harm == "damaged":
        data = bytearray(bucket.read(name) or b"")
        data[len(data) // 2] ^= 0xFF
        bucket.write(name, bytes(data))
    else:
        bucket.delete([name])
    findings = pond.verify().findings
    assert any(name.removeprefix("oplog/") in each.where for each in findings)
    assert any(harm in each.detail for each in findings)


def test_reading_what_is_damaged_in_the_bucket_says_so(pond: Pond) -> None:
    cache = cache_of(pond)
    for each in list(cache.bucket.files("objects")):
        cache.bucket.write(each.name, b"no longer what it was")
        cache.drop(cache.root / each.name)
    with pytest.raises(CorruptionError, match=r"s3://.* is damaged"):
        read(Pond.open(pond.label))


ENGINES: dict[str, Callable[[Pond], int]] = {
    "DuckDB": lambda pond: pond.snapshot().sql('SELECT * FROM "/table"').num_rows,
    "DataFusion": lambda pond: (
        pond.snapshot().sql('SELECT * FROM "/table"', engine="datafusion").num_rows
    ),
    "polars": lambda pond: pond.snapshot().scan("/table").collect().height,
}


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_engines_read_what_is_not_here_yet(pond: Pond, engine: Callable[[Pond], int]) -> None:
    shutil.rmtree(pond.path)
    assert engine(Pond.open(pond.label)) == ROWS


def test_a_small_table_that_is_an_object_is_fetched(pond: Pond) -> None:
    """By its size alone nobody could tell that it is none of the log's."""
    small = pa.table({"kind": pa.array(["a", "b"]).dictionary_encode()})
    pond.transact(lambda tx: tx.write_table("/small", small))
    shutil.rmtree(pond.path)
    snapshot = Pond.open(pond.label).snapshot()
    assert snapshot.sql('SELECT * FROM "/small"').num_rows == 2


def test_a_lazy_frame_can_be_collected_after_others_have_made_room(pond: Pond) -> None:
    for path in cache_of(pond).copies():
        os.utime(path, (LONG_AGO, LONG_AGO))
    frame = pond.snapshot().scan("/table")
    cache_of(pond)._most_bytes = 0
    cache_of(pond).sweep()
    assert frame.collect().height == ROWS


def test_who_may_only_read_reads(
    pond: Pond, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("403 Forbidden")

    monkeypatch.setenv("POND_CACHE", str(tmp_path / "reader"))
    for name in ("create", "write", "copy", "delete"):
        monkeypatch.setattr(Bucket, name, refuse)
    assert read(Pond.open(pond.label)) == (200_000, ROWS)


def test_repair_says_how_it_is_done(pond: Pond) -> None:
    with pytest.raises(StorageError, match="in a bucket") as info:
        Pond.repair(pond.label)
    assert "docs/s3.md" in info.value.hint


def test_history_can_be_dropped(pond: Pond) -> None:
    pond.transact(lambda tx: tx.write_data("/data", b"new"))
    assert pond.maintain(forget_before=3).horizon == 3
    assert Pond.open(pond.label).snapshot().read_data("/data") == b"new"
    assert pond.verify().ok


def test_fsspec_opens_it_by_its_url(pond: Pond) -> None:
    files = fsspec.filesystem("pond", path=pond.label)
    assert files.ls("/", detail=False) == ["/data", "/table"]
    assert files.cat_file("/data") == b"data" * 50_000


def test_it_is_pushed_from_a_machine_that_has_no_copies_yet(
    pond: Pond, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POND_CACHE", str(tmp_path / "other machine"))
    backups = Backups(tmp_path / "backup", durability="process")
    assert Pond.open(url).push(backups).objects > 0
    assert backups.verify(full=True).findings == ()
    backups.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored").snapshot()
    assert restored.read_data("/data") == pond.snapshot().read_data("/data")
    assert restored.read_table("/table").equals(table())
