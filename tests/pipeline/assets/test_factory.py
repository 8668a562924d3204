from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pond_core import WIDE_KEY, Pond, Provenance, content_hash, to_us
from pond_pipeline.assets import REFETCH_TAG, build_assets
from pond_pipeline.assets.factory import partitions_of, pool_of
from pond_pipeline.config import load_documents
from pond_pipeline.hydrovu import RAW_KEY
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Cadence, Period, periods_between
from pond_pipeline.plan import HydroVuSource, Plan, compile_plan
from pond_pipeline.record import SeriesUpdate, Slice, record
from tests.pipeline.harbor import definitions_of, harbor_plan, harbor_server, small_plan

WEEKS = "/reduced/bay/sites/Bay/res=7d"
SITE = "/combined/bay/Bay"
RAW = "/raw/bay/Pier"
ALL = "2023-03...2025-02"


@pytest.fixture(scope="module")
def assets() -> dict[str, dg.AssetsDefinition]:
    """Return the harbor's assets by the name of their op."""
    made = build_assets(harbor_plan(), root=Path("/nowhere"))
    return {each.op.name: each for each in made}


@pytest.fixture(scope="module")
def specs(assets: dict[str, dg.AssetsDefinition]) -> dict[str, dg.AssetSpec]:
    """Return what is said of each asset, by pond path."""
    found = [spec for asset in assets.values() for spec in asset.specs]
    return {f"/{spec.key.to_user_string()}": spec for spec in found}


class Bay:
    """A small plan on a folder, and the instance that runs it."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance, plan: Plan) -> None:
        self.instance = instance
        self.folder = folder
        self.definitions = definitions_of(plan, folder)

    @property
    def pond(self) -> Pond:
        return Pond.open(self.folder / "pond")

    def run(self, months: str, *paths: str, **tags: str) -> dg.ExecuteInProcessResult:
        first, _, last = months.partition("...")
        job = self.definitions.resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            instance=self.instance,
            asset_selection=[path_to_key(path) for path in paths] or None,
            tags={
                "dagster/asset_partition_range_start": first,
                "dagster/asset_partition_range_end": last or first,
                **tags,
            },
        )

    def version(self, path: str, month: str) -> str:
        """Return the data version that was told last of one month."""
        return (self.made(path, month)[0].tags or {})["dagster/data_version"]

    def made(self, path: str, month: str) -> Sequence[dg.AssetMaterialization]:
        """Return the materializations of one month, newest first."""
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(path_to_key(path), asset_partitions=[month]), limit=10
        ).records
        return [each.asset_materialization for each in records if each.asset_materialization]


@pytest.fixture(scope="module")
def bay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bay]:
    """A bay whose 24 months were made in one run."""
    folder = tmp_path_factory.mktemp("bay")
    with harbor_server() as server, dg.DagsterInstance.ephemeral() as instance:
        bay = Bay(folder, instance, small_plan(folder, server.base_url))
        assert bay.run(ALL).success
        yield bay


def test_a_step_is_one_op_that_is_named_after_its_first_output(
    assets: dict[str, dg.AssetsDefinition],
) -> None:
    assert len(assets) == len(harbor_plan().steps)
    assert "raw_harbor_WharfVulink" in assets


def test_all_series_share_one_partitions_definition_that_holds_the_month_that_is_running(
    assets: dict[str, dg.AssetsDefinition],
) -> None:
    partitions = partitions_of(harbor_plan(), Cadence.MONTHLY)
    assert partitions is not None
    keys = partitions.get_partition_keys()
    assert keys[0] == "2024-11"
    assert Period.parse(keys[-1]).window.contains(to_us(datetime.now(UTC)))
    assert {each.partitions_def for each in _partitioned(assets)} == {partitions}


def test_without_sources_there_are_no_partitions() -> None:
    assert partitions_of(Plan(None, (), ()), Cadence.MONTHLY) is None


def test_a_backfill_of_series_is_one_run(assets: dict[str, dg.AssetsDefinition]) -> None:
    assert {each.backfill_policy for each in _partitioned(assets)} == {
        dg.BackfillPolicy.single_run()
    }


def test_dictionaries_have_no_partitions(assets: dict[str, dg.AssetsDefinition]) -> None:
    assert assets["raw_harbor_units"].partitions_def is None


def test_the_steps_of_one_account_take_turns(assets: dict[str, dg.AssetsDefinition]) -> None:
    pools = {name: asset.op.pool for name, asset in assets.items() if asset.op.pool}
    assert set(pools.values()) == {"hydrovu_harbor"}
    assert set(pools) == {name for name in assets if name.startswith("raw_")}


def test_a_pool_is_named_after_its_account() -> None:
    source = harbor_plan().sources[0]
    assert isinstance(source, HydroVuSource)
    assert pool_of(source) == "hydrovu_harbor"


def test_accounts_with_one_credential_share_a_pool_and_others_do_not() -> None:
    account = "kind: HydroVu\nname: {0}\nspec: {{key: {1}, secret: s, start: 2025-01-01}}\n"
    text = "---\n".join(account.format(*each) for each in ("ax", "bx", "cy"))
    pools = [pool_of(s) for s in compile_plan(load_documents(text), root=Path("/")).sources]  # type: ignore[arg-type]  # all of HydroVu
    assert pools == ["hydrovu_a", "hydrovu_a", "hydrovu_c"]


def test_a_quarantine_is_no_asset(specs: dict[str, dg.AssetSpec]) -> None:
    assert not [path for path in specs if path.startswith("/quarantine/")]


def test_an_asset_says_what_it_is_and_where_it_lies(specs: dict[str, dg.AssetSpec]) -> None:
    spec = specs["/combined/harbor/Wharf"]
    assert (spec.group_name, spec.kinds) == ("combined_harbor", {"polars"})
    assert spec.metadata["pond/path"] == "/combined/harbor/Wharf"
    assert "Wharf" in (spec.description or "")


def test_each_resolution_says_which_it_is(specs: dict[str, dg.AssetSpec]) -> None:
    told = [specs[f"/reduced/harbor/sites/Wharf/res={width}"] for width in ("1h", "24h")]
    assert [(spec.description or "").split(".")[0] for spec in told] == [
        "Buckets of 1h",
        "Buckets of 24h",
    ]


def test_assets_are_grouped_by_stage_and_resource(specs: dict[str, dg.AssetSpec]) -> None:
    assert {spec.group_name for spec in specs.values()} == {
        "raw_harbor",
        "normalized_harbor",
        "combined_harbor",
        "reduced_harbor",
        "site_harbor",
    }


def test_a_change_of_a_step_is_a_change_of_its_code_version(
    specs: dict[str, dg.AssetSpec],
) -> None:
    (step,) = (s for s in harbor_plan().steps if s.outputs == ("/combined/harbor/Wharf",))
    assert specs[step.outputs[0]].code_version == step.fingerprint[:12]


def test_each_month_of_a_run_has_its_own_data_version(bay: Bay) -> None:
    snapshot = bay.pond.snapshot()
    months = periods_between(Period.parse("2023-04"), Period.parse("2025-02"))
    for path in (RAW, "/normalized/bay/Pier", SITE, WEEKS):
        stored = {month.key: snapshot.read_series(path, month.window) for month in months}
        wanted = {
            key: content_hash(rows, ignore=("fetched_at",))[:32] for key, rows in stored.items()
        }
        assert {key: bay.version(path, key) for key in stored} == wanted


def test_a_run_over_one_month_tells_it_once(bay: Bay) -> None:
    before = len(bay.made(SITE, "2024-12"))
    assert bay.run("2024-12", SITE).success
    assert len(bay.made(SITE, "2024-12")) == before + 1


def test_a_month_that_changes_through_a_bucket_of_its_neighbor_is_told(bay: Bay) -> None:
    before = bay.version(WEEKS, "2025-01")
    _take_away(bay.pond, SITE, "2025-02")
    assert bay.run("2025-02", WEEKS).success
    assert bay.version(WEEKS, "2025-01") != before
    assert bay.run("2025-02", SITE, WEEKS).success
    assert bay.version(WEEKS, "2025-01") == before


def test_months_that_are_up_to_date_are_made_again_without_a_transaction(bay: Bay) -> None:
    assert bay.run("2024-12...2025-01").success
    before = bay.pond.snapshot().txn
    assert bay.run("2024-12...2025-01").success
    assert bay.pond.snapshot().txn == before


def test_a_run_with_the_tag_asks_for_whole_months_again(bay: Bay) -> None:
    rows = _rows(bay.pond, RAW)
    _take_away(bay.pond, RAW, "2024-12")
    assert bay.run("2024-12", RAW).success
    assert _rows(bay.pond, RAW) < rows
    assert bay.run("2024-12", RAW, **{REFETCH_TAG: "true"}).success
    assert _rows(bay.pond, RAW) == rows


def test_readings_of_a_wrong_clock_are_counted(bay: Bay) -> None:
    quarantined = [_told(bay, month)["pond/quarantined"] for month in ("2023-03", "2025-01")]
    stored = bay.pond.snapshot().read_series("/quarantine/bay/Pier").num_rows
    assert stored > 0
    assert quarantined == [stored, 0]
    assert bay.run("2023-03", "/normalized/bay/Pier").success  # nothing is behind
    assert _told(bay, "2023-03")["pond/quarantined"] == stored


def _told(bay: Bay, month: str) -> dict[str, object]:
    latest = bay.made("/normalized/bay/Pier", month)[0]
    return {name: each.value for name, each in latest.metadata.items()}


def _partitioned(assets: Mapping[str, dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    whole = ("raw_harbor_units", "site_harbor")
    return [asset for name, asset in assets.items() if name not in whole]


def _rows(pond: Pond, path: str) -> int:
    return int(pond.snapshot().read_series(path).num_rows)


def _take_away(pond: Pond, path: str, key: str) -> None:
    """Make a month of a series hold its first ten rows, as a step of its own would."""
    month = Period.parse(key)
    facts = pond.snapshot().node(path).marks[month.window]
    table = pond.snapshot().read_series(path, month.window).slice(0, 10)
    asked_for = facts["inputs"] if path == RAW else {}
    assert isinstance(asked_for, dict)
    part = Slice(month, table, span=month.window, reach=(month.window,), inputs=asked_for)
    unique_on = RAW_KEY if path == RAW else WIDE_KEY
    list(record(pond, path, SeriesUpdate([[part]], key=unique_on), provenance=Provenance()))
    assert pond.snapshot().node(path).marks[month.window] != facts
