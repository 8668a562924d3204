from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond, Provenance, Window
from pond_pipeline.periods import Period
from pond_pipeline.record import record
from pond_pipeline.steps.derived import Due, due_periods, whole_periods
from tests.pipeline.waters import INSTANT, months_of, store, water

SOURCE, RESULT = "/normalized/bay/Pier", "/combined/bay/Pier"
READINGS = {"2025-01-31 00:00": 1.0, "2025-02-01 00:00": 2.0}


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    pond = Pond.init(tmp_path / "pond", durability="process")
    store(pond, SOURCE, water(READINGS), "2025-01", "2025-02")
    return pond


def due(pond: Pond, *, margin_days: int = 0, fingerprint: str = "1") -> list[Due]:
    day_us = 86_400_000_000

    def needs(month: Period) -> Window:
        start_us, end_us = month.window.start_us or 0, month.window.end_us or 0
        return Window(start_us - margin_days * day_us, end_us + margin_days * day_us)

    months = months_of("2025-01", "2025-02")
    return due_periods(
        pond.snapshot(), RESULT, months, inputs=[SOURCE], fingerprint=fingerprint, needs=needs
    )


def make(pond: Pond, months: list[Due]) -> None:
    def compute(month: Period) -> pa.Table:
        return pond.snapshot().read_series(SOURCE, month.window)

    update = whole_periods(months, compute, fingerprint="1")
    list(record(pond, RESULT, update, provenance=Provenance()))


def keys(months: list[Due]) -> list[str]:
    return [each.period.key for each in months]


def test_what_was_never_made_is_due(pond: Pond) -> None:
    assert keys(due(pond)) == ["2025-01", "2025-02"]


def test_what_was_made_from_these_inputs_is_not_due(pond: Pond) -> None:
    make(pond, due(pond))
    assert due(pond) == []


def test_what_was_made_by_another_version_is_due(pond: Pond) -> None:
    make(pond, due(pond))
    assert keys(due(pond, fingerprint="2")) == ["2025-01", "2025-02"]


def test_a_month_is_due_when_its_own_input_changed(pond: Pond) -> None:
    make(pond, due(pond))
    store(pond, SOURCE, water({"2025-01-31 00:00": 9}), "2025-01")
    assert keys(due(pond)) == ["2025-01"]


def test_a_month_that_needs_its_neighbor_is_due_when_that_changed(pond: Pond) -> None:
    make(pond, due(pond, margin_days=1))
    store(pond, SOURCE, water({"2025-01-31 00:00": 9}), "2025-01")
    assert keys(due(pond, margin_days=1)) == ["2025-01", "2025-02"]


def test_an_input_that_changed_back_makes_nothing_due(pond: Pond) -> None:
    make(pond, due(pond))
    store(pond, SOURCE, water({"2025-01-31 00:00": 9}), "2025-01")
    store(pond, SOURCE, water(READINGS), "2025-01")
    assert due(pond) == []


def test_all_months_of_an_update_are_one_transaction(pond: Pond) -> None:
    before = pond.snapshot().txn
    make(pond, due(pond))
    assert pond.snapshot().txn == before + 1


def test_nothing_due_is_an_update_without_batches() -> None:
    update = whole_periods([], lambda _month: pa.schema([INSTANT]).empty_table(), fingerprint="1")
    assert list(update.batches) == []
