"""Many processes write to one pond: nothing is lost, nobody starves."""

import itertools
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

from pond_core import ConflictError, ExistsError, OpKind, Pond, Transaction, Window
from tests.concurrency.conftest import Gather, reach
from tests.concurrency.crew import PATIENCE_S, Crew, Stage, run_threads
from tests.conformance.filesystem import readings, values
from tests.s3.server import BUCKET

WRITERS = {"disk": 8, "bucket": 4}
EACH = 12


class Crowd(NamedTuple):
    """A pond that many processes made and wrote to at once.

    Attributes:
        pond: The pond, as it is afterwards.
        ids: Which pond each of them made or found.
        txns: The numbers of each one's transactions, in order.
    """

    pond: Pond
    ids: Sequence[str]
    txns: Sequence[Sequence[int]]


@pytest.fixture(scope="module", params=["disk", "bucket"])
def crowd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    directory = tmp_path_factory.mktemp("crowd")
    with pytest.MonkeyPatch.context() as monkeypatch:
        if request.param == "disk":
            place = str(directory / "pond")
        else:
            reach(request.getfixturevalue("s3_server"), directory, monkeypatch)
            place = f"s3://{BUCKET}/{uuid.uuid4()}"
        yield from gathered(place, WRITERS[request.param])


def gathered(place: str, size: int) -> Iterator[Crowd]:
    """Let many make a pond and write to it."""
    crew = Crew(place, size)
    for number in range(size):
        crew.start(make_and_write, str(number), EACH)
    results = crew.results()
    crew.end()
    pond = Pond.open(place)
    yield Crowd(pond, [each[0] for each in results], [each[1] for each in results])
    assert pond.verify().ok


def make_and_write(stage: Stage, name: str, count: int) -> tuple[str, list[int]]:
    """Make the pond or find it made, and write numbered files and windows that nobody else does."""
    stage.begin.wait(PATIENCE_S)
    pond = Pond.init(stage.place, exist_ok=True, durability="process")
    pond.transact(lambda tx: None if tx.exists("/all") else tx.create_series("/all"))
    return pond.id, [write_one(pond, name, number) for number in range(count)]


def write_one(pond: Pond, name: str, number: int) -> int:
    at = int(name) * 1000 + number
    with pond.transaction() as tx:
        tx.write_data(f"/{name}-{number}", name.encode())
        tx.write_window("/all", readings({at: 1.0}), Window(at, at + 1))
    assert tx.header is not None
    return tx.header.txn


def count_up(stage: Stage, times: int) -> int:
    """Add one to a number that everybody adds to."""
    pond = stage.open()
    for _ in range(times):
        pond.transact(add_one)
    return times


def add_one(tx: Transaction) -> None:
    tx.write_data("/number", str(int(tx.read_data("/number")) + 1).encode())


def add_rows(stage: Stage, first: int, count: int) -> None:
    """Add readings to one range, knowing nothing of what others add."""
    pond = stage.open()
    for at in range(first, first + count):
        rows = readings({at: 1.0})
        pond.transact(lambda tx, rows=rows: tx.merge_window("/shared", rows, Window(0, 1000)))  # type: ignore[misc]  # mypy cannot infer a lambda's default


def initialize(stage: Stage) -> str | None:
    """Make a pond that must not be there; say which one it is."""
    stage.begin.wait(PATIENCE_S)
    try:
        return Pond.init(stage.place, durability="process").id
    except ExistsError:
        return None


def commit_in_the_past(stage: Stage, back_s: int) -> int:
    """Commit by a clock that is behind."""
    now = time.time_ns
    time.time_ns = lambda: now() - back_s * 1_000_000_000
    pond = stage.open()
    with pond.transaction() as tx:
        tx.write_data("/late", b"")
    assert tx.header is not None
    return tx.header.ts_us


def test_a_pond_that_many_make_at_once_is_one(crowd: Crowd) -> None:
    assert set(crowd.ids) == {crowd.pond.id}


def test_numbers_of_many_writers_have_no_holes(crowd: Crowd) -> None:
    head = len(crowd.txns) * EACH + 1
    assert sorted(itertools.chain(*crowd.txns)) == list(range(2, head + 1))
    assert all(own == sorted(own) for own in crowd.txns)
    assert [header.txn for header in crowd.pond.log()] == list(range(head, 0, -1))


def test_no_file_of_many_writers_is_lost(crowd: Crowd) -> None:
    names = {node.name for node in crowd.pond.snapshot().ls("/")} - {"all"}
    assert names == {
        f"{name}-{number}" for name in range(len(crowd.txns)) for number in range(EACH)
    }


def test_no_window_of_many_writers_is_lost(crowd: Crowd) -> None:
    rows = values(crowd.pond.snapshot().read_series("/all"))
    assert set(rows) == {name * 1000 + at for name in range(len(crowd.txns)) for at in range(EACH)}


def test_each_write_has_a_version_of_its_own(crowd: Crowd) -> None:
    writes = len(crowd.txns) * EACH
    rows = crowd.pond._log.operations(after=0, upto=writes + 1)
    windows = [row.version for row in rows if row.op is OpKind.WINDOW]
    assert sorted(v or 0 for v in windows) == list(range(1, writes + 1))


def test_none_of_many_writers_starves(crowd: Crowd) -> None:
    """By the time the first one is ready all others have got on as well.

    That is the lock's doing; between machines chance decides.
    """
    if crowd.pond.label.startswith("s3:"):
        assert all(len(own) == EACH for own in crowd.txns)
        return
    first = min(own[-1] for own in crowd.txns)
    assert min(sum(txn <= first for txn in own) for own in crowd.txns) >= EACH // 5


def test_no_addition_to_one_number_is_lost(pond: Pond, gather: Gather) -> None:
    pond.transact(lambda tx: tx.write_data("/number", b"0"))
    crew = gather(4)
    for _ in range(4):
        crew.start(count_up, 6)
    assert sum(crew.results()) == 24, "nobody gave up"
    assert pond.snapshot().read_data("/number") == b"24"


def test_what_many_add_to_one_range_is_all_there(pond: Pond, gather: Gather) -> None:
    pond.transact(lambda tx: tx.create_series("/shared", attributes={"key": ["timestamp"]}))
    crew = gather(3)
    for number in range(3):
        crew.start(add_rows, number * 100, 8)
    crew.results()
    expected = {number * 100 + at for number in range(3) for at in range(8)}
    assert set(values(pond.snapshot().read_series("/shared"))) == expected
    assert pond.verify().ok


def test_of_many_who_want_a_new_pond_at_once_none_gets_a_second_one(
    place: str, gather: Gather
) -> None:
    crew = gather(3)
    for _ in range(3):
        crew.start(initialize)
    ids = set(crew.results()) - {None}
    assert ids == {Pond.open(place).id}


def test_a_clock_that_was_set_back_makes_no_earlier_transaction(pond: Pond, gather: Gather) -> None:
    pond.transact(lambda tx: tx.write_data("/f", b""))
    crew = gather(1)
    crew.start(commit_in_the_past, 3600)
    (late_us,) = crew.results()
    pond.transact(lambda tx: tx.write_data("/g", b""))
    newest, late, first = pond.log()
    assert first.ts_us < late.ts_us == late_us < newest.ts_us
    assert late.ts_us == first.ts_us + 1
    assert pond.verify().ok


def test_threads_share_one_pond(pond: Pond) -> None:
    pond.transact(lambda tx: tx.create_series("/all"))
    run_threads(8, lambda name: [write_one(pond, str(name), number) for number in range(10)])
    assert [header.txn for header in pond.log()] == list(range(81, 0, -1))
    assert len(pond.snapshot().ls("/")) == 81
    assert len(values(pond.snapshot().read_series("/all"))) == 80
    assert pond.verify().ok


def test_threads_with_ponds_of_their_own_share_the_directory(pond: Pond) -> None:
    pond.transact(lambda tx: tx.create_series("/all"))

    def work(name: int) -> None:
        own = Pond.open(pond.label, durability="process")
        for number in range(5):
            write_one(own, str(name), number)

    run_threads(4, work)
    assert pond.snapshot().txn == 21
    assert len(values(pond.snapshot().read_series("/all"))) == 20


def test_threads_that_want_the_same_are_told(pond: Pond) -> None:
    pond.transact(lambda tx: tx.write_data("/number", b"0"))
    run_threads(4, lambda _name: [pond.transact(add_one) for _ in range(5)])
    assert pond.snapshot().read_data("/number") == b"20"


def test_threads_read_and_write_at_once(pond: Pond) -> None:
    pond.transact(lambda tx: tx.create_series("/all"))

    def work(name: int) -> None:
        for number in range(10):
            if name % 2:
                write_one(pond, str(name), number)
            else:
                snapshot = pond.snapshot()
                assert len(snapshot.ls("/")) == snapshot.txn
                assert len(snapshot.read_series("/all")) == snapshot.txn - 1

    run_threads(6, work)
    assert pond.snapshot().txn == 31


def test_a_conflict_crosses_processes_whole(pond: Pond, gather: Gather) -> None:
    crew = gather(1)
    crew.start(conflict_with_itself)
    (error,) = crew.results()
    assert isinstance(error, ConflictError)
    assert (error.base, error.other, error.hint) == (0, 1, ConflictError("", base=0, other=1).hint)
    assert pond.snapshot().txn == 1


def conflict_with_itself(stage: Stage) -> ConflictError | None:
    pond = stage.open()
    try:
        with pond.transaction() as ours:
            ours.write_data("/f", b"ours")
            pond.transact(lambda tx: tx.write_data("/f", b"theirs"))
    except ConflictError as error:
        return error
    return None
