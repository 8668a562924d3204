"""Commits that become visible in a bucket, and the copy of them that is read here."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from pond_core.errors import StorageError
from pond_core.oplog import Operation, OpKind, OpLog, Provenance, bucket_commits, delta_log
from pond_core.oplog.bucket_commits import BucketCommits
from pond_core.storage import Access, Bucket, Cache
from tests.s3 import server as s3
from tests.s3.proxy import Fault, Proxy, running

LATER_S = 7 * 3600


class Machine:
    """A machine that knows the pond: its own copies, its own handle."""

    def __init__(self, bucket: Bucket, root: Path) -> None:
        self.cache = Cache(bucket, root)
        self.log = OpLog.create(root, durability=self.cache)

    def commit(self, count: int = 1) -> int:
        head = None
        for _ in range(count):
            row = Operation(OpKind.ATTRIBUTES, 0, node_id="0" * 32, attributes="{}")
            head = self.log.append(
                lambda _head, _theirs, row=row: [row],  # type: ignore[misc] # a lambda's default
                base=self.log.head(),
                provenance=Provenance(),
            )
        assert head is not None
        return head.txn

    def names(self) -> set[str]:
        """Return what is in the bucket's `_delta_log`."""
        files = self.cache.bucket.files("oplog/_delta_log")
        return {each.name.rpartition("/")[2] for each in files}


@pytest.fixture
def one(bucket: Bucket, tmp_path: Path) -> Machine:
    return Machine(bucket, tmp_path / "one")


@pytest.fixture
def other(one: Machine, bucket: Bucket, tmp_path: Path) -> Machine:
    assert one.log.head() == 0
    return Machine(bucket, tmp_path / "other")


def commits_of(machine: Machine) -> BucketCommits:
    commits = BucketCommits(machine.log.table.log, cache=machine.cache)
    commits.look()
    return commits


def test_machines_see_each_other_s_commits(one: Machine, other: Machine) -> None:
    assert one.log.pond_id == other.log.pond_id
    assert [machine.commit() for machine in (one, other, one, one, other)] == [1, 2, 3, 4, 5]
    assert [each.txn for each in one.log.headers()] == [1, 2, 3, 4, 5]


def test_looking_costs_one_request_and_committing_five(
    s3_server: s3.Server, bucket_url: str, tmp_path: Path
) -> None:
    with running(s3_server.endpoint) as proxy:
        access = Access(endpoint_url=proxy.endpoint, key_id=s3.KEY_ID, secret=s3.SECRET)
        machine = Machine(Bucket(bucket_url, access=access), tmp_path)
        machine.commit()
        proxy.asked.clear()
        machine.log.head()
        assert [method for method, _ in proxy.asked] == ["GET"]
        proxy.asked.clear()
        machine.commit()
        assert [method for method, _ in proxy.asked] == ["GET", "GET", "PUT", "PUT", "PUT"]


def test_a_pond_that_was_made_in_the_place_of_another_one_is_not_mixed_up_with_it(
    one: Machine, bucket: Bucket, tmp_path: Path
) -> None:
    one.commit(3)
    bucket.delete(each.name for each in list(bucket.files("oplog")))
    made = Machine(bucket, tmp_path / "other")
    made.commit()
    again = OpLog(one.cache.root, durability=one.cache)
    assert (again.pond_id, again.head()) == (made.log.pond_id, 1)


def test_who_was_away_while_commits_were_cleared_away_goes_on(
    one: Machine, other: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_commits, "_KEPT", -bucket_commits._KEPT)  # as if days went by
    one.commit(100)
    assert "00000000000000000001.json" not in one.names()
    monkeypatch.setattr(bucket_commits, "_COMPARED_S", 0)
    assert other.log.head() == 100
    assert other.commit() == 101
    assert one.log.head() == 101


def test_commits_stay_in_the_bucket_for_a_day(one: Machine) -> None:
    one.commit(80)
    names = one.names()
    assert delta_log.newest(one.log.table.log) >= 80
    assert {f"{n:020d}.json" for n in range(delta_log.newest(one.log.table.log) + 1)} <= names
    assert len([n for n in names if n.endswith(".checkpoint.parquet")]) >= 2
    assert "_last_checkpoint" in names


def test_other_programs_read_the_table(one: Machine, s3_server: s3.Server) -> None:
    one.commit(40)
    options = {**s3_server.environ, "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}
    table = DeltaTable(f"{one.cache.bucket.url}/oplog", storage_options=options)
    assert table.version() == one.log.table.version
    assert table.transaction_version("pond") == 40


def test_who_stood_still_for_hours_looks_again_before_it_commits(
    one: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = commits_of(one)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + LATER_S)
    assert not commits.create(1, b"{}")
    assert "00000000000000000001.json" not in one.names()
    commits.look()
    assert commits.create(1, b"{}")


@pytest.fixture
def asleep(
    one: Machine, s3_server: s3.Server, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Proxy, BucketCommits]]:
    """What commits after a first transaction, at a machine that falls asleep when it does."""
    one.commit()
    with running(s3_server.endpoint) as proxy:
        access = Access(endpoint_url=proxy.endpoint, key_id=s3.KEY_ID, secret=s3.SECRET)
        cache = Cache(Bucket(bucket_url, access=access), one.cache.root)
        cache.publish(b"", cache.root / "objects" / "some", temporary=cache.root / "tmp")
        commits = BucketCommits(one.log.table.log, cache=cache)
        commits.look()
        now = time.monotonic()

        def sleep(method: str, _path: str) -> Fault:
            if method == "PUT":
                monkeypatch.setattr(time, "monotonic", lambda: now + LATER_S)
            return Fault.NONE

        proxy.judge = sleep
        yield proxy, commits


def test_a_commit_that_lands_hours_later_behind_others_is_taken_back(
    one: Machine, asleep: tuple[Proxy, BucketCommits]
) -> None:
    """Its place was free since all around it was cleared away, and nobody would ever see it."""
    bucket = one.cache.bucket
    bucket.write("oplog/_delta_log/00000000000000000003.json", b"{}")
    [*_, later] = sorted(bucket.files("oplog/_delta_log"), key=lambda each: each.changed)
    while bucket.clock() <= later.changed + timedelta(seconds=1):
        continue
    _, commits = asleep
    with pytest.raises(StorageError, match="more than 6 hours") as info:
        commits.create(2, b"{}")
    assert "nothing was written" in info.value.hint
    assert "00000000000000000002.json" not in one.names()


def test_a_commit_that_others_built_upon_while_its_writer_slept_stays(
    one: Machine, asleep: tuple[Proxy, BucketCommits]
) -> None:
    """It landed at once, and the reply came hours later."""
    proxy, commits = asleep
    fall_asleep = proxy.judge

    def sleep_after(method: str, path: str) -> Fault:
        if method == "GET" and "list-type" in path:
            one.cache.bucket.write("oplog/_delta_log/00000000000000000003.json", b"{}")
        return fall_asleep(method, path)

    proxy.judge = sleep_after
    assert commits.create(2, b"{}")
    assert {"00000000000000000002.json", "00000000000000000003.json"} <= one.names()


@pytest.mark.parametrize("name", ["00000000000000000005.json", "_last_checkpoint"])
@pytest.mark.parametrize("damage", [b"", b"\0\0\0", b'{"broken'])
def test_a_copy_that_is_damaged_is_made_anew(
    one: Machine, bucket: Bucket, name: str, damage: bytes
) -> None:
    one.commit(5)
    one.log.table.checkpoint()
    (one.log.table.log / name).write_bytes(damage)
    again = OpLog(one.cache.root, durability=Cache(bucket, one.cache.root))
    assert again.head() == 5
    assert len(again.headers()) == 5


def test_a_checkpoint_whose_copy_is_damaged_is_fetched_again(one: Machine, bucket: Bucket) -> None:
    one.commit(40)
    [*_, newest] = delta_log.checkpoints(one.log.table.log)
    path = delta_log.checkpoint_path(one.log.table.log, newest)
    data = bytearray(path.read_bytes())
    for at in range(40, 200):
        data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    again = OpLog(one.cache.root, durability=Cache(bucket, one.cache.root))
    assert len(again.headers()) == 40


def test_two_machines_that_make_a_pond_at_once_make_one(bucket: Bucket, tmp_path: Path) -> None:
    caches = [Cache(bucket, tmp_path / name) for name in ("one", "other")]
    commits = [BucketCommits(c.root / "oplog" / "_delta_log", cache=c) for c in caches]
    for each in commits:
        each.look()
    assert [each.create(0, b"%d" % n) for n, each in enumerate(commits)] == [True, False]
