"""Dagster's view after a restore, a lost home, or work of another home: it agrees with the pond."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from pond_core import NotAPondError, Pond
from pond_pipeline.config import load_documents
from pond_pipeline.instance import open_instance
from pond_pipeline.plan import Plan, compile_plan
from pond_pipeline.runs import launch
from pond_pipeline.sync import Synced, SyncedAsset, sync_dagster, sync_if_moved
from tests.pipeline.harbor import harbor_server, small_plan
from tests.pipeline.waters import months_of, store, water

BAY = "/combined/bay/Bay"
KEY = dg.AssetKey(["combined", "bay", "Bay"])
UNITS = "/raw/bay/units"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "to be restored")
    with open_instance(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return small_plan(tmp_path, "http://127.0.0.1:1")


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    """A pond with two months of one site."""
    made = Pond.init(tmp_path / "pond", durability="process")
    _write(made, "2025-01", 10.0)
    _write(made, "2025-02", 11.0)
    return made


def test_months_that_dagster_does_not_know_are_reported(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    synced = sync_dagster(instance, plan, pond=pond.path)
    assert synced == Synced(2, (SyncedAsset(BAY, wiped=False, reported=2),))
    assert instance.get_materialized_partitions(KEY) == {"2025-01", "2025-02"}


def test_what_is_reported_says_what_a_run_would_have_said(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    sync_dagster(instance, plan, pond=pond.path)
    event = instance.get_latest_materialization_event(KEY)
    assert event is not None
    assert event.asset_materialization is not None
    metadata = {k: v.value for k, v in event.asset_materialization.metadata.items()}
    assert event.asset_materialization.partition == "2025-02"
    assert metadata["dagster/partition_row_count"] == 1
    assert metadata["pond/txn"] == 2
    assert metadata["pond/data_version"] == _versions(instance)["2025-02"][:12]


def test_where_they_agree_nothing_is_reported(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    sync_dagster(instance, plan, pond=pond.path)
    assert sync_dagster(instance, plan, pond=pond.path).assets == ()


def test_a_month_of_another_version_is_reported_alone(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    sync_dagster(instance, plan, pond=pond.path)
    before = _versions(instance)
    _write(pond, "2025-01", 99.0)
    (asset,) = sync_dagster(instance, plan, pond=pond.path).assets
    assert asset == SyncedAsset(BAY, wiped=False, reported=1)
    after = _versions(instance)
    assert (after["2025-01"] != before["2025-01"], after["2025-02"]) == (True, before["2025-02"])


def test_of_a_pond_that_was_restored_dagster_forgets_what_is_not_there(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    backup = shutil.copytree(pond.path, pond.path.with_name("backup"))
    _write(pond, "2025-03", 12.0)
    sync_dagster(instance, plan, pond=pond.path)
    assert sync_dagster(instance, plan, pond=backup).assets == (
        SyncedAsset(BAY, wiped=True, reported=2),
    )
    assert instance.get_materialized_partitions(KEY) == {"2025-01", "2025-02"}


def test_where_the_pond_has_nothing_dagster_knows_nothing(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond, tmp_path: Path
) -> None:
    sync_dagster(instance, plan, pond=pond.path)
    empty = Pond.init(tmp_path / "empty")
    (asset,) = sync_dagster(instance, plan, pond=empty.path).assets
    assert asset == SyncedAsset(BAY, wiped=True, reported=0)
    assert instance.get_materialized_partitions(KEY) == set()


def test_a_table_is_compared_as_a_whole(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    _write_units(pond, "psi")
    reported = SyncedAsset(UNITS, wiped=False, reported=1)
    assert reported in sync_dagster(instance, plan, pond=pond.path).assets
    assert sync_dagster(instance, plan, pond=pond.path).assets == ()
    _write_units(pond, "kPa")
    assert sync_dagster(instance, plan, pond=pond.path).assets == (reported,)


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")
def test_after_a_run_there_is_nothing_to_report(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    pond = tmp_path / "pond"
    with harbor_server() as server:
        plan = small_plan(tmp_path, server.base_url)
        months = months_of("2024-11", "2024-12", "2025-01")
        for block in (months, months[1:2]):
            (report,) = launch.run(
                plan, plan.steps, block, root=tmp_path, pond=pond, instance=instance
            )
            assert report.failures == ()
    assert sync_dagster(instance, plan, pond=pond).assets == ()


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")
def test_after_a_run_over_files_there_is_nothing_to_report(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.htm").write_text("no export")
    text = "kind: LakeTech\nname: lab\nspec: {pattern: inbox/*.htm, start: 2025-01-01}"
    plan = compile_plan(load_documents(text), root=tmp_path)
    pond = tmp_path / "pond"
    list(
        launch.run(
            plan, plan.steps, months_of("2025-01"), root=tmp_path, pond=pond, instance=instance
        )
    )
    assert sync_dagster(instance, plan, pond=pond).assets == ()
    instance.wipe_assets([dg.AssetKey(["raw", "lab", "files"])])
    assert len(sync_dagster(instance, plan, pond=pond).assets) == 1
    assert sync_dagster(instance, plan, pond=pond).assets == ()


def test_a_pond_that_did_not_move_is_not_compared_again(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    assert sync_if_moved(instance, plan, pond=pond.path) is not None
    assert sync_if_moved(instance, plan, pond=pond.path) is None
    _write(pond, "2025-03", 12.0)
    assert sync_if_moved(instance, plan, pond=pond.path) is not None


def test_a_pond_that_came_to_the_same_txn_another_way_is_compared(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond
) -> None:
    backup = shutil.copytree(pond.path, pond.path.with_name("backup"))
    _write(pond, "2025-03", 12.0)
    sync_if_moved(instance, plan, pond=pond.path)
    other = Pond.open(backup)
    _write(other, "2025-03", 13.0)
    assert other.snapshot().txn == pond.snapshot().txn
    synced = sync_if_moved(instance, plan, pond=backup)
    assert synced is not None
    assert synced.assets == (SyncedAsset(BAY, wiped=False, reported=1),)


def test_without_a_pond_nothing_is_wiped(
    instance: dg.DagsterInstance, plan: Plan, pond: Pond, tmp_path: Path
) -> None:
    sync_dagster(instance, plan, pond=pond.path)
    with pytest.raises(NotAPondError):
        sync_dagster(instance, plan, pond=tmp_path / "nowhere")
    assert instance.get_materialized_partitions(KEY)


def _write(pond: Pond, month: str, value: float) -> None:
    store(pond, BAY, water({f"{month}-01 12:00": value}), month)


def _write_units(pond: Pond, name: str) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/raw/bay", parents=True, exist_ok=True)
        tx.write_table(UNITS, pa.table({"id": ["17"], "name": [name]}))


def _versions(instance: dg.DagsterInstance) -> dict[str, str]:
    tag = "dagster/data_version"
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        KEY, dg.DagsterEventType.ASSET_MATERIALIZATION, [tag]
    )
    return {partition: found[tag] for partition, found in tags.items()}
