"""The IO manager: every asset goes into the pond through it, and comes back out of it.

An asset key is a pond path. Partitions are periods, given one by one or as a range: it is called
once for all of them. What an asset returns decides how it is kept:

- `SeriesUpdate`: periods of a series; the steps of a plan return these
- `pa.Table` or `pl.DataFrame`: with partitions, the rows of those periods; without, a whole table
- `CheckedFiles`, `RenderedFiles`: files of a directory, bit for bit
- `SeriesFolder`: series of a directory, each in whole
- `WebsiteUpdate`: a table of what a website shows; the website itself lies in its folder

An upstream asset is loaded as what the input is annotated with: `pa.Table`, `pl.DataFrame` or
`pl.LazyFrame` of the run's partitions, otherwise a `Snapshot` of the pond, from which a step takes
the ranges it needs.
"""

import hashlib
from collections.abc import Sequence

import dagster as dg
import polars as pl
import pyarrow as pa
from pydantic import PrivateAttr
from typing_extensions import override

from pond_core import EntryType, Pond, Provenance, Snapshot, Transaction, concat, slice_window
from pond_pipeline.deposit import deposit
from pond_pipeline.errors import PipelineError
from pond_pipeline.event_metadata import (
    Metadata,
    event_metadata,
    line_metadata,
    preview_metadata,
    schema_metadata,
    txn_metadata,
    website_metadata,
)
from pond_pipeline.paths import key_to_path
from pond_pipeline.periods import Period
from pond_pipeline.record import Recorded, SeriesUpdate, Slice, describe, record
from pond_pipeline.steps import (
    CheckedFiles,
    RenderedFiles,
    SeriesFolder,
    WebsiteUpdate,
    versions_of,
)


class PondIOManager(dg.ConfigurableIOManager):
    """Persists assets through the pond's log.

    Attributes:
        path: The pond's directory; the pond is made at the first write.
    """

    path: str
    _pond: Pond | None = PrivateAttr(default=None)

    @override
    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        """Persist what an asset returned, and record rows, time range, txn and data version."""
        path = key_to_path(context.asset_key)
        pond = self._open()
        who = Provenance(
            author="dagster",
            message=context.step_key,
            run_id=context.run_id,
            asset=path,
            partitions=tuple(context.asset_partition_keys if context.has_asset_partitions else ()),
        )
        if isinstance(obj, pl.DataFrame):
            obj = obj.to_arrow()
        if isinstance(obj, pa.Table) and context.has_asset_partitions:
            obj = _as_update(obj, [Period.parse(k) for k in context.asset_partition_keys])
        if isinstance(obj, SeriesUpdate):
            _keep_series(context, pond, path, obj, who)
        elif isinstance(obj, pa.Table):
            _keep_table(context, pond, path, obj, who)
        elif isinstance(obj, CheckedFiles):
            _keep_files(context, pond, path, obj, who)
        elif isinstance(obj, RenderedFiles):
            _keep_text(context, pond, path, obj, who)
        elif isinstance(obj, SeriesFolder):
            _keep_folder(context, pond, path, obj, who)
        elif isinstance(obj, WebsiteUpdate):
            _keep_table(context, pond, path, obj.sources, who)
            context.add_output_metadata(website_metadata(obj.built))
        else:
            msg = f"{path}: an asset of a pond cannot be a {type(obj).__name__}"
            raise PipelineError(msg, hint="return a pyarrow Table or a polars DataFrame")

    @override
    def load_input(self, context: dg.InputContext) -> object:
        """Return an upstream asset, or the partitions of it that the run is about."""
        snapshot = self._open().snapshot()
        wanted = context.dagster_type.typing_type
        if wanted not in (pa.Table, pl.DataFrame, pl.LazyFrame):
            return snapshot
        table = _load(context, snapshot, key_to_path(context.asset_key))
        if wanted is pa.Table:
            return table
        frame = pl.DataFrame(table)
        return frame.lazy() if wanted is pl.LazyFrame else frame

    def _open(self) -> Pond:
        """Return the pond, opened once: what it has folded of the log serves the next asset."""
        if self._pond is None:
            self._pond = Pond.init(self.path, exist_ok=True)
        return self._pond


def joint_version(versions: Sequence[str]) -> str | None:
    """Return one data version for several, in their order: of one, itself; of none, None."""
    if not versions:
        return None
    if len(versions) == 1:
        return versions[0]
    return hashlib.sha256("\n".join(versions).encode()).hexdigest()


def _as_update(table: pa.Table, periods: Sequence[Period]) -> SeriesUpdate:
    slices = [
        Slice(m, slice_window(table, m.window), span=m.window, reach=(m.window,)) for m in periods
    ]
    return SeriesUpdate([slices])


def _keep_series(
    context: dg.OutputContext, pond: Pond, path: str, update: SeriesUpdate, who: Provenance
) -> None:
    for _ in record(pond, path, update, provenance=who):
        pass
    snapshot = pond.snapshot()
    versions = []
    periods = sorted(Period.parse(key) for key in context.asset_partition_keys)
    for period in periods:
        recorded = update.recorded.get(period) or describe(snapshot, path, period)
        if recorded is None:
            continue
        versions.append(recorded.data_version)
        update.recorded[period] = recorded
    newest = max(
        (
            period
            for period in periods
            if period in update.recorded and update.recorded[period].rows
        ),
        default=None,
    )
    for recorded in update.recorded.values():
        update.told[recorded.period] = {
            **event_metadata(recorded),
            **_apart_metadata(snapshot, update, recorded.period),
            **_content_metadata(snapshot, path, update, recorded, newest=newest),
        }
    for period in periods:
        if period in update.told:
            context.step_context.add_asset_metadata(
                update.told[period], asset_key=context.asset_key, partition_key=period.key
            )
    _set_version(context, versions)


def _content_metadata(
    snapshot: Snapshot,
    path: str,
    update: SeriesUpdate,
    recorded: Recorded,
    *,
    newest: Period | None,
) -> Metadata:
    """Return a glance at a period that changed, and the columns of the newest with rows."""
    period, is_changed = recorded.period, recorded.txn is not None
    if not recorded.rows or not (is_changed or period == newest):
        return {}
    table = snapshot.read_series(path, period.window)
    metadata = line_metadata(table, period) if is_changed else {}
    if period == newest:
        origins = update.origins
        lineage = {} if origins is None else origins(snapshot, table.schema, period)
        metadata |= schema_metadata(table.schema, lineage)
        metadata |= preview_metadata(table) if is_changed else {}
    return metadata


def _apart_metadata(snapshot: Snapshot, update: SeriesUpdate, period: Period) -> Metadata:
    """Return how many readings of a period were kept apart, of a series that has such."""
    if not update.apart:
        return {}
    found = [describe(snapshot, path, period) for path in update.apart]
    rows = sum(each.rows for each in found if each is not None)
    return {"pond/quarantined": dg.MetadataValue.int(rows)}


def _keep_table(
    context: dg.OutputContext, pond: Pond, path: str, table: pa.Table, who: Provenance
) -> None:
    def change(tx: Transaction) -> None:
        tx.mkdir(_parent(path), parents=True, exist_ok=True)
        if not tx.exists(path) or not tx.read_table(path).equals(table, check_metadata=True):
            tx.write_table(path, table)

    _, header = pond.transact(change, who)
    context.add_output_metadata(
        {
            "dagster/row_count": dg.MetadataValue.int(table.num_rows),
            "pond/columns": dg.MetadataValue.int(table.num_columns),
            **schema_metadata(table.schema, {}),
            **(preview_metadata(table) if header else {}),
        }
    )
    _add_txn(context, header.txn if header else None)
    _set_version(context, [piece.sha256 for piece in pond.snapshot().node(path).pieces])


def _keep_files(
    context: dg.OutputContext, pond: Pond, path: str, files: CheckedFiles, who: Provenance
) -> None:
    kept = deposit(pond, path, files, provenance=who)
    context.add_output_metadata(
        {
            "pond/files": len(files.verdicts),
            "pond/new_files": kept.files,
            "pond/bytes": kept.bytes,
            "pond/problems": len(files.problems),
            "pond/waiting": len(files.waiting),
        }
    )
    _add_txn(context, kept.txn)
    _set_version(context, versions_of(files.verdicts))


def _keep_text(
    context: dg.OutputContext, pond: Pond, path: str, files: RenderedFiles, who: Provenance
) -> None:
    def change(tx: Transaction) -> None:
        tx.mkdir(path, parents=True, exist_ok=True)
        for gone in _names_in(tx, path) - files.contents.keys():
            tx.remove(f"{path}/{gone}")
        for name, content in files.contents.items():
            file = f"{path}/{name}"
            tx.mkdir(_parent(file), parents=True, exist_ok=True)
            if not tx.exists(file) or tx.read_data(file) != content:
                tx.write_data(file, content)
        facts = {"made_from": files.made_from}
        if tx.node(path).attributes != facts:
            tx.mark(path, facts)

    _, header = pond.transact(change, who)
    context.add_output_metadata({"pond/files": len(files.contents)})
    _add_txn(context, header.txn if header else None)
    _set_version(context, [files.made_from])


def _keep_folder(
    context: dg.OutputContext, pond: Pond, path: str, folder: SeriesFolder, who: Provenance
) -> None:
    for name, update in folder.updates.items():
        for _ in record(pond, f"{path}/{name}", update, provenance=who):
            pass

    def change(tx: Transaction) -> None:
        tx.mkdir(path, parents=True, exist_ok=True)
        for gone in _names_in(tx, path) - folder.inputs.keys():
            tx.remove(f"{path}/{gone}")
        if tx.node(path).attributes != folder.facts():
            tx.mark(path, folder.facts())

    _, header = pond.transact(change, who)
    context.add_output_metadata(
        {"pond/series": len(folder.inputs), "pond/changed_series": len(folder.updates)}
    )
    _add_txn(context, header.txn if header else None)
    _set_version(context, [f"{name} {version}" for name, version in folder.inputs.items()])


def _names_in(tx: Transaction, path: str) -> set[str]:
    """Return the paths, below a directory, of all that it holds but directories."""
    return {
        each.path.removeprefix(f"{path}/")
        for each in tx.walk(path)
        if each.entry_type is not EntryType.DIRECTORY
    }


def _load(context: dg.InputContext, snapshot: Snapshot, path: str) -> pa.Table:
    if not context.has_asset_partitions:
        return snapshot.read_table(path)
    periods = [Period.parse(key) for key in context.asset_partition_keys]
    return concat(snapshot.read_series(path, period.window) for period in sorted(periods))


def _set_version(context: dg.OutputContext, versions: Sequence[str]) -> None:
    """Set the data version of the run's output."""
    version = joint_version(versions)
    if version is not None:
        context.step_context.set_data_version(context.asset_key, dg.DataVersion(version))


def _add_txn(context: dg.OutputContext, txn: int | None) -> None:
    if txn is not None:
        context.add_output_metadata(txn_metadata(txn))


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"
