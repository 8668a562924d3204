"""Nodes in the log keep every rule of the filesystem, before a commit and after it."""

import time
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from pond_core.errors import ClosedError, SchemaError
from pond_core.oplog import OpKind, Provenance
from pond_core.storage import Bucket
from pond_core.tinyfs import FS, ROOT
from pond_core.window import ALWAYS, Window
from tests.conformance.filesystem import readings, values
from tests.conformance.filesystem_machine import FileSystemMachine
from tests.conformance.stored import FileSystemContract
from tests.core.tlogfs.stores import InLog, MachineInLog, Store, backend_of, on_disk
from tests.s3.server import BUCKET, Server


@pytest.fixture
def store(place: Path) -> Store:
    return Store(on_disk(place))


class TestOpLogFileSystem(InLog, FileSystemContract):
    pass


class OpLogMachine(MachineInLog, FileSystemMachine):
    pass


TestOpLogMachine = OpLogMachine.TestCase
TestOpLogMachine.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)


def test_any_steps_end_alike_in_a_bucket(s3_server: Server) -> None:
    def machine() -> OpLogMachine:
        return OpLogMachine(Bucket(f"s3://{BUCKET}/{uuid4()}", access=s3_server.access))

    steps = settings(max_examples=4, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(machine, settings=steps)  # type: ignore[arg-type]  # it is called


def test_nothing_is_seen_by_others_before_the_commit(store: Store) -> None:
    fs = store.begin()
    fs.write_data("/f", b"x")
    assert not store.begin().exists("/f")
    assert store.commit(fs).read_data("/f") == b"x"


def test_a_view_of_a_transaction_never_changes(store: Store) -> None:
    fs = store.begin()
    fs.write_window("/s", readings({1: 1.0, 5: 1.0}), ALWAYS)
    fs = store.commit(fs)
    old = store.begin(txn=1)
    fs.write_window("/s", readings({5: 2.0}), Window(5, 6))
    fs.write_data("/f", b"")
    fs = store.commit(fs)
    assert values(fs.read_series("/s")) == {1: 1.0, 5: 2.0}
    for view in (old, store.begin(txn=1)):
        assert values(view.read_series("/s")) == {1: 1.0, 5: 1.0}
        assert not view.exists("/f")


def test_a_commit_without_changes_is_no_transaction(store: Store) -> None:
    assert backend_of(store.begin()).commit(Provenance()) is None
    assert store.log.head() == 0


def test_rows_of_a_node_lie_in_its_own_part_and_names_in_the_directory_s(store: Store) -> None:
    fs = store.begin()
    fs.mkdir("/d")
    fs.write_data("/d/f", b"x")
    directory, file = fs.lookup("/d").node_id, fs.lookup("/d/f").node_id
    store.commit(fs)
    rows = {(row.op, row.name): row for row in store.log.operations(after=0, upto=1)}
    assert rows[OpKind.LINK, "d"].part == int(ROOT[0], 16) == 0
    assert rows[OpKind.LINK, "f"].part == int(directory[0], 16)
    assert rows[OpKind.WRITE, None].part == int(file[0], 16)
    assert directory[0] == file[0]


def test_a_piece_names_the_transaction_that_wrote_it(store: Store) -> None:
    fs = store.begin()
    fs.write_window("/s", None, Window(0, 5))
    assert [piece.txn for piece in fs.node("/s").pieces] == [None]
    fs = store.commit(fs)
    fs.write_window("/s", None, Window(5, 9))
    fs = store.commit(fs)
    assert [(piece.txn, piece.version) for piece in fs.node("/s").pieces] == [(1, 1), (2, 2)]


def test_versions_go_on_after_what_others_wrote_meanwhile(store: Store) -> None:
    fs = store.begin()
    fs.create_series("/s")
    ours, theirs = store.commit(fs), store.begin()
    theirs.write_window("/s", readings({1: 1.0}), Window(0, 5))
    theirs.write_window("/s", readings({6: 1.0}), Window(6, 7))
    ours.write_window("/s", readings({8: 1.0}), Window(8, 9))
    backend_of(theirs).commit(Provenance())
    node = store.commit(ours).node("/s")
    assert [piece.version for piece in node.pieces] == [1, 2, 3]


def test_a_change_after_the_commit_is_refused(store: Store) -> None:
    fs = store.begin()
    fs.write_data("/f", b"x")
    store.commit(fs)
    with pytest.raises(ClosedError, match="this transaction is over") as info:
        fs.write_data("/f", b"lost")
    assert info.value.hint == "begin a new one"
    assert backend_of(fs).commit(Provenance()) is None
    assert fs.read_data("/f") == b"x"


def test_a_transaction_of_yesterday_is_not_committed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs = store.begin()
    fs.write_data("/f", b"x")
    later = time.monotonic() + 12 * 3600 + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(ClosedError, match="more than 12 hours ago"):
        store.commit(fs)
    assert store.log.head() == 0


@pytest.fixture(params=["at once", "after a commit"])
def series(store: Store, request: pytest.FixtureRequest) -> FS:
    """A series with `value` as float64 in [0, 10) and in [10, 20)."""
    fs = store.begin()
    fs.write_window("/s", readings({1: 1.0}), Window(0, 10))
    fs.write_window("/s", readings({11: 1.0}), Window(10, 20))
    return store.commit(fs) if request.param == "after a commit" else fs


def test_a_window_whose_column_has_another_type_is_refused_when_written(series: FS) -> None:
    text = readings({25: 0.0}).set_column(1, "value", [["high"]])
    with pytest.raises(SchemaError, match=r"'value'.*double.*string"):
        series.write_window("/s", text, Window(20, 30))
    assert values(series.read_series("/s")) == {1: 1.0, 11: 1.0}


def test_a_column_may_change_its_type_where_all_windows_are_replaced(series: FS) -> None:
    text = readings({1: 0.0}).set_column(1, "value", [["high"]])
    series.write_window("/s", text, Window(0, 20))
    assert series.read_series("/s").column("value").to_pylist() == ["high"]
