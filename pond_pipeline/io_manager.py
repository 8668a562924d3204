"""The IO manager: every asset goes into the pond through it, and comes back out of it.

An asset key is a pond path. Partitions are months, given one by one or as a range: it is called
once for all of them. What an asset returns decides how it is kept:

- `SeriesUpdate`: months of a series; the steps of a plan return these
- `pa.Table` or `pl.DataFrame`: with partitions, the rows of those months; without, a whole table
- `CheckedFiles`: files of a directory, bit for bit

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

from pond_core import Pond, Provenance, Snapshot, Transaction, concat, slice_window
from pond_pipeline.errors import PipelineError
from pond_pipeline.months import Month
from pond_pipeline.paths import key_to_path
from pond_pipeline.record import Recorded, SeriesUpdate, Slice, describe, record
from pond_pipeline.steps import CheckedFiles


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
            obj = _as_update(obj, [Month.parse(k) for k in context.asset_partition_keys])
        if isinstance(obj, SeriesUpdate):
            _keep_series(context, pond, path, obj, who)
        elif isinstance(obj, pa.Table):
            _keep_table(context, pond, path, obj, who)
        elif isinstance(obj, CheckedFiles):
            _keep_files(context, pond, path, obj, who)
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


def event_metadata(recorded: Recorded) -> dict[str, dg.MetadataValue]:
    """Return what a month's materialization says in the UI."""
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/partition_row_count": dg.MetadataValue.int(recorded.rows),
        "pond/columns": dg.MetadataValue.int(recorded.columns),
        "pond/bytes": dg.MetadataValue.int(recorded.bytes),
        "pond/data_version": dg.MetadataValue.text(recorded.data_version),
    }
    if recorded.first is not None and recorded.last is not None:
        metadata["pond/first"] = dg.MetadataValue.timestamp(recorded.first)
        metadata["pond/last"] = dg.MetadataValue.timestamp(recorded.last)
    if recorded.txn is not None:
        metadata["pond/txn"] = dg.MetadataValue.int(recorded.txn)
    return metadata


def _as_update(table: pa.Table, months: Sequence[Month]) -> SeriesUpdate:
    slices = [
        Slice(m, slice_window(table, m.window), span=m.window, reach=(m.window,)) for m in months
    ]
    return SeriesUpdate([slices])


def _keep_series(
    context: dg.OutputContext, pond: Pond, path: str, update: SeriesUpdate, who: Provenance
) -> None:
    for beside, other in update.beside.items():
        for _ in record(pond, beside, other, provenance=who):
            pass
    for _ in record(pond, path, update, provenance=who):
        pass
    snapshot = pond.snapshot()
    versions = []
    for key in context.asset_partition_keys:
        recorded = update.recorded.get(Month.parse(key)) or describe(
            snapshot, path, Month.parse(key)
        )
        if recorded is None:
            continue
        versions.append(recorded.data_version)
        update.recorded[recorded.month] = recorded
        context.step_context.add_asset_metadata(
            event_metadata(recorded), asset_key=context.asset_key, partition_key=key
        )
    _set_version(context, versions)


def _keep_table(
    context: dg.OutputContext, pond: Pond, path: str, table: pa.Table, who: Provenance
) -> None:
    def change(tx: Transaction) -> None:
        tx.mkdir(_parent(path), parents=True, exist_ok=True)
        if not tx.exists(path) or not tx.read_table(path).equals(table, check_metadata=True):
            tx.write_table(path, table)

    _, header = pond.transact(change, who)
    context.add_output_metadata(
        {"dagster/row_count": table.num_rows, "pond/columns": table.num_columns}
    )
    _add_txn(context, header.txn if header else None)
    _set_version(context, [piece.sha256 for piece in pond.snapshot().node(path).pieces])


def _keep_files(
    context: dg.OutputContext, pond: Pond, path: str, files: CheckedFiles, who: Provenance
) -> None:
    def change(tx: Transaction) -> None:
        tx.mkdir(path, parents=True, exist_ok=True)
        for name, verdict in files.verdicts.items():
            file = f"{path}/{name}"
            if name in files.contents:
                tx.mkdir(_parent(file), parents=True, exist_ok=True)
                tx.write_data(file, files.contents[name])
            if tx.node(file).attributes != verdict.facts():
                tx.mark(file, verdict.facts())

    _, header = pond.transact(change, who)
    context.add_output_metadata(
        {"pond/files": len(files.verdicts), "pond/new_files": len(files.contents)}
    )
    _add_txn(context, header.txn if header else None)
    _set_version(context, [v.sha256 for v in files.verdicts.values()])


def _load(context: dg.InputContext, snapshot: Snapshot, path: str) -> pa.Table:
    if not context.has_asset_partitions:
        return snapshot.read_table(path)
    months = [Month.parse(key) for key in context.asset_partition_keys]
    return concat(snapshot.read_series(path, month.window) for month in sorted(months))


def _set_version(context: dg.OutputContext, versions: Sequence[str]) -> None:
    """Set the data version of the run's output; one month's is its own, several months' a hash."""
    if not versions:
        return
    one = versions[0] if len(versions) == 1 else _hash(versions)
    context.step_context.set_data_version(context.asset_key, dg.DataVersion(one))


def _add_txn(context: dg.OutputContext, txn: int | None) -> None:
    if txn is not None:
        context.add_output_metadata({"pond/txn": txn})


def _hash(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"
