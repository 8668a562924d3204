"""What a plan's assets hold: rows, time range and newest txn of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pond_core import EntryType, NodePath, ReadFS, from_us
from pond_pipeline.plan import Plan


@dataclass(frozen=True, slots=True)
class AssetSummary:
    """One asset as the pond has it.

    Attributes:
        path: Where it is.
        rows: Rows of a series or table; None for files.
        files: Files of a directory; None for the others.
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
            files = fs.ls(asset.path)
            txns = (p.txn for file in files for p in file.node.pieces)
            return AssetSummary(asset.path, files=len(files), txn=_newest(txns))
        case _:
            pieces = asset.node.pieces
            rows = sum(p.rows or 0 for p in pieces)
            return AssetSummary(asset.path, rows=rows, txn=_newest(p.txn for p in pieces))


def _series(asset: NodePath) -> AssetSummary:
    node = asset.node
    rows = sum(int(str(facts["rows"])) for facts in node.marks.values())
    firsts = [int(str(f["first_us"])) for f in node.marks.values() if f["first_us"] is not None]
    lasts = [int(str(f["last_us"])) for f in node.marks.values() if f["last_us"] is not None]
    return AssetSummary(
        asset.path,
        rows=rows,
        first=from_us(min(firsts)) if firsts else None,
        last=from_us(max(lasts)) if lasts else None,
        txn=_newest(piece.txn for piece in node.pieces),
    )


def _newest(txns: Iterable[int | None]) -> int | None:
    return max((txn for txn in txns if txn is not None), default=None)
