"""Whether contents are what their rows say: inline ones in the log's files, and objects."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pond_core.errors import CorruptionError, Finding, StorageError
from pond_core.oplog import (
    HEADERS,
    LogFile,
    Operation,
    OpKind,
    open_parquet,
    parquet_errors,
    with_contents,
)
from pond_core.storage import sha256_of, storage_errors
from pond_core.tinyfs.content import TIMESTAMP
from pond_core.tlogfs.content import load_table
from pond_core.tlogfs.objects import ObjectStore
from pond_core.track import Track

_UNREADABLE = (CorruptionError, StorageError, pa.ArrowException, OSError, ValueError, KeyError)


class Contents:
    """Checks contents row by row, and remembers which objects the rows name.

    Attributes:
        named: The digests of objects that rows name, schemas among them.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._expected: dict[str, set[_Facts]] = {}
        self._schemas: dict[str, str] = {}

    @property
    def named(self) -> set[str]:
        """The digests of all objects that rows name, schemas among them."""
        return {*self._expected, *self._schemas}

    def read(self, table: Path, file: LogFile) -> Iterator[Finding]:
        """Check the contents in a log file, some of its rows at a time.

        Raises:
            CorruptionError: The file cannot be read.
        """
        if file.part == HEADERS:
            return
        for row in with_contents(table, file):
            where = f"txn {row.txn}, row {row.seq}"
            if row.arrow_schema is not None:
                self._schemas.setdefault(row.arrow_schema, where)
            if row.content is not None:
                yield from (Finding("content altered", where, w) for w in self._inline(row))
            elif row.sha256 is not None:
                facts = _Facts(row.arrow_schema, row.rows, row.size, _row_facts(row), where)
                known = self._expected.setdefault(row.sha256, set())
                if facts.key not in {other.key for other in known}:
                    known.add(facts)

    def check_objects(self, track: Track) -> Iterator[Finding]:
        """Check every object that the rows so far name."""
        for digest in sorted(self._schemas):
            yield from self._schema(digest)
        for digest in track(sorted(self._expected)):
            where = f"objects/{digest[:2]}/{digest}"
            damage = list(check_digest(self._objects, digest))
            if damage:
                yield from damage
                continue
            try:
                path = self._objects.path(digest)
                wrong = list(self._object(path, self._expected[digest]))
            except _UNREADABLE as exc:
                yield Finding("object missing or damaged", where, str(exc))
                continue
            self._objects.release(digest)
            yield from (Finding("object not as its row says", where, each) for each in wrong)

    def _knows(self, digest: str) -> bool:
        """Say whether a schema is whole; if not, that is told once, and not of every content."""
        return not any(self._schema(digest))

    def _schema(self, digest: str) -> Iterator[Finding]:
        try:
            self._objects.schema(digest)
        except _UNREADABLE as exc:
            where = f"objects/{digest[:2]}/{digest}"
            yield Finding("object missing or damaged", where, str(exc))

    def _inline(self, row: Operation) -> Iterator[str]:
        content = row.content or b""
        if sha256_of(content) != row.sha256:
            yield "it does not have its digest"
            return
        if len(content) != row.size:
            yield f"it has {len(content)} bytes, and the row says {row.size}"
        if row.arrow_schema is None or not self._knows(row.arrow_schema):
            return
        try:
            table = load_table(row, content, self._objects)
        except _UNREADABLE as exc:
            yield f"it cannot be read: {exc}"
            return
        if table.num_rows != row.rows:
            yield f"it has {table.num_rows} rows, and the row says {row.rows}"
        if row.op is not OpKind.WRITE:
            yield from _wrong_times(table, row)

    def _object(self, path: Path, expected: "Iterable[_Facts]") -> Iterator[str]:
        size = path.stat().st_size
        for facts in expected:
            if facts.size != size:
                yield f"it has {size} bytes, and {facts.where} says {facts.size}"
            if facts.arrow_schema is None or not self._knows(facts.arrow_schema):
                continue
            with parquet_errors(path), open_parquet(path) as parquet:
                rows = parquet.metadata.num_rows
            if rows != facts.rows:
                yield f"it has {rows} rows, and {facts.where} says {facts.rows}"
            row = facts.row
            if row.op is not OpKind.WRITE:
                columns = [TIMESTAMP]
                yield from _wrong_times(load_table(row, None, self._objects, columns=columns), row)
            else:
                load_table(row, None, self._objects, columns=[])


def check_digest(objects: ObjectStore, digest: str) -> Iterator[Finding]:
    """Check that an object is there and has the digest that is its name."""
    path = objects.path(digest)
    where = f"objects/{digest[:2]}/{digest}"
    try:
        objects.fetch([digest])
        with storage_errors(path), path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                detail = "its bytes do not have the digest that is its name"
                yield Finding("object missing or damaged", where, detail)
    except (CorruptionError, StorageError) as exc:
        yield Finding("object missing or damaged", where, str(exc))


@dataclass(frozen=True, slots=True, eq=False)
class _Facts:
    """What a row says of an object."""

    arrow_schema: str | None
    rows: int | None
    size: int | None
    row: Operation
    where: str

    @property
    def key(self) -> tuple[object, ...]:
        row = self.row
        times = (row.min_time_us, row.max_time_us, row.window_start_us, row.window_end_us)
        return (self.arrow_schema, self.rows, self.size, row.op, *times)


def _row_facts(row: Operation) -> Operation:
    return replace(row, attributes=None)


def _wrong_times(table: pa.Table, row: Operation) -> Iterator[str]:
    """Find what is wrong with the timestamps of a window's rows."""
    if TIMESTAMP not in table.column_names:
        yield f"it has no column {TIMESTAMP}"
        return
    times = table[TIMESTAMP].cast(pa.int64()).combine_chunks()
    if times.null_count:
        yield "it has rows without a timestamp"
    elif pc.any(pc.less(times[1:], times[:-1])).as_py():
        yield "its timestamps go backwards"
    bounds = pc.min_max(times).as_py()
    if (bounds["min"], bounds["max"]) != (row.min_time_us, row.max_time_us):
        yield f"its times are {bounds['min']} to {bounds['max']}, not those that the row says"
    elif any(us is not None and not row.window.contains(us) for us in bounds.values()):
        yield "its times are outside of the window"
