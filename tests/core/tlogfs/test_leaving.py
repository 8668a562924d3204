"""What nothing refers to leaves a bucket in two steps, whatever other machines do meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pond_core import Pond
from pond_core.oplog import Provenance
from pond_core.storage import LEAVING, Bucket, Cache, sha256_of
from pond_core.tlogfs import leaving
from tests.s3.server import Server

LARGE = b"content " * 10_000
NAME = f"objects/{sha256_of(LARGE)[:2]}/{sha256_of(LARGE)}"

Machine = Callable[[str], Pond]


@pytest.fixture
def machine(
    s3_server: Server, bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Machine:
    """Open the pond as a machine of that name does."""

    def opened(name: str) -> Pond:
        monkeypatch.setenv("POND_CACHE", str(tmp_path / name))
        return Pond.init(bucket_url, exist_ok=True, access=s3_server.access)

    return opened


@pytest.fixture
def pond(machine: Machine) -> Pond:
    """A pond with an object that nothing refers to any more."""
    pond = machine("one")
    pond.transact(lambda tx: tx.write_data("/kept", LARGE + b"kept"))
    pond.transact(lambda tx: tx.write_data("/gone", LARGE))
    pond.transact(lambda tx: tx.remove("/gone"))
    pond.maintain(forget_before=3)
    return pond


@pytest.fixture
def a_day_later(pond: Pond, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be as old as it has to be, once the pond is there."""
    assert pond.snapshot().exists("/kept")
    monkeypatch.setattr(leaving, "_STAYS", timedelta(0))


def aside(bucket: Bucket) -> set[str]:
    return {each.name.split("/", 2)[2] for each in bucket.files(LEAVING)}


def cache_of(pond: Pond) -> Cache:
    assert isinstance(pond._log.durability, Cache)
    return pond._log.durability


def test_what_is_young_stays(pond: Pond, bucket: Bucket) -> None:
    upkeep = pond.maintain()
    assert upkeep.deleted == 0
    assert upkeep.waiting > 0
    assert bucket.size(NAME) == len(LARGE)


def test_saying_what_would_be_done_changes_nothing(pond: Pond, bucket: Bucket) -> None:
    before = {each.name for each in bucket.files("")}
    assert pond.maintain(dry_run=True).waiting > 0
    assert {each.name for each in bucket.files("")} == before


@pytest.mark.usefixtures("a_day_later")
def test_it_is_put_aside_first_and_deleted_next_time(pond: Pond, bucket: Bucket) -> None:
    upkeep = pond.maintain()
    assert (upkeep.waiting, upkeep.freed > len(LARGE)) == (0, True)
    assert bucket.size(NAME) is None
    assert NAME in aside(bucket)
    pond.maintain()
    assert aside(bucket) == set()
    assert pond.verify().ok
    assert pond.snapshot().read_data("/kept") == LARGE + b"kept"


@pytest.mark.usefixtures("a_day_later")
def test_what_is_put_aside_can_be_read(pond: Pond, bucket: Bucket, machine: Machine) -> None:
    """Somebody may have read the log before it was changed."""
    pond.maintain()
    other = cache_of(machine("other"))
    path = other.root / NAME
    other.fetch([path])
    assert path.read_bytes() == LARGE
    assert bucket.size(NAME) == len(LARGE)


@pytest.mark.usefixtures("a_day_later")
def test_a_writer_that_put_it_just_before_it_was_taken_away_loses_nothing(
    pond: Pond, bucket: Bucket, machine: Machine
) -> None:
    """The clean-up had listed it when it was old."""
    other = machine("other")
    with other.transaction(Provenance(message="late")) as tx:
        tx.write_data("/again", LARGE)
        pond.maintain()
        assert bucket.size(NAME) is None
    assert machine("third").snapshot().read_data("/again") == LARGE
    bucket.delete([NAME])  # nobody has read it yet, say
    pond.maintain()
    assert bucket.size(NAME) == len(LARGE)
    pond.maintain()
    assert other.verify().ok
    assert NAME not in aside(bucket)


@pytest.mark.usefixtures("a_day_later")
def test_a_writer_that_puts_it_after_it_was_taken_away_has_it(pond: Pond, bucket: Bucket) -> None:
    pond.maintain()
    pond.transact(lambda tx: tx.write_data("/again", LARGE))
    assert bucket.size(NAME) == len(LARGE)
    pond.maintain()
    assert pond.verify().ok


@pytest.mark.usefixtures("a_day_later")
def test_two_clean_ups_at_once_take_nothing_from_each_other(pond: Pond, machine: Machine) -> None:
    pond.maintain()
    other = machine("other")
    other.transact(lambda tx: tx.write_data("/again", LARGE))
    for each in (other, pond, other):
        each.maintain()
    assert pond.snapshot().read_data("/again") == LARGE
    assert pond.verify().ok
