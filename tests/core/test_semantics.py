"""Transactions and snapshots; numbers are those of `docs/semantics.md`."""

import time

import pytest

from pond_core import ClosedError, NotFoundError, Pond, SnapshotForgottenError, Transaction, Window
from pond_core.oplog import maintenance
from tests.conformance.filesystem import readings, values

MONTH = Window(0, 100)


def write(pond: Pond, data: bytes) -> None:
    with pond.transaction() as changes:
        changes.write_data("/f", data)


def test_11_1_a_transaction_is_seen_whole_when_its_block_ends(pond: Pond) -> None:
    other = Pond.open(pond.path, durability="process")
    with pond.transaction() as changes:
        changes.write_data("/f", b"")
        changes.write_data("/g", b"")
        assert other.snapshot().ls() == []
    assert [node.name for node in other.snapshot().ls()] == ["f", "g"]


def test_11_1_a_block_that_raises_changes_nothing(pond: Pond) -> None:
    def change(changes: Transaction) -> None:
        changes.write_data("/f", b"")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pond.transact(change)
    assert pond.snapshot().ls() == []


def test_11_2_transactions_are_numbered_without_holes(pond: Pond) -> None:
    write(pond, b"1")
    pond.transact(lambda changes: changes.mkdir("/f/..", exist_ok=True))
    pond.maintain()
    write(pond, b"2")
    assert [header.txn for header in pond.log()] == [2, 1]


def test_11_3_every_txn_can_be_shown_until_it_is_forgotten(pond: Pond) -> None:
    for data in (b"1", b"2", b"3"):
        write(pond, data)
    assert pond.snapshot(0).ls() == []
    assert [pond.snapshot(txn).read_data("/f") for txn in (1, 2, 3)] == [b"1", b"2", b"3"]
    with pytest.raises(NotFoundError):
        pond.snapshot(4)
    kept = pond.snapshot(2)
    pond.maintain(forget_before=2)
    assert kept.read_data("/f") == pond.snapshot(2).read_data("/f") == b"2"
    for txn in (0, 1):
        with pytest.raises(SnapshotForgottenError):
            pond.snapshot(txn).read_data("/f")


def test_11_4_upkeep_changes_nothing_that_a_snapshot_shows(pond: Pond) -> None:
    for start in range(70):
        rows = readings({start: 1.0}, "depth" if start == 69 else "value")
        with pond.transaction() as changes:
            changes.write_window("/s", rows, Window(start, start + 1))
    kept = pond.snapshot(50)
    pond.maintain()
    fresh = Pond.open(pond.path, durability="process")
    assert fresh.log()[0].txn == 70
    assert len(fresh.snapshot().node("/s").pieces) < 70
    assert fresh.snapshot().read_series("/s", Window(0, 60)).column_names == ["timestamp", "value"]
    for snapshot in (kept, fresh.snapshot(50)):
        assert values(snapshot.read_series("/s")) == dict.fromkeys(range(50), 1.0)


def test_11_4_a_snapshot_reads_on_though_upkeep_drops_the_windows_it_saw(pond: Pond) -> None:
    for start in range(70):
        with pond.transaction() as changes:
            changes.write_window("/s", readings({start: 1.0}), Window(start, start + 1))
    kept = pond.snapshot()
    assert len(kept.node("/s").pieces) > 1
    Pond.open(pond.path, durability="process").maintain(forget_before=70)
    for snapshot in (kept, pond.snapshot()):
        assert values(snapshot.read_series("/s")) == dict.fromkeys(range(70), 1.0)
        assert values(snapshot.read_series("/s", Window(3, 5))) == {3: 1.0, 4: 1.0}


def test_11_5_a_replaced_range_holds_the_rows_given(pond: Pond) -> None:
    with pond.transaction() as changes:
        assert changes.replace_window("/s", readings({1: 1.0, 9: 1.0}), MONTH) == MONTH
    with pond.transaction() as changes:
        assert changes.replace_window("/s", readings({1: 1.0, 9: 1.0}), MONTH) is None
        assert changes.replace_window("/s", readings({1: 1.0, 4: 2.0}), MONTH) == Window(4, 100)
    assert values(pond.snapshot().read_series("/s")) == {1: 1.0, 4: 2.0}


def test_11_6_a_merged_range_holds_what_was_there_too(pond: Pond) -> None:
    with pond.transaction() as changes:
        changes.merge_window("/s", readings({1: 1.0, 5: 5.0}), MONTH)
        changes.merge_window("/s", readings({5: 6.0, 9: 9.0}), MONTH)
    assert values(pond.snapshot().read_series("/s")) == {1: 1.0, 5: 6.0, 9: 9.0}


def test_11_7_a_mark_is_written_once(pond: Pond) -> None:
    with pond.transaction() as changes:
        changes.create_series("/s")
        assert changes.set_mark("/s", {"hash": "a"}, MONTH)
    with pond.transaction() as changes:
        assert not changes.set_mark("/s", {"hash": "a"}, MONTH)
    assert changes.header is None


def test_4_10_a_mark_without_facts_goes(pond: Pond) -> None:
    with pond.transaction() as changes:
        changes.create_series("/s")
        assert changes.set_mark("/s", {"hash": "a"}, MONTH)
    with pond.transaction() as changes:
        assert changes.set_mark("/s", {}, MONTH)
        assert not changes.set_mark("/s", {}, MONTH)
    assert dict(pond.snapshot().node("/s").marks) == {}


def test_11_8_a_transaction_that_is_over_takes_no_changes(pond: Pond) -> None:
    with pond.transaction() as changes:
        changes.mkdir("/d")
    with pytest.raises(ClosedError, match="over"):
        changes.mkdir("/e")


def test_11_8_a_transaction_of_yesterday_is_not_committed(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(changes: Transaction) -> None:
        changes.mkdir("/d")
        later = time.monotonic() + 13 * 3600
        monkeypatch.setattr(time, "monotonic", lambda: later)

    with pytest.raises(ClosedError, match="12 hours"):
        pond.transact(change)
    assert pond.snapshot().ls() == []


def test_10_10_upkeep_conflicts_with_nothing(pond: Pond) -> None:
    write(pond, b"1")
    with pond.transaction(read=["/**"]) as changes:
        changes.write_data("/f", b"2")
        Pond.open(pond.path, durability="process").maintain()
    assert pond.snapshot().read_data("/f") == b"2"


def test_11_4_nothing_is_wrong_where_a_removed_name_was_made_again_after_upkeep(pond: Pond) -> None:
    write(pond, b"1")
    pond.transact(lambda changes: changes.remove("/f"))
    pond.maintain()
    write(pond, b"2")
    pond.maintain()
    assert pond.verify().findings == ()
    assert [pond.snapshot(txn).exists("/f") for txn in (1, 2, 3)] == [True, False, True]


def test_11_4_a_series_in_a_sealed_file_is_condensed(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MERGE_FILES", 1000)
    for start in range(70):
        with pond.transaction() as changes:
            changes.write_window("/s", readings({start: 1.0}), Window(start, start + 1))
    monkeypatch.setattr(maintenance, "SEALED_BYTES", 1)
    pond.maintain()
    assert len(pond.snapshot().node("/s").pieces) < 70
    assert values(pond.snapshot().read_series("/s")) == dict.fromkeys(range(70), 1.0)
    assert pond.verify().findings == ()
