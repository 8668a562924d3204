"""Objects: named by what they hold, kept once, checked when read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pyarrow as pa
import pytest
from typing_extensions import override

from pond_core.errors import CorruptionError
from pond_core.storage import Durability, sha256_of
from pond_core.tlogfs import ObjectStore

PATIENCE_S = 60


class Hesitant(Durability):
    """A disk whose first write waits until it may."""

    def __init__(self) -> None:
        super().__init__(full=False)
        self.asked, self.may_write = Event(), Event()

    @override
    def publish(self, data: bytes, target: Path, *, temporary: Path) -> None:
        if not self.asked.is_set():
            self.asked.set()
            assert self.may_write.wait(PATIENCE_S)
        super().publish(data, target, temporary=temporary)


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path, durability=Durability(full=False))


def test_an_object_lies_below_the_first_two_digits_of_its_digest(objects: ObjectStore) -> None:
    digest = objects.put(b"content")
    assert digest == sha256_of(b"content")
    assert objects.path(digest) == objects.root / digest[:2] / digest
    assert objects.path(digest).read_bytes() == b"content"
    assert objects.get(digest) == b"content"


def test_equal_bytes_are_kept_once(objects: ObjectStore) -> None:
    first, second, third = (objects.put(data) for data in (b"a", b"b", b"a"))
    assert first == third
    assert sorted(objects.digests()) == sorted([first, second])


def test_nothing_is_there_before_the_first_put(objects: ObjectStore) -> None:
    assert list(objects.digests()) == []


def test_a_missing_object_is_damage(objects: ObjectStore) -> None:
    with pytest.raises(CorruptionError, match="is missing, though the log names it"):
        objects.get("ab" * 32)


SCHEMA = pa.schema([pa.field("a", pa.int8(), metadata={"unit": "µ"})], metadata={"b": "c"})


def test_a_schema_is_an_object(objects: ObjectStore) -> None:
    digest = objects.put_schema(SCHEMA)
    assert list(objects.digests()) == [digest]
    assert pa.ipc.read_schema(pa.py_buffer(objects.get(digest))).equals(SCHEMA)
    assert objects.put_schema(SCHEMA) == digest


def test_a_schema_that_another_thread_is_writing_is_not_taken_for_one_that_is_there(
    tmp_path: Path,
) -> None:
    disk = Hesitant()
    objects = ObjectStore(tmp_path, durability=disk)
    with ThreadPoolExecutor(1) as other:
        putting = other.submit(objects.put_schema, SCHEMA)
        assert disk.asked.wait(PATIENCE_S)
        digest = objects.put_schema(SCHEMA)
        is_there = objects.has(digest)
        disk.may_write.set()
        assert putting.result(PATIENCE_S) == digest
    assert is_there


def test_a_schema_reads_back_in_another_process_with_its_metadata(objects: ObjectStore) -> None:
    digest = objects.put_schema(SCHEMA)
    other = ObjectStore(objects.root.parent, durability=Durability(full=False))
    assert other.schema(digest).equals(SCHEMA, check_metadata=True)
    objects.path(digest).unlink()
    assert other.schema(digest).equals(SCHEMA), "it is read once"


def test_a_schema_that_is_none_or_missing_is_damage(objects: ObjectStore) -> None:
    with pytest.raises(CorruptionError, match="is no Arrow schema"):
        objects.schema(objects.put(b"no schema"))
    with pytest.raises(CorruptionError, match="is missing, though the log names it"):
        objects.schema("ab" * 32)


def test_an_object_with_other_bytes_is_damage(objects: ObjectStore) -> None:
    digest = objects.put(b"content")
    objects.path(digest).write_bytes(b"contend")
    with pytest.raises(CorruptionError, match="do not have the digest that is its name"):
        objects.get(digest)
