"""What a plan's assets hold: rows, time range and newest txn of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pond_core import EntryType, NodePath, ReadFS
from pond_pipeline.plan import Plan
from pond_pipeline.record import Totals


@dataclass(frozen=True, slots=True)
class AssetSummary:
    """One asset as the pond has it.

    Attributes:
        path: Where it is.
        rows: Rows of a series or table, and of all series of a directory; None for files.
        files: How many files or series a directory holds; None for the others.
        first: The earliest reading; None without rows, and for what is no series.
        last: The latest.
        txn: The transaction that last wrote its content; None when nothing was written.
    """

    path: str
    rows: int | None = None
    files: int | None = None
    first: datetime | None = None
    last: datetime | None = None
    txn: int | None = None


def summarize(plan: Plan, fs: ReadFS) -> list[AssetSummary]:
    """Return what each output of a plan holds, in the plan's order; nothing is read but facts."""
    return [
        _summary(fs, fs.lookup(path)) if fs.exists(path) else AssetSummary(path)
        for step in plan.steps
        for path in step.outputs
    ]


def _summary(fs: ReadFS, asset: NodePath) -> AssetSummary:
    match asset.entry_type:
        case EntryType.SERIES:
            return _series(asset)
        case EntryType.DIRECTORY:
            return _directory(fs, asset.path)
        case _:
            pieces = asset.node.pieces
            rows = sum(p.rows or 0 for p in pieces)
            return AssetSummary(asset.path, rows=rows, txn=_newest(p.txn for p in pieces))


def _directory(fs: ReadFS, path: str) -> AssetSummary:
    inside = [each for each in fs.walk(path) if each.entry_type is not EntryType.DIRECTORY]
    series = [_series(each) for each in inside if each.entry_type is EntryType.SERIES]
    return AssetSummary(
        path,
        rows=sum(each.rows or 0 for each in series) if series else None,
        files=len(inside),
        first=min((each.first for each in series if each.first), default=None),
        last=max((each.last for each in series if each.last), default=None),
        txn=_newest(piece.txn for each in inside for piece in each.node.pieces),
    )


def _series(asset: NodePath) -> AssetSummary:
    totals = Totals.of(asset.node)
    return AssetSummary(
        asset.path,
        rows=totals.rows,
        first=totals.first,
        last=totals.last,
        txn=_newest(piece.txn for piece in asset.node.pieces),
    )


def _newest(txns: Iterable[int | None]) -> int | None:
    return max((txn for txn in txns if txn is not None), default=None)
