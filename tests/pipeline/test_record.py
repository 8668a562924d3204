from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond, Provenance, SchemaError, Window, content_hash
from pond_pipeline.record import (
    SeriesUpdate,
    Slice,
    describe,
    record,
)
from tests.pipeline.waters import INSTANT, at, months_of, rows_of, store, update_of, water

PIER = "/normalized/bay/Pier"
JANUARY, FEBRUARY = months_of("2025-01", "2025-02")
READINGS = {"2025-01-10 00:00": 1.0, "2025-01-20 00:00": 2.0, "2025-02-10 00:00": 3.0}


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def batch_of(*keys: str) -> Sequence[Slice]:
    (batch,) = update_of(water(READINGS), *keys).batches
    return batch


def test_a_month_holds_the_rows_of_its_slice(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    assert rows_of(pond, PIER) == READINGS


def test_what_is_recorded_of_a_month_is_told(pond: Pond) -> None:
    january, february = store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    stored = pond.snapshot().read_series(PIER, JANUARY.window)
    assert (january.period, january.rows, january.columns, january.txn) == (JANUARY, 2, 1, 1)
    assert (january.first, january.last) == (at("2025-01-10"), at("2025-01-20"))
    assert january.data_version == content_hash(stored)[:32]
    assert january.bytes > 0
    assert february.rows == 1


def test_a_month_without_rows_is_recorded_as_empty(pond: Pond) -> None:
    (january,) = store(pond, PIER, water({}), "2025-01")
    assert (january.rows, january.first, january.last, january.bytes) == (0, None, None, 0)


def test_directories_are_made(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01")
    assert [each.name for each in pond.snapshot().ls("/normalized")] == ["bay"]


def test_a_batch_is_one_transaction_that_names_asset_and_months(pond: Pond) -> None:
    update = update_of(water(READINGS), "2025-01", "2025-02")
    who = Provenance(author="dagster", message="step", run_id="r1")
    list(record(pond, PIER, update, provenance=who))
    (header,) = pond.log()
    assert header.provenance == Provenance(
        author="dagster",
        message="step",
        run_id="r1",
        asset=PIER,
        partitions=("2025-01", "2025-02"),
    )


def test_batches_are_taken_one_by_one(pond: Pond) -> None:
    table = water(READINGS)
    batches = (update_of(table, key).batches for key in ("2025-01", "2025-02"))
    lazy = SeriesUpdate(slices for each in batches for slices in each)
    recorded = record(pond, PIER, lazy, provenance=Provenance())
    assert next(recorded).period == JANUARY
    assert pond.snapshot().txn == 1
    assert next(recorded).period == FEBRUARY


def test_what_is_beside_a_series_is_in_the_same_transaction(pond: Pond) -> None:
    beside = SeriesUpdate([batch_of("2025-01"), batch_of("2025-02")])
    update = SeriesUpdate([batch_of("2025-01", "2025-02")], beside={"/other": beside})
    list(record(pond, PIER, update, provenance=Provenance()))
    assert [(log.provenance.asset, log.provenance.partitions) for log in pond.log()] == [
        (PIER, ("2025-02",)),
        (PIER, ("2025-01", "2025-02")),
    ]
    assert rows_of(pond, "/other") == rows_of(pond, PIER) == READINGS


def test_what_was_persisted_beside_a_series_is_told_and_not_written_again(pond: Pond) -> None:
    beside = SeriesUpdate([batch_of("2025-01")])
    update = SeriesUpdate([batch_of("2025-01")], beside={"/other": beside})
    list(record(pond, PIER, update, provenance=Provenance()))
    (january,) = record(pond, "/other", beside, provenance=Provenance())
    assert (january.period, january.rows, january.txn) == (JANUARY, 2, 1)
    assert pond.snapshot().txn == 1


def test_no_difference_is_no_transaction(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    again = store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    assert pond.snapshot().txn == 1
    assert [each.txn for each in again] == [None, None]


def test_only_what_differs_is_written(pond: Pond) -> None:
    days = {f"2025-01-{day:02} 00:00": float(day) for day in range(1, 32)}
    store(pond, PIER, water(days), "2025-01")
    store(pond, PIER, water({**days, "2025-01-15 00:00": 99.0}), "2025-01")
    written = [piece for piece in pond.snapshot().node(PIER).pieces if piece.txn == 2]
    assert [piece.rows for piece in written] == [1]
    assert rows_of(pond, PIER)["2025-01-15 00:00"] == 99.0


def test_a_computation_replaces_what_it_no_longer_gives(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    store(pond, PIER, water({"2025-01-10 00:00": 1.0}), "2025-01")
    assert list(rows_of(pond, PIER)) == ["2025-01-10 00:00", "2025-02-10 00:00"]


def test_a_pull_keeps_what_it_was_not_given(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01")
    new = water({"2025-01-15 00:00": 9.0})
    part = Slice(JANUARY, new, span=JANUARY.window, reach=(JANUARY.window,), merge=True)
    list(record(pond, PIER, SeriesUpdate([[part]]), provenance=Provenance()))
    assert list(rows_of(pond, PIER).values()) == [1.0, 9.0, 2.0]


def test_a_month_is_marked_with_its_inputs_and_the_version_of_its_step(pond: Pond) -> None:
    part = Slice(
        JANUARY, water({}), span=JANUARY.window, reach=(JANUARY.window,), inputs={"/a": "v1"}
    )
    update = SeriesUpdate([[part]], fingerprint="f1")
    list(record(pond, PIER, update, provenance=Provenance()))
    facts = pond.snapshot().node(PIER).marks[JANUARY.window]
    assert (facts["partition"], facts["rows"]) == ("2025-01", 0)
    assert (facts["inputs"], facts["fingerprint"]) == ({"/a": "v1"}, "f1")


def test_other_inputs_with_the_same_result_are_marked_and_write_no_rows(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01")
    pieces = pond.snapshot().node(PIER).pieces
    update = update_of(water(READINGS), "2025-01", fingerprint="new")
    list(record(pond, PIER, update, provenance=Provenance()))
    node = pond.snapshot().node(PIER)
    assert node.pieces == pieces
    assert node.marks[JANUARY.window]["fingerprint"] == "new"


def test_a_neighbor_that_changed_is_marked_anew_and_told(pond: Pond) -> None:
    store(pond, PIER, water({"2025-01-30 00:00": 1.0}), "2025-01")
    before = pond.snapshot().node(PIER).marks[JANUARY.window]
    table = water({"2025-01-30 00:00": 7.0, "2025-02-10 00:00": 3.0})
    span = Window.of(at("2025-01-30"), FEBRUARY.window.end)
    part = Slice(FEBRUARY, table, span=span, reach=(FEBRUARY.window,))
    months = [
        each.period for each in record(pond, PIER, SeriesUpdate([[part]]), provenance=Provenance())
    ]
    after = pond.snapshot().node(PIER).marks[JANUARY.window]
    assert months == [FEBRUARY, JANUARY]
    assert after["data_version"] != before["data_version"]
    assert after["inputs"] == before["inputs"]


def test_a_neighbor_that_stays_as_it_was_is_not_told(pond: Pond) -> None:
    store(pond, PIER, water({"2025-01-30 00:00": 1.0}), "2025-01")
    table = water({"2025-01-30 00:00": 1.0, "2025-02-10 00:00": 3.0})
    span = Window.of(at("2025-01-30"), FEBRUARY.window.end)
    part = Slice(FEBRUARY, table, span=span, reach=(FEBRUARY.window,))
    recorded = record(pond, PIER, SeriesUpdate([[part]]), provenance=Provenance())
    assert [each.period for each in recorded] == [FEBRUARY]


def test_when_a_reading_was_fetched_makes_no_difference(pond: Pond) -> None:
    def fetched(day: str) -> pa.Table:
        stamp = pa.array([at(day)], pa.timestamp("us", tz="UTC"))
        return water({"2025-01-10 00:00": 1.0}).append_column("fetched_at", stamp)

    (first,) = store(pond, PIER, fetched("2025-01-11"), "2025-01")
    (again,) = store(pond, PIER, fetched("2025-01-12"), "2025-01")
    assert again.data_version == first.data_version
    assert pond.snapshot().txn == 1


def test_only_the_months_that_changed_were_written_by_a_transaction(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    changed = water({**READINGS, "2025-02-10 00:00": 9.0})
    january, february = store(pond, PIER, changed, "2025-01", "2025-02")
    assert (january.txn, february.txn) == (None, 2)


def test_a_column_that_changes_its_type_is_refused_and_nothing_is_written(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01")
    text = pa.table([[at("2025-02-01")], ["warm"]], schema=pa.schema([INSTANT, _text()]))
    with pytest.raises(SchemaError, match=r"Temperature\.C"):
        store(pond, PIER, text, "2025-02")
    assert pond.snapshot().txn == 1


def test_of_a_month_that_was_never_made_nothing_is_recorded(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01")
    assert describe(pond.snapshot(), PIER, FEBRUARY) is None
    assert describe(pond.snapshot(), "/absent", JANUARY) is None


def test_where_days_are_made_the_mark_of_their_month_goes_and_its_rows_stay(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    store(pond, PIER, water({"2025-02-10 00:00": 9.0}), "2025-02-10")
    marks = pond.snapshot().node(PIER).marks.values()
    assert sorted(str(facts["partition"]) for facts in marks) == ["2025-01", "2025-02-10"]
    assert rows_of(pond, PIER) == {**READINGS, "2025-02-10 00:00": 9.0}


def _text() -> pa.Field:
    return pa.field("Temperature.C", pa.string())
