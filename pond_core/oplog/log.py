"""The operation log: what was done, in which order, as rows of one Delta table.

A commit is: Parquet files under their digests, synced; one Delta commit that names them and
carries the transaction's number; that commit synced and read back. All of it under the pond's
lock. delta-rs never retries for us: a refused commit comes back here and is checked again.
"""

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from pond_core.errors import CorruptionError, NotAPondError, StoreError
from pond_core.oplog.durable import Durability, check_room
from pond_core.oplog.fold import PartState, advance
from pond_core.oplog.lock import exclusive
from pond_core.oplog.maintenance import maintain
from pond_core.oplog.operation import Header, Operation, Provenance, number, rows_hash
from pond_core.oplog.parquet import LogFile, add_action, read_contents, read_rows, write_rows
from pond_core.oplog.schema import HEADERS
from pond_core.oplog.table import LogTable

_LOGGER = logging.getLogger(__name__)

Prepare = Callable[[int, Sequence[Operation]], Sequence[Operation]]
"""Given the head txn and what others committed since the base, return the rows to write.

Raises `ConflictError` when they do not go together.
"""

_ATTEMPTS = 16
"""Refused commits in a row before giving up: under the lock even one means a foreign writer."""

_CACHED_CONTENTS = 32
"""Log files whose contents stay in memory: a series of many small windows reads each file once."""


class OpLog:
    """The log of one pond, in `<pond>/oplog`, with its lock in `<pond>/lock`."""

    def __init__(self, pond: Path, *, durability: Durability) -> None:
        if not LogTable.exists(pond / "oplog"):
            msg = f"there is no pond at {pond}"
            raise NotAPondError(msg, hint=f"make one with `pond --pond {pond} init`")
        self.pond = pond
        self.durability = durability
        self.table = LogTable(pond / "oplog", durability=durability)
        self._guard = threading.RLock()
        self._states: dict[int, PartState] = {}
        self._contents: OrderedDict[str, dict[tuple[int, int], bytes]] = OrderedDict()
        self._last: Header | None = None

    @classmethod
    def create(cls, pond: Path, *, durability: Durability) -> "OpLog":
        """Make an empty log; the one that another process made meanwhile is opened instead."""
        durability.make_directory(pond)
        with exclusive(pond / "lock"):
            for name in ("oplog", "objects", "tmp"):
                durability.make_directory(pond / name)
            if not LogTable.exists(pond / "oplog"):
                LogTable.create(pond / "oplog", durability=durability)
        return cls(pond, durability=durability)

    @property
    def pond_id(self) -> str:
        """The pond's UUID."""
        return self.table.pond_id

    def head(self) -> int:
        """Return the newest txn, having looked."""
        with self._guard:
            self.table.refresh()
            return self.table.head

    def state(self, part: int, *, txn: int) -> PartState:
        """Return what a part amounts to as of a txn, at the cost of what is new since last time."""
        with self._guard:
            known = self._states.get(part, PartState())
            if known.txn == txn:
                return known
            start = known if known.txn < txn else PartState()
            rows = self._rows([part], after=start.txn, upto=txn)
            state = advance(start, rows, txn=txn)
            if known.txn < txn:
                self._states[part] = state
            return state

    def headers(self, *, after: int = 0, upto: int | None = None) -> list[Header]:
        """Return the headers of the txns in `(after, upto]`, oldest first, each once."""
        rows = self._rows([HEADERS], after=after, upto=self.head() if upto is None else upto)
        headers = {row.txn: Header.from_operation(row) for row in rows}
        return [headers[txn] for txn in sorted(headers)]

    def operations(self, *, after: int, upto: int) -> list[Operation]:
        """Return the rows of the txns in `(after, upto]` in order, each once, without headers."""
        rows = {(r.txn, r.seq): r for r in self._rows(range(HEADERS), after=after, upto=upto)}
        return [rows[key] for key in sorted(rows)]

    def content(self, row: Operation) -> bytes | None:
        """Return the inline content of a row; None if it has none: it is an object."""
        key = (row.txn, row.seq)
        with self._guard:
            for file in self._files([row.part], after=row.txn - 1, upto=row.txn):
                found = self._contents_of(file).get(key)
                if found is not None:
                    return found
        return None

    def append(
        self, prepare: Prepare, *, base: int, provenance: Provenance, size_bytes: int = 0
    ) -> Header:
        """Commit one transaction.

        Args:
            prepare: Checks it against what others did and returns its rows.
            base: The txn that it started from.
            provenance: Who and why.
            size_bytes: About how much it writes.

        Returns:
            The header, once it is durable and was read back.

        Raises:
            ConflictError: From `prepare`.
            StorageError: No room, or the disk refuses; nothing changed.
        """
        txn_uuid = secrets.token_hex(16)
        check_room(self.pond, size_bytes)
        with exclusive(self.pond / "lock"), self._guard:
            for _ in range(_ATTEMPTS):
                head = self.head()
                rows = prepare(head, self.operations(after=base, upto=head))
                header, operations = self._numbered(head, rows, txn_uuid, provenance)
                if self._commit(header, operations):
                    self._last = header
                    self._maintain()
                    return header
        msg = f"{self.pond}: {_ATTEMPTS} commits in a row were refused"
        raise StoreError(msg, hint="is a program writing to the log that does not take the lock?")

    def _maintain(self) -> None:
        """Do the upkeep that is due. The transaction is committed whether or not it succeeds."""
        try:
            maintain(self.table, durability=self.durability, tmp=self.pond / "tmp")
        except StoreError as exc:
            _LOGGER.warning("upkeep of %s failed and will be tried again: %s", self.pond, exc)

    def _numbered(
        self, head: int, rows: Sequence[Operation], txn_uuid: str, provenance: Provenance
    ) -> tuple[Header, list[Operation]]:
        last = self._newest_header(head)
        now_us = time.time_ns() // 1000
        ts_us = now_us if last is None else max(now_us, last.ts_us + 1)
        operations = number(rows, txn=head + 1, ts_us=ts_us)
        header = Header(
            txn=head + 1,
            ts_us=ts_us,
            txn_uuid=txn_uuid,
            provenance=provenance,
            operations=len(operations),
            rows=sum(o.rows or 0 for o in operations),
            bytes=sum(o.size or 0 for o in operations),
            rows_hash=rows_hash(operations),
            previous="" if last is None else last.hash,
        )
        return header, operations

    def _newest_header(self, head: int) -> Header | None:
        if head == 0:
            return None
        if self._last is None or self._last.txn != head:
            headers = self.headers(after=head - 1, upto=head)
            if not headers:
                msg = f"{self.pond}: txn {head} has no header"
                raise CorruptionError(msg, hint="run `pond verify`")
            self._last = headers[-1]
        return self._last

    def _commit(self, header: Header, operations: Sequence[Operation]) -> bool:
        by_part: dict[int, list[Operation]] = {HEADERS: [header.to_operation()]}
        for operation in operations:
            by_part.setdefault(operation.part, []).append(operation)
        actions = []
        for part, rows in by_part.items():
            file = write_rows(
                self.table.path,
                rows,
                part=part,
                durability=self.durability,
                tmp=self.pond / "tmp",
            )
            actions.append(add_action(file, rows=len(rows), data_change=True))
        version = self.table.version
        metadata = {"txn_uuid": header.txn_uuid}
        landed = self.table.commit(actions, txn=header.txn, metadata=metadata)
        if not landed:
            self.table.refresh()
            # A lost reply: the commit is in the table although its writer was told otherwise.
            return self.table.committed(header.txn_uuid, since_version=version)
        if self.table.head < header.txn:
            msg = f"txn {header.txn} was acknowledged but cannot be read back"
            raise CorruptionError(msg, hint="run `pond verify`")
        return True

    def _rows(self, parts: Sequence[int], *, after: int, upto: int) -> list[Operation]:
        files = self._files(parts, after=after, upto=upto)
        rows = (row for file in files for row in read_rows(self.table.path, file))
        return [row for row in rows if after < row.txn <= upto]

    def _files(self, parts: Sequence[int], *, after: int, upto: int) -> list[LogFile]:
        with self._guard:
            files = self.table.files()
        return [f for f in files if f.part in parts and f.max_txn > after and f.min_txn <= upto]

    def _contents_of(self, file: LogFile) -> dict[tuple[int, int], bytes]:
        if file.path not in self._contents:
            self._contents[file.path] = read_contents(self.table.path, file)
        self._contents.move_to_end(file.path)
        while len(self._contents) > _CACHED_CONTENTS:
            self._contents.popitem(last=False)
        return self._contents[file.path]
