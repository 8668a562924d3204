"""Transactions: numbered without holes, chained, committed once, whoever else is writing."""

import multiprocessing
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from typing_extensions import override

from pond_core.errors import ConflictError, NotAPondError, StorageError, StoreError
from pond_core.oplog import Header, Operation, OpLog, Provenance, rows_hash
from pond_core.storage import Durability
from tests.core.oplog.rows import DIRECTORY, PART, append, link, reopened, unlink, write


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns."""

    total: int
    used: int
    free: int


class Forgetful(Durability):
    """Makes a commit, and then reports that it could not: the reply was lost."""

    @override
    def create(self, data: bytes, target: Path, *, temporary: Path) -> bool:
        super().create(data, target, temporary=temporary)
        msg = "the reply was lost"
        raise StorageError(msg)


class Deaf(Durability):
    """Finds that somebody else has committed already, whenever it is asked."""

    @override
    def create(self, data: bytes, target: Path, *, temporary: Path) -> bool:
        return False


def append_many(place: Path, name: str, count: int) -> None:
    log = OpLog(place, durability=Durability(full=False))
    for number in range(count):
        append(log, link(f"{name}-{number}"), message=name)


def names(log: OpLog) -> list[str]:
    """Return the names that each transaction linked, in order."""
    return [row.name or "" for row in log.operations(after=0, upto=log.head())]


def sneak_in(log: OpLog, row: Operation) -> None:
    """Commit as a foreign writer does that takes no lock."""
    head = log.head()
    header, rows = log._numbered(head, [row], "f" * 32, Provenance())
    assert log._commit(header, rows)


def test_a_new_log_has_no_transactions(log: OpLog) -> None:
    assert (log.head(), log.headers(), log.operations(after=0, upto=0)) == (0, [], [])


def test_making_a_log_twice_opens_the_first(log: OpLog) -> None:
    append(log, link("a"))
    again = OpLog.create(log.pond, durability=Durability(full=False))
    assert (again.pond_id, again.head()) == (log.pond_id, 1)


def test_a_place_without_a_log_is_no_pond(tmp_path: Path) -> None:
    with pytest.raises(NotAPondError, match="there is no pond at") as info:
        OpLog(tmp_path, durability=Durability())
    assert "init" in info.value.hint


def test_a_pond_in_a_folder_above_is_named(log: OpLog) -> None:
    below = log.pond.parent / "site" / "harbor"
    with pytest.raises(NotAPondError) as info:
        OpLog(below / log.pond.name, durability=Durability())
    assert info.value.hint.startswith(f"there is one in {log.pond.parent}: go there")


def test_transactions_are_numbered_from_one_on(log: OpLog) -> None:
    assert [append(log, link(name)).txn for name in "abc"] == [1, 2, 3]
    assert [header.txn for header in reopened(log).headers()] == [1, 2, 3]


def test_rows_read_back_in_order_with_their_numbers(log: OpLog) -> None:
    append(log, link("b"), write(b"x"))
    append(log, link("a"))
    rows = reopened(log).operations(after=0, upto=2)
    assert [(row.txn, row.seq, row.name) for row in rows] == [
        (1, 1, "b"),
        (1, 2, None),
        (2, 1, "a"),
    ]
    assert [row.txn for row in log.operations(after=1, upto=2)] == [2]


def test_a_header_tells_who_why_and_how_much(log: OpLog) -> None:
    provenance = Provenance("ada", "two months", "run-1", "/raw/a", ("2024-03", "2024-04"))
    row = Operation(write().op, PART, node_id="7a", rows=5, size=90)
    header = log.append(lambda _h, _t: [row, link("a")], base=0, provenance=provenance)
    assert reopened(log).headers() == [header]
    assert header.provenance == provenance
    assert (header.operations, header.rows, header.bytes) == (2, 5, 90)


def test_each_header_names_the_hash_of_the_one_before(log: OpLog) -> None:
    first, second, third = (append(log, link(name)) for name in "abc")
    assert (first.previous, second.previous, third.previous) == ("", first.hash, second.hash)
    assert third.rows_hash == rows_hash(log.operations(after=2, upto=3))


def test_another_handle_continues_the_chain(log: OpLog) -> None:
    first = append(log, link("a"))
    second = append(reopened(log), link("b"))
    third = append(log, link("c"))
    assert (second.previous, third.previous) == (first.hash, second.hash)


def test_a_state_is_that_of_its_transaction_whatever_was_asked_before(log: OpLog) -> None:
    append(log, link("a"))
    append(log, link("b"))
    append(log, unlink("a"))
    for txn, expected in [(3, {"b"}), (1, {"a"}), (2, {"a", "b"}), (3, {"b"}), (0, set())]:
        assert set(log.state(PART, txn=txn).entries(DIRECTORY)) == expected


def test_a_small_content_is_read_by_its_row(log: OpLog) -> None:
    append(log, write(b"first"), write(b""), write(None))
    append(log, write(b"second"))
    rows = reopened(log).operations(after=0, upto=2)
    assert [row.content for row in rows] == [None] * 4
    assert [log.content(row) for row in rows] == [b"first", b"", None, b"second"]


def test_a_refused_transaction_leaves_the_log_as_it_was(log: OpLog) -> None:
    def refuse(_head: int, _theirs: Sequence[Operation]) -> Sequence[Operation]:
        raise ConflictError("no", base=0, other=1)

    append(log, link("a"))
    with pytest.raises(ConflictError):
        log.append(refuse, base=0, provenance=Provenance())
    assert names(reopened(log)) == ["a"]


def test_a_transaction_sees_what_others_committed_since_its_base(log: OpLog) -> None:
    seen: list[tuple[int, list[str | None]]] = []

    def prepare(head: int, theirs: Sequence[Operation]) -> Sequence[Operation]:
        seen.append((head, [row.name for row in theirs]))
        return [link("c")]

    append(log, link("a"))
    append(reopened(log), link("b"))
    log.append(prepare, base=1, provenance=Provenance())
    assert seen == [(2, ["b"])]


def test_a_refused_commit_is_checked_again_and_takes_the_next_number(log: OpLog) -> None:
    other = reopened(log)
    seen: list[int] = []

    def prepare(head: int, _theirs: Sequence[Operation]) -> Sequence[Operation]:
        seen.append(head)
        if len(seen) < 3:
            sneak_in(other, link(f"foreign-{head}"))
        return [link("ours")]

    header = log.append(prepare, base=0, provenance=Provenance())
    assert (seen, header.txn) == ([0, 1, 2], 3)
    assert names(reopened(log)) == ["foreign-0", "foreign-1", "ours"]


def test_a_commit_whose_reply_was_lost_is_not_made_twice(log: OpLog) -> None:
    log = OpLog(log.pond, durability=Forgetful(full=False))
    assert append(log, link("a")).txn == 1
    assert append(log, link("b")).txn == 2
    assert names(reopened(log)) == ["a", "b"]


def test_a_merge_whose_reply_was_lost_is_found(log: OpLog) -> None:
    for name in "abc":
        append(log, link(name))
    forgetful = OpLog(log.pond, durability=Forgetful(full=False))
    assert forgetful.upkeep.thorough(PART, gone=()).replaced == 3
    assert names(reopened(log)) == ["a", "b", "c"]


def test_refusals_without_end_are_an_error(log: OpLog) -> None:
    log = OpLog(log.pond, durability=Deaf(full=False))
    with pytest.raises(StoreError, match="16 commits in a row were refused"):
        append(log, link("a"))
    assert reopened(log).head() == 0


def test_time_goes_forward_when_the_clock_does_not(
    log: OpLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = append(log, link("a"))
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    second, third = append(log, link("b")), append(reopened(log), link("c"))
    assert (second.ts_us, third.ts_us) == (first.ts_us + 1, first.ts_us + 2)


def test_all_rows_of_a_transaction_carry_its_time(log: OpLog) -> None:
    header = append(log, link("a"), write())
    assert {row.ts_us for row in log.operations(after=0, upto=1)} == {header.ts_us}


def test_a_full_disk_refuses_the_commit_before_it_begins(
    log: OpLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(log.pond.rglob("*"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(0, 0, 1 << 20))
    with pytest.raises(StorageError, match="has 1 MiB free"):
        append(log, link("a"))
    assert sorted(log.pond.rglob("*")) == before


def test_a_log_whose_empty_directories_were_lost_can_be_written(log: OpLog) -> None:
    (log.pond / "tmp").rmdir()
    (log.pond / "objects").rmdir()
    assert append(log, link("a")).txn == 1


def test_threads_lose_nothing_and_leave_no_hole(log: OpLog) -> None:
    def work(name: str) -> None:
        for number in range(5):
            append(log, link(f"{name}-{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_nothing_lost(reopened(log), {f"{name}-{n}" for name in "abcd" for n in range(5)})


def test_processes_lose_nothing_and_leave_no_hole(log: OpLog) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=append_many, args=(log.pond, name, 6)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert_nothing_lost(log, {f"{name}-{n}" for name in "abc" for n in range(6)})


def assert_nothing_lost(log: OpLog, expected: set[str]) -> None:
    headers: list[Header] = log.headers()
    assert [header.txn for header in headers] == list(range(1, len(expected) + 1))
    assert [header.previous for header in headers[1:]] == [header.hash for header in headers[:-1]]
    assert sorted(names(log)) == sorted(expected)


def test_rows_about_other_nodes_may_be_left_out_and_names_are_all_there(log: OpLog) -> None:
    append(log, link("a"))
    append(log, write(node_id="70"))
    append(log, write(node_id="7b"))
    append(log, write(node_id="7c"), link("b"))
    found = log.operations(after=0, upto=4, about={"7b", "ff"})
    assert [row.name or row.node_id for row in found] == ["a", "7b", "7c", "b"]
    assert len(log.operations(after=0, upto=4)) == 5
