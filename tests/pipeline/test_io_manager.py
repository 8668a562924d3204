"""What assets that users write may return, and how they read each other."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
import polars as pl
import pyarrow as pa
import pytest

from pond_core import DataError, Pond, Snapshot, content_hash
from pond_pipeline.errors import PipelineError
from pond_pipeline.io_manager import PondIOManager
from pond_pipeline.periods import Period
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.steps import Arrival, CheckedFiles, Verdict
from tests.pipeline.waters import rows_of, update_of, water

MONTHLY = dg.MonthlyPartitionsDefinition(
    start_date="2024-01", end_date="2026-01", fmt="%Y-%m", timezone="UTC"
)
KEY = dg.AssetKey(["mine", "water"])
PATH = "/mine/water"
READINGS = {"2025-01-10 00:00": 1.0, "2025-02-10 00:00": 2.0, "2025-03-10 00:00": 3.0}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def series(value: object) -> dg.AssetsDefinition:
    """Return an asset of months whose function returns a value."""

    @dg.asset(key=KEY, partitions_def=MONTHLY, backfill_policy=dg.BackfillPolicy.single_run())
    def _asset() -> object:
        return value

    return _asset


def whole(value: object) -> dg.AssetsDefinition:
    """Return an asset without months."""

    @dg.asset(key=KEY)
    def _asset() -> object:
        return value

    return _asset


def make(
    pond: Pond, instance: dg.DagsterInstance, *assets: dg.AssetsDefinition, months: str = ""
) -> dg.ExecuteInProcessResult:
    """Materialize assets: of no month, of one (`2025-01`) or of several (`2025-01...2025-03`)."""
    first, _, last = months.partition("...")
    tags = {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }
    return dg.materialize(
        assets,
        instance=instance,
        resources={"io_manager": PondIOManager(path=str(pond.path))},
        partition_key=first if first and not last else None,
        tags=tags if last else None,
    )


def materializations(
    instance: dg.DagsterInstance, month: str | None = None
) -> Sequence[dg.AssetMaterialization]:
    partitions = None if month is None else [month]
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(KEY, asset_partitions=partitions), limit=100
    ).records
    return [each.asset_materialization for each in records if each.asset_materialization]


def metadata_of(instance: dg.DagsterInstance, month: str) -> dict[str, object]:
    latest = materializations(instance, month)[0]
    return {name: value.value for name, value in latest.metadata.items()}


@pytest.mark.parametrize(
    "value",
    [
        water(READINGS),
        pl.DataFrame(water(READINGS)),
        update_of(water(READINGS), "2025-01", "2025-02", "2025-03"),
    ],
    ids=["table", "frame", "update"],
)
def test_the_months_of_a_series_can_be_returned_in_three_ways(
    pond: Pond, instance: dg.DagsterInstance, value: object
) -> None:
    make(pond, instance, series(value), months="2025-01...2025-03")
    assert rows_of(pond, PATH) == READINGS
    assert len(pond.snapshot().node(PATH).marks) == 3


def test_one_month_is_written_alone(pond: Pond, instance: dg.DagsterInstance) -> None:
    make(pond, instance, series(water(READINGS)), months="2025-02")
    assert rows_of(pond, PATH) == {"2025-02-10 00:00": 2.0}


def test_the_pond_is_made_at_the_first_write(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    dg.materialize(
        [whole(water(READINGS))],
        instance=instance,
        resources={"io_manager": PondIOManager(path=str(tmp_path / "new"))},
    )
    assert Pond.open(tmp_path / "new").snapshot().exists(PATH)


def test_a_table_without_months_is_kept_whole(pond: Pond, instance: dg.DagsterInstance) -> None:
    table = pa.table({"id": [2, 1], "name": ["b", "a"]})
    make(pond, instance, whole(table))
    assert pond.snapshot().read_table(PATH).equals(table)


def test_an_equal_table_is_no_transaction(pond: Pond, instance: dg.DagsterInstance) -> None:
    for _ in range(2):
        make(pond, instance, whole(pa.table({"id": [1]})))
    assert pond.snapshot().txn == 1
    newer, older = materializations(instance)
    assert _version(newer) == _version(older) != ""
    assert ("pond/txn" in older.metadata, "pond/txn" in newer.metadata) == (True, False)


def test_files_are_kept_bit_for_bit(pond: Pond, instance: dg.DagsterInstance) -> None:
    verdict = Verdict("a.csv", "digest")
    files = CheckedFiles([[Arrival(verdict, b"\x00\xff")]], {"a.csv": verdict})
    make(pond, instance, whole(files))
    assert pond.snapshot().read_data(f"{PATH}/a.csv") == b"\x00\xff"
    assert materializations(instance)[0].metadata["pond/new_files"].value == 1


@pytest.mark.parametrize("value", [7, {"a": 1}, None, b"bytes", pl.LazyFrame()])
def test_what_a_pond_cannot_hold_is_refused(
    pond: Pond, instance: dg.DagsterInstance, value: object
) -> None:
    with pytest.raises(PipelineError, match=type(value).__name__) as caught:
        make(pond, instance, whole(value))
    assert "pyarrow Table" in caught.value.hint


def test_a_table_without_instants_is_no_series(pond: Pond, instance: dg.DagsterInstance) -> None:
    with pytest.raises((DataError, KeyError), match="timestamp"):
        make(pond, instance, series(pa.table({"id": [1]})), months="2025-01")


def test_an_upstream_asset_is_loaded_as_it_is_asked_for(
    pond: Pond, instance: dg.DagsterInstance
) -> None:
    seen: dict[str, object] = {}

    def note(name: str, value: object) -> pa.Table:
        seen[name] = value
        return water({})

    monthly = dg.asset(
        ins={"up": dg.AssetIn(key=KEY)},
        partitions_def=MONTHLY,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )

    @monthly
    def table(up: pa.Table) -> pa.Table:
        return note("table", up)

    @monthly
    def frame(up: pl.DataFrame) -> pa.Table:
        return note("frame", up)

    @monthly
    def lazy(up: pl.LazyFrame) -> pa.Table:
        return note("lazy", up)

    @monthly
    def snapshot(up: Snapshot) -> pa.Table:
        return note("snapshot", up)

    @monthly
    def unannotated(up):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 -- as one may
        return note("unannotated", up)

    downstream = (table, frame, lazy, snapshot, unannotated)
    make(pond, instance, series(water(READINGS)), *downstream, months="2025-02")
    wanted = water({"2025-02-10 00:00": 2.0})
    kinds = {name: type(value) for name, value in seen.items()}
    assert kinds == {
        "table": pa.Table,
        "frame": pl.DataFrame,
        "lazy": pl.LazyFrame,
        "snapshot": Snapshot,
        "unannotated": Snapshot,
    }
    assert seen["table"] == wanted
    assert pl.DataFrame(wanted).equals(seen["frame"])  # type: ignore[arg-type]  # see kinds


def test_a_range_of_months_is_loaded_as_one_table(pond: Pond, instance: dg.DagsterInstance) -> None:
    seen: list[pa.Table] = []

    @dg.asset(
        ins={"up": dg.AssetIn(key=KEY)},
        partitions_def=MONTHLY,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def down(up: pa.Table) -> pa.Table:
        seen.append(up)
        return up

    make(pond, instance, series(water(READINGS)), down, months="2025-01...2025-02")
    assert [table["Temperature.C"].to_pylist() for table in seen] == [[1.0, 2.0]]
    assert list(rows_of(pond, "/down")) == ["2025-01-10 00:00", "2025-02-10 00:00"]


def test_a_whole_table_is_loaded_whole(pond: Pond, instance: dg.DagsterInstance) -> None:
    seen: list[pl.DataFrame] = []

    @dg.asset(ins={"up": dg.AssetIn(key=KEY)})
    def down(up: pl.DataFrame) -> pl.DataFrame:
        seen.append(up)
        return up

    make(pond, instance, whole(pa.table({"id": [1, 2]})), down)
    assert seen[0]["id"].to_list() == [1, 2]


def test_each_month_of_a_run_has_its_own_facts(pond: Pond, instance: dg.DagsterInstance) -> None:
    make(pond, instance, series(water(READINGS)), months="2025-02...2025-04")
    month = Period.parse("2025-02")
    stored = pond.snapshot().read_series(PATH, month.window)
    assert metadata_of(instance, "2025-02") == {
        "dagster/partition_row_count": 1,
        "pond/columns": 1,
        "pond/bytes": pond.snapshot().node(PATH).pieces[0].size,
        "pond/data_version": content_hash(stored)[:12],
        "pond/first": month.start.replace(day=10).timestamp(),
        "pond/last": month.start.replace(day=10).timestamp(),
        "pond/txn": 1,
        "pond/show": "pond show 1",
        "Temperature.C": "·······▅················  2 to 2",
        "mean Temperature.C": 2.0,
    }
    assert metadata_of(instance, "2025-04")["dagster/partition_row_count"] == 0


def test_a_month_that_stayed_as_it_was_names_no_transaction(
    pond: Pond, instance: dg.DagsterInstance
) -> None:
    make(pond, instance, series(water(READINGS)), months="2025-01...2025-02")
    changed = water({**READINGS, "2025-02-10 00:00": 9.0})
    make(pond, instance, series(changed), months="2025-01...2025-02")
    assert "pond/txn" not in metadata_of(instance, "2025-01")
    assert metadata_of(instance, "2025-02")["pond/txn"] == 2


def test_the_newest_month_with_rows_has_the_columns_and_a_preview(
    pond: Pond, instance: dg.DagsterInstance
) -> None:
    make(pond, instance, series(water(READINGS)), months="2025-02...2025-04")
    told = {month: metadata_of(instance, month) for month in ("2025-02", "2025-03", "2025-04")}
    with_columns = [month for month in told if "dagster/column_schema" in told[month]]
    with_preview = [month for month in told if "pond/preview" in told[month]]
    assert with_columns == with_preview == ["2025-03"]


def test_a_month_that_stayed_as_it_was_has_columns_and_no_glance_at_its_content(
    pond: Pond, instance: dg.DagsterInstance
) -> None:
    for _ in range(2):
        make(pond, instance, series(water(READINGS)), months="2025-01")
    told = metadata_of(instance, "2025-01")
    assert "dagster/column_schema" in told
    assert not {"pond/preview", "Temperature.C", "mean Temperature.C"} & set(told)


def test_a_whole_table_has_its_columns_and_a_preview(
    pond: Pond, instance: dg.DagsterInstance
) -> None:
    make(pond, instance, whole(pa.table({"id": [1, 2]})))
    told = {name: each.value for name, each in materializations(instance)[0].metadata.items()}
    assert (told["dagster/row_count"], told["pond/show"]) == (2, "pond show 1")
    assert {"dagster/column_schema", "pond/preview"} <= set(told)


def test_a_run_over_one_month_has_that_month_s_data_version(
    pond: Pond, instance: dg.DagsterInstance
) -> None:
    make(pond, instance, series(water(READINGS)), months="2025-02")
    stored = pond.snapshot().read_series(PATH, Period.parse("2025-02").window)
    (made,) = materializations(instance, "2025-02")
    assert _version(made) == content_hash(stored)[:32]


def test_a_run_is_named_in_the_pond_s_log(pond: Pond, instance: dg.DagsterInstance) -> None:
    result = make(pond, instance, series(water(READINGS)), months="2025-01...2025-02")
    (header,) = pond.log()
    assert header.provenance.run_id == result.run_id
    assert (header.provenance.author, header.provenance.asset) == ("dagster", PATH)
    assert header.provenance.partitions == ("2025-01", "2025-02")


def test_what_lies_beside_a_series_is_written_with_it(
    pond: Pond, instance: dg.DagsterInstance
) -> None:
    update = update_of(water(READINGS), "2025-01")
    beside = update_of(water({"2025-01-11 00:00": 5.0}), "2025-01")
    with_beside = SeriesUpdate(update.batches, beside={"/mine/beside": beside})
    make(pond, instance, series(with_beside), months="2025-01")
    assert [header.provenance.asset for header in pond.log()] == [PATH]
    assert rows_of(pond, "/mine/beside") == {"2025-01-11 00:00": 5.0}


def test_an_asset_can_lie_in_the_root(pond: Pond, instance: dg.DagsterInstance) -> None:
    @dg.asset
    def units() -> pa.Table:
        return pa.table({"id": [1]})

    make(pond, instance, units)
    assert pond.snapshot().exists("/units")


def _version(materialization: dg.AssetMaterialization) -> str:
    return (materialization.tags or {}).get("dagster/data_version", "")
