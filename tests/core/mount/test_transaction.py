"""`with fs.transaction:` is one transaction of the pond."""

import threading
from collections.abc import Callable

import pandas as pd
import pytest

from pond_core import ClosedError, ConflictError, Pond, PondError, PondFileSystem


def test_what_is_written_in_a_transaction_is_seen_by_others_at_its_end(
    pond: Pond, mounted: PondFileSystem
) -> None:
    with mounted.transaction:
        mounted.pipe("/a", b"1")
        with mounted.open("/b", "wb") as file:
            file.write(b"2")
        mounted.mv("/a", "/c")
        assert mounted.cat("/c") + mounted.cat("/b") == b"12"
        assert pond.snapshot().ls("/") == []
    assert [node.name for node in pond.snapshot().ls("/")] == ["b", "c"]
    assert len(pond.log()) == 1


def test_an_error_in_the_block_leaves_nothing(pond: Pond, mounted: PondFileSystem) -> None:
    def block() -> None:
        with mounted.transaction:
            mounted.pipe("/a", b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()
    assert pond.log() == []
    mounted.pipe("/b", b"2")
    assert mounted.find("/") == ["/b"]


def test_reads_in_a_transaction_do_not_see_what_others_commit(
    pond: Pond, mounted: PondFileSystem
) -> None:
    with mounted.transaction:
        with pond.transaction() as tx:
            tx.write_data("/theirs", b"")
        assert mounted.ls("/") == []
    assert mounted.ls("/", detail=False) == ["/theirs"]


def test_a_conflict_at_the_end_writes_nothing_and_ends_the_transaction(
    pond: Pond, mounted: PondFileSystem
) -> None:
    def block() -> None:
        with mounted.transaction:
            mounted.pipe("/same", b"mine")
            with pond.transaction() as tx:
                tx.write_data("/same", b"theirs")

    with pytest.raises(ConflictError):
        block()
    assert mounted.cat("/same") == b"theirs"
    mounted.pipe("/same", b"mine")
    assert mounted.cat("/same") == b"mine"


def test_a_file_left_open_is_written_with_its_transaction(mounted: PondFileSystem) -> None:
    with mounted.transaction:
        file = mounted.open("/open", "wb")
        file.write(b"left")
    assert file.closed
    assert mounted.cat("/open") == b"left"


def test_a_file_left_open_is_forgotten_with_its_transaction(mounted: PondFileSystem) -> None:
    files = []

    def block() -> None:
        with mounted.transaction:
            files.append(mounted.open("/open", "wb"))
            files[0].write(b"left")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()
    assert files[0].closed
    assert mounted.ls("/") == []


def test_transactions_begin_and_end_without_a_block(pond: Pond, mounted: PondFileSystem) -> None:
    mounted.start_transaction()
    mounted.pipe("/a", b"")
    assert pond.log() == []
    mounted.end_transaction()
    assert len(pond.log()) == 1
    mounted.start_transaction()
    mounted.pipe("/b", b"")
    mounted.transaction.complete(commit=False)
    assert mounted.find("/") == ["/a"]


def test_transactions_do_not_nest(pond: Pond, mounted: PondFileSystem) -> None:
    def block() -> None:
        with mounted.transaction:
            mounted.pipe("/a", b"")
            with mounted.transaction:
                pass

    with pytest.raises(PondError, match="open already"):
        block()
    assert pond.log() == []


def test_ending_what_was_not_begun_is_refused(mounted: PondFileSystem) -> None:
    with pytest.raises(ClosedError, match="no transaction was begun"):
        mounted.end_transaction()


def test_a_transaction_without_changes_is_none(pond: Pond, mounted: PondFileSystem) -> None:
    with mounted.transaction:
        mounted.ls("/")
    assert pond.log() == []


def test_all_threads_write_into_the_open_transaction(pond: Pond, mounted: PondFileSystem) -> None:
    def write(number: int) -> None:
        for each in range(5):
            mounted.pipe(f"/{number}/{each}", b"")

    with mounted.transaction:
        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(pond.log()) == 1
    assert len(mounted.find("/")) == 20


def test_libraries_write_into_the_transaction_of_the_cached_file_system(
    pond: Pond, mounted: PondFileSystem
) -> None:
    options = {"path": str(pond.path), "durability": "process"}
    with mounted.transaction:
        for name in ("a", "b"):
            frame = pd.DataFrame({"value": [1]})
            frame.to_parquet(f"pond:///{name}.parquet", storage_options=options)
    assert len(pond.log()) == 1


def test_a_file_may_be_written_later_than_it_is_closed(
    pond: Pond, at: Callable[..., PondFileSystem]
) -> None:
    mounted = at()
    files = [mounted.open(f"/{name}", "wb", autocommit=False) for name in ("kept", "dropped")]
    for file in files:
        file.write(b"1")
        file.close()
    assert pond.log() == []
    files[0].commit()
    files[0].commit()
    files[1].discard()
    assert mounted.find("/") == ["/kept"]
    assert len(pond.log()) == 1
