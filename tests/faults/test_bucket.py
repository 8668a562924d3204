"""A pond in a bucket whose replies and requests get lost, and whose writers are killed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from pond_core import Pond, StorageError
from pond_core.oplog import delta_log
from tests.faults.killing import rounds, two_machines
from tests.s3.proxy import Fault, Proxy, lossy, running
from tests.s3.server import Server


@pytest.fixture
def proxy(s3_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """A proxy between the test and the server; all that follows goes through it."""
    with running(s3_server.endpoint) as proxy:
        for name, value in s3_server.environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        monkeypatch.setenv("POND_CACHE", str(tmp_path / "copies"))
        yield proxy


@pytest.fixture
def pond(proxy: Proxy, bucket_url: str) -> Pond:
    assert proxy.asked == []
    pond = Pond.init(bucket_url)
    pond.transact(lambda tx: tx.write_data("/first", b"1"))
    return pond


def commits(fault: Fault, *, times: int) -> Callable[[str, str], Fault]:
    """Return what does that to so many puts of commits."""
    left = [fault] * times

    def judge(method: str, path: str) -> Fault:
        is_commit = method == "PUT" and "_delta_log/0" in path and path.endswith(".json")
        return left.pop() if is_commit and left else Fault.NONE

    return judge


def test_a_commit_whose_reply_is_lost_is_one_transaction(pond: Pond, proxy: Proxy) -> None:
    """It is put again by the client, and refused: the refusal is of one's own commit."""
    proxy.judge = commits(Fault.UNANSWERED, times=1)
    _, header = pond.transact(lambda tx: tx.write_data("/second", b"2"))
    assert header is not None
    assert header.txn == 2
    assert [each.txn for each in Pond.open(pond.label).log()] == [2, 1]


def test_a_commit_whose_replies_are_all_lost_is_found(pond: Pond, proxy: Proxy) -> None:
    proxy.judge = commits(Fault.UNANSWERED, times=99)
    _, header = pond.transact(lambda tx: tx.write_data("/second", b"2"))
    assert header is not None
    assert header.txn == 2
    assert pond.verify().ok


def test_a_commit_is_found_behind_a_checkpoint_of_others(
    pond: Pond, proxy: Proxy, s3_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What its writer makes of the log when it hears nothing begins after its commit."""
    monkeypatch.setenv("POND_CACHE", str(tmp_path / "other"))
    other = Pond.open(pond.label, access=s3_server.access)
    lose = commits(Fault.UNANSWERED, times=99)
    puts: list[str] = []

    def judge(method: str, path: str) -> Fault:
        fault = lose(method, path)
        puts.extend([path] * (fault is Fault.UNANSWERED))
        if len(puts) == 2 and other.snapshot().txn == 2:  # it has landed, and is put again
            for number in range(40):
                other.transact(lambda tx, n=number: tx.write_data(f"/other-{n}", b""))  # type: ignore[misc]  # a lambda's default
            shutil.rmtree(pond.path)
        return fault

    proxy.judge = judge
    pond.transact(lambda tx: tx.write_data("/second", b"2"))
    proxy.judge = commits(Fault.NONE, times=0)
    assert not delta_log.commit_path(pond.path / "oplog" / "_delta_log", 3).exists()
    assert [each.txn for each in pond.log()] == list(range(42, 0, -1))
    assert pond.verify().ok


def test_a_commit_that_never_arrives_is_told_and_is_not_there(pond: Pond, proxy: Proxy) -> None:
    proxy.judge = commits(Fault.LOST, times=99)
    with pytest.raises(StorageError, match="cannot be reached"):
        pond.transact(lambda tx: tx.write_data("/second", b"2"))
    proxy.judge = commits(Fault.NONE, times=0)
    assert not pond.snapshot().exists("/second")
    _, header = pond.transact(lambda tx: tx.write_data("/third", b"3"))
    assert header is not None
    assert header.txn == 2


def test_an_object_that_never_arrives_makes_no_transaction(pond: Pond, proxy: Proxy) -> None:
    proxy.judge = lambda method, path: (
        Fault.LOST if method == "PUT" and "/objects/" in path else Fault.NONE
    )
    with pytest.raises(StorageError, match="cannot be reached"):
        pond.transact(lambda tx: tx.write_data("/second", b"2" * 100_000))
    assert pond.snapshot().txn == 1


def test_killed_writers_on_two_machines_leave_all_that_was_acknowledged_once(
    proxy: Proxy, s3_server: Server, bucket_url: str, tmp_path: Path
) -> None:
    proxy.judge = lossy(Random(4), 0.1)  # noqa: S311 -- to be repeated, not secret
    machines = two_machines(s3_server.environ, proxy, tmp_path)
    counts = rounds(bucket_url, Random(4), kills=6, writers=3, machines=machines)  # noqa: S311
    assert counts.wrong == []
    assert (counts.kills, counts.lost, counts.doubled) == (6, 0, 0)
    assert counts.commits > 6
