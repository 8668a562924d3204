"""Making Dagster's view of the assets agree with the pond.

They part where one changes without the other: a pond that was restored, resources that were
renamed, a lost or an older `DAGSTER_HOME`, runs of another home. What the pond has and Dagster does
not know is reported without a run; an asset of which Dagster knows more than there is, is wiped and
reported anew.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from pond_core import EntryType, Pond, ReadFS, Snapshot
from pond_pipeline.assets import version_tags
from pond_pipeline.event_metadata import event_metadata
from pond_pipeline.io_manager import joint_version
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Cadence, Period
from pond_pipeline.plan import FilesStep, InboxStep, Plan, Step
from pond_pipeline.record import describe
from pond_pipeline.steps import stored_verdicts, versions_of

_CURSOR = "pond/synced"


@dataclass(frozen=True, slots=True)
class SyncedAsset:
    """An asset of which Dagster knew something else than the pond has.

    Attributes:
        path: The asset.
        wiped: Whether Dagster knew more than there is, so that all was forgotten first.
        reported: How many periods were reported; 1 for an asset without periods.
    """

    path: str
    wiped: bool
    reported: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What was made to agree.

    Attributes:
        txn: The pond's transaction that Dagster agrees with now.
        assets: Those that had parted, in the order of the plan.
    """

    txn: int
    assets: tuple[SyncedAsset, ...]


@dataclass(frozen=True, slots=True)
class _Fact:
    """What the pond has of one period of an asset, or of one without periods.

    Attributes:
        version: Its data version; None: Dagster may call it what it likes.
        metadata: What the UI shows.
    """

    version: str | None
    metadata: Mapping[str, dg.MetadataValue] = field(default_factory=dict)


_Facts = Mapping[str | None, _Fact]
"""By period; None stands for an asset without periods."""


def sync_dagster(instance: dg.DagsterInstance, plan: Plan, *, pond: str | Path) -> Synced:
    """Compare every asset of a plan, period by period, and report what differs.

    Raises:
        NotAPondError: There is no pond.
    """
    opened = Pond.open(pond)
    snapshot = opened.snapshot()
    state = _state(opened, snapshot, plan)
    compared = [
        _sync_asset(instance, step, path, snapshot) for step in plan.steps for path in step.assets
    ]
    instance.daemon_cursor_storage.set_cursor_values({_CURSOR: state})
    return Synced(snapshot.txn, tuple(each for each in compared if each is not None))


def sync_if_moved(instance: dg.DagsterInstance, plan: Plan, *, pond: str | Path) -> Synced | None:
    """Do the same, unless this instance was compared with just this state of this pond before.

    Every run moves the pond, those of this instance too: whose runs they were is not asked, since
    a comparison says so with certainty.
    """
    opened = Pond.open(pond)
    known = instance.daemon_cursor_storage.get_cursor_values({_CURSOR}).get(_CURSOR)
    if known == _state(opened, opened.snapshot(), plan):
        return None
    return sync_dagster(instance, plan, pond=pond)


def _state(pond: Pond, snapshot: Snapshot, plan: Plan) -> str:
    """Return what tells this moment of this pond, and this plan, from all others.

    A txn alone does not: a pond that was restored may come to the same number another way.
    """
    headers = pond.log(as_of=snapshot.txn, limit=1)
    paths = [path for step in plan.steps for path in step.assets]
    digest = hashlib.sha256("\n".join(paths).encode()).hexdigest()
    return json.dumps([pond.id, headers[0].txn_uuid if headers else "", digest])


def _sync_asset(
    instance: dg.DagsterInstance, step: Step, path: str, fs: ReadFS
) -> SyncedAsset | None:
    key = path_to_key(path)
    there = _facts(step, path, fs)
    known = _known_versions(instance, key, partitioned=step.cadence is not None)
    has_more = not known.keys() <= there.keys()
    if has_more:
        instance.wipe_assets([key])
        known = {}
    missing = {
        partition: fact
        for partition, fact in there.items()
        if partition not in known or fact.version not in (None, known[partition])
    }
    for partition, fact in missing.items():
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                key,
                partition=partition,
                metadata=fact.metadata,
                tags={} if fact.version is None else version_tags(fact.version),
            )
        )
    return SyncedAsset(path, has_more, len(missing)) if has_more or missing else None


def _facts(step: Step, path: str, fs: ReadFS) -> _Facts:
    if not fs.exists(path):
        return {}
    if step.cadence is not None:
        return _periods(path, fs, step.cadence)
    if isinstance(step, FilesStep | InboxStep):
        verdicts = stored_verdicts(fs, path)
        versions = versions_of(verdicts)
        files = {"pond/files": dg.MetadataValue.int(len(verdicts))}
        return {None: _Fact(joint_version(versions), files)}
    if fs.entry_type(path) is not EntryType.TABLE:
        return {None: _Fact(None)}
    pieces = fs.node(path).pieces
    rows = {"dagster/row_count": dg.MetadataValue.int(sum(each.rows or 0 for each in pieces))}
    return {None: _Fact(joint_version([each.sha256 for each in pieces]), rows)}


def _periods(path: str, fs: ReadFS, cadence: Cadence) -> _Facts:
    node = fs.node(path)
    facts: dict[str | None, _Fact] = {}
    for key in sorted(str(each["partition"]) for each in node.marks.values()):
        period = Period.parse(key)
        if period.cadence is not cadence:  # it was changed, and this is not made anew yet
            continue
        pieces = node.within(period.window)
        txns = [each.txn for each in pieces if each.txn is not None]
        recorded = describe(fs, path, period, txn=max(txns, default=None))
        if recorded is not None:
            facts[key] = _Fact(recorded.data_version, event_metadata(recorded))
    return facts


def _known_versions(
    instance: dg.DagsterInstance, key: dg.AssetKey, *, partitioned: bool
) -> dict[str | None, str]:
    """Return the data versions that Dagster knows, by partition; empty where it knows none."""
    if not partitioned:
        event = instance.get_latest_materialization_event(key)
        found = None if event is None else event.asset_materialization
        return {} if found is None else {None: (found.tags or {}).get(DATA_VERSION_TAG, "")}
    made = instance.get_materialized_partitions(key)
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION_TAG]
    )
    return {each: tags.get(each, {}).get(DATA_VERSION_TAG, "") for each in made}
