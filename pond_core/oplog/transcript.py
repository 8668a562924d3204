"""Transactions as one table of rows, contents included: what a log is copied as.

Log files are merged and rewritten; what transactions did never changes. So a copy of a log is made
of rows: those of some transactions, in order, whatever files they lie in.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import CorruptionError, PondDivergedError
from pond_core.oplog.chain import check_rows, is_counted, read_header
from pond_core.oplog.operation import Header, Operation, decode
from pond_core.oplog.parquet import LogFile, checked, open_parquet, write_rows
from pond_core.oplog.schema import CONDENSED_SEQ, HOT, STORED
from pond_core.oplog.translate import parquet_errors
from pond_core.storage import Durability, sha256_of

TRANSCRIPT = pa.schema(
    [
        pa.field("part", pa.int32(), nullable=False),
        # When a row ceased to count is found out later, and anew wherever it is copied to.
        *(field for field in STORED if field.name != "until"),
    ]
)
"""The columns of a transcript: those of the log; each row once, by `txn` and `seq`."""


def transcript(
    table: Path, files: Sequence[LogFile], *, after: int, upto: int, horizon: int
) -> pa.Table:
    """Return all rows of the txns in `(after, upto]`, headers and contents included.

    Args:
        table: The table's directory.
        files: All files that can have such rows.
        after: The txn before the first one.
        upto: The last one.
        horizon: The earliest txn that can be shown. Up to it condensed rows may be all that is
            left of what they stand for; after it they say nothing new, and are left out.

    Raises:
        CorruptionError: A file cannot be read.
    """
    found = [rows for file in files for rows in _rows(table, file, after, upto, horizon)]
    rows = pa.concat_tables(found) if found else TRANSCRIPT.empty_table()
    rows = rows.sort_by([("txn", "ascending"), ("seq", "ascending")])
    keys = list(zip(rows["txn"].to_pylist(), rows["seq"].to_pylist(), strict=True))
    repeated = [False, *(one == other for one, other in pairwise(keys))][: len(keys)]
    return rows.filter(pc.invert(pa.array(repeated, pa.bool_())))


def write_transcript(pond: Path, rows: pa.Table, *, durability: Durability) -> Iterator[LogFile]:
    """Write the rows of a transcript as log files, and iterate over these."""
    rows = rows.append_column(STORED.field("until"), pa.nulls(rows.num_rows, pa.int64()))
    for part in sorted(pc.unique(rows["part"]).to_pylist()):
        mine = rows.filter(pc.equal(rows["part"], part)).select(STORED.names)
        yield write_rows(
            pond / "oplog", mine, part=part, tier=HOT, durability=durability, tmp=pond / "tmp"
        )


class Proof:
    """What proves a history: every row by its header, every header by the one that follows.

    Args:
        horizon: The earliest txn that can be shown; rows of earlier ones may be missing.
        last: The header before the first that is added; None at the beginning.
        known: One that the history has to go through.

    Attributes:
        last: The newest header so far; None at the beginning.
    """

    def __init__(
        self, *, horizon: int, last: Header | None = None, known: Header | None = None
    ) -> None:
        self.last = last
        self._known = known
        self._horizon = horizon

    @property
    def txn(self) -> int:
        """The newest txn so far."""
        return 0 if self.last is None else self.last.txn

    @property
    def hash(self) -> str:
        """The hash of its header, which proves all before it; empty at the beginning."""
        return "" if self.last is None else self.last.hash

    def add(self, rows: pa.Table) -> None:
        """Take the rows of the next transactions.

        Raises:
            PondDivergedError: They go on from another transaction than the known one.
            CorruptionError: They are not the next ones, or not those that were committed.
        """
        operations = sorted(_decoded(rows), key=lambda row: (row.txn, row.seq))
        for txn, group in groupby(operations, key=lambda row: row.txn):
            self._add(txn, list(group))

    def _add(self, txn: int, rows: Sequence[Operation]) -> None:
        header, wrong = read_header(rows[0])
        known = self._known
        if header and known and txn == known.txn + 1 and header.previous != known.hash:
            msg = f"the history of pond {known.pond} has another txn {known.txn} there than here"
            raise PondDivergedError(msg)
        if header is None or wrong or txn != self.txn + 1 or header.previous != self.hash:
            raise _broken(txn, "its header is not the next one of the chain")
        counted = [row for row in rows if is_counted(row)]
        is_whole = len(counted) == header.operations
        if is_whole or txn > self._horizon:
            for finding in check_rows(header, counted):
                raise _broken(txn, f"{finding.what}: {finding.detail}")
        for row in rows:
            if row.content is not None and sha256_of(row.content) != row.sha256:
                raise _broken(txn, f"the content of row {row.seq} does not have its digest")
        self.last = header


def _broken(txn: int, detail: str) -> CorruptionError:
    msg = f"txn {txn} is not what was committed: {detail}"
    return CorruptionError(msg, hint="`pond verify` says what else is damaged")


def _decoded(rows: pa.Table) -> Iterator[Operation]:
    for part in pc.unique(rows["part"]).to_pylist():
        mine = rows.filter(pc.equal(rows["part"], part))
        yield from decode(mine.drop_columns(["part"]), part=part)


def _rows(table: Path, file: LogFile, after: int, upto: int, horizon: int) -> Iterator[pa.Table]:
    path = table / file.path
    names = TRANSCRIPT.names[1:]
    with parquet_errors(path), open_parquet(path) as parquet:
        for group in range(parquet.num_row_groups):
            keys = parquet.read_row_group(group, columns=["txn", "seq"], use_threads=False)
            wanted = _wanted(keys, after, upto, horizon)
            if not pc.any(wanted).as_py():
                continue
            rows = parquet.read_row_group(group, columns=names, use_threads=False)
            rows = checked(rows, names, path=path).filter(wanted)
            part = pa.repeat(pa.scalar(file.part, pa.int32()), rows.num_rows)
            yield rows.add_column(0, TRANSCRIPT.field("part"), part)


def _wanted(keys: pa.Table, after: int, upto: int, horizon: int) -> pa.ChunkedArray:
    txn, seq = keys["txn"], keys["seq"]
    within = pc.and_(pc.greater(txn, after), pc.less_equal(txn, upto))
    return pc.and_(within, pc.or_(pc.less(seq, CONDENSED_SEQ), pc.less_equal(txn, horizon)))
