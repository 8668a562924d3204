from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond
from pond_pipeline.plan import Plan
from pond_pipeline.summary import AssetSummary, summarize
from tests.pipeline.steps.exports import (
    FILES,
    QUARANTINE,
    TABLE,
    a_files_step,
    a_folder,
    an_export_step,
)
from tests.pipeline.steps.station import a_dictionary
from tests.pipeline.waters import at, store, water

SOURCE = a_folder(Path("/nowhere"))
PLAN = Plan(None, (), (a_dictionary(), a_files_step(SOURCE), an_export_step(SOURCE)))


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def of(pond: Pond, path: str) -> AssetSummary:
    return {each.path: each for each in summarize(PLAN, pond.snapshot())}[path]


def test_every_output_is_told_in_the_order_of_the_plan(pond: Pond) -> None:
    paths = [each.path for each in summarize(PLAN, pond.snapshot())]
    assert paths == [*a_dictionary().outputs, FILES, QUARANTINE, TABLE]


def test_of_what_was_never_made_nothing_is_told(pond: Pond) -> None:
    assert of(pond, TABLE) == AssetSummary(TABLE)


def test_a_series_tells_its_rows_its_range_and_who_wrote_it_last(pond: Pond) -> None:
    readings = {"2025-01-10 00:00": 1.0, "2025-02-10 00:00": 2.0}
    store(pond, TABLE, water(readings), "2025-01")
    store(pond, TABLE, water(readings), "2025-02")
    assert of(pond, TABLE) == AssetSummary(
        TABLE, rows=2, first=at("2025-01-10"), last=at("2025-02-10"), txn=2
    )


def test_a_series_without_rows_has_no_range(pond: Pond) -> None:
    store(pond, TABLE, water({}), "2025-01")
    assert of(pond, TABLE) == AssetSummary(TABLE, rows=0, txn=1)


def test_rows_are_those_that_are_there_now(pond: Pond) -> None:
    store(pond, TABLE, water({"2025-01-10 00:00": 1.0, "2025-01-11 00:00": 2.0}), "2025-01")
    store(pond, TABLE, water({"2025-01-10 00:00": 1.0}), "2025-01")
    assert of(pond, TABLE).rows == 1


def test_a_table_tells_its_rows(pond: Pond) -> None:
    units = a_dictionary().outputs[0]
    with pond.transaction() as tx:
        tx.mkdir("/raw/bay", parents=True)
        tx.write_table(units, pa.table({"id": [1, 2, 3]}))
    assert of(pond, units) == AssetSummary(units, rows=3, txn=1)


def test_a_folder_tells_its_files(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.mkdir(FILES, parents=True)
        tx.write_data(f"{FILES}/a.csv", b"1")
        tx.write_data(f"{FILES}/b.csv", b"2")
    assert of(pond, FILES) == AssetSummary(FILES, files=2, txn=1)
