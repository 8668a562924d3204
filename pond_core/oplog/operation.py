"""Operations and headers as values, and their way to Arrow rows and back."""

import contextlib
import hashlib
import json
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from itertools import repeat
from typing import Any

import pyarrow as pa

from pond_core.errors import CorruptionError, DataError
from pond_core.oplog.schema import HEADERS, INSTANT, STORED
from pond_core.window import Window


class OpKind(StrEnum):
    """What an operation did."""

    HEADER = "header"  # row 0: who, when, why
    LINK = "link"  # a name in a directory leads to a node
    UNLINK = "unlink"  # the name is gone
    WRITE = "write"  # a node's content was replaced whole
    WINDOW = "window"  # a range of a series was replaced
    ATTRIBUTES = "attributes"  # a node's attributes were replaced
    MARK = "mark"  # the facts about one range of a node were replaced
    CONDENSED = "condensed"  # windows side by side, stored as one: upkeep, no part of its txn


@dataclass(slots=True)
class Operation:
    """One row of the log. The columns are described in `schema`; times are in microseconds.

    Nothing changes one: it is not `frozen` because making a frozen one takes three times as long,
    and a transaction of ten thousand files makes forty thousand.
    """

    op: OpKind
    part: int
    txn: int = 0
    seq: int = 0
    ts_us: int = 0
    parent_id: str | None = None
    name: str | None = None
    node_id: str | None = None
    entry_type: str | None = None
    version: int | None = None
    window_start_us: int | None = None
    window_end_us: int | None = None
    min_time_us: int | None = None
    max_time_us: int | None = None
    rows: int | None = None
    size: int | None = None
    sha256: str | None = None
    arrow_schema: str | None = None
    factory: str | None = None
    attributes: str | None = None
    content: bytes | None = None
    until: int | None = None

    def counts_at(self, txn: int) -> bool:
        """Say whether the row belongs to the snapshot at a txn."""
        return self.txn <= txn and (self.until is None or self.until > txn)

    @property
    def window(self) -> Window:
        """The range that the row is about."""
        return Window(self.window_start_us, self.window_end_us)

    @property
    def facts(self) -> dict[str, Any]:
        """The attributes, parsed."""
        return parse_facts(self.attributes)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who made a transaction, and why; all of it optional.

    Attributes:
        author: A person or a program.
        message: What it did, in a line.
        run_id: The Dagster run.
        asset: The pond path of the asset that it persisted.
        partitions: The partition keys that it persisted.

    Raises:
        DataError: One of these is no text that UTF-8 can hold.
    """

    author: str = ""
    message: str = ""
    run_id: str = ""
    asset: str = ""
    partitions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.author, self.message, self.run_id, self.asset, *self.partitions):
            try:
                text.encode()
            except (AttributeError, UnicodeEncodeError) as error:
                msg = f"a transaction cannot be told of by {text!r}: {error}"
                raise DataError(msg, hint="give text that UTF-8 can hold") from error


@dataclass(frozen=True, slots=True)
class Header:
    """Row 0 of a transaction.

    Attributes:
        txn: Its number.
        ts_us: When it committed, microseconds since the epoch.
        txn_uuid: Random; by it a writer finds out whether a commit with a lost reply landed.
        pond: The pond's UUID: what a log rebuilt from its files is known by.
        provenance: Who and why.
        operations: How many rows follow.
        rows: Rows of readings or tables that those operations wrote.
        bytes: Stored bytes that they wrote.
        rows_hash: Hash of the operations, in order.
        previous: Hash of the header before, empty for txn 1.
        parent: In the first header of a pond that was restored: the UUID of the pond that the
            headers before are of. Else empty.
    """

    txn: int
    ts_us: int
    txn_uuid: str
    pond: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    operations: int = 0
    rows: int = 0
    bytes: int = 0
    rows_hash: str = ""
    previous: str = ""
    parent: str = ""

    @property
    def hash(self) -> str:
        """SHA-256 of the header; the next header names it as `previous`."""
        return _digest([self.txn, self.ts_us, self._facts()])

    def _facts(self) -> dict[str, object]:
        return {
            "txn_uuid": self.txn_uuid,
            "pond": self.pond,
            "author": self.provenance.author,
            "message": self.provenance.message,
            "run_id": self.provenance.run_id,
            "asset": self.provenance.asset,
            "partitions": list(self.provenance.partitions),
            "operations": self.operations,
            "rows": self.rows,
            "bytes": self.bytes,
            "rows_hash": self.rows_hash,
            "previous": self.previous,
            # Nearly no header has one, and those that have none are hashed without it.
            **({"parent": self.parent} if self.parent else {}),
        }

    def to_operation(self) -> Operation:
        """Return the header as the row that stores it.

        Its hash is not in it: the next header has that, and a digest costs as much as all else.
        """
        return Operation(
            OpKind.HEADER,
            HEADERS,
            txn=self.txn,
            seq=0,
            ts_us=self.ts_us,
            attributes=dump_facts(self._facts()),
        )

    @classmethod
    def from_operation(cls, row: Operation) -> "Header":
        """Read a header from its row.

        Raises:
            CorruptionError: The row is no header, or lacks a fact.
        """
        facts = row.facts
        try:
            provenance = Provenance(
                author=facts["author"],
                message=facts["message"],
                run_id=facts["run_id"],
                asset=facts["asset"],
                partitions=tuple(facts["partitions"]),
            )
            numbers = {k: int(facts[k]) for k in ("operations", "rows", "bytes")}
            texts = {k: str(facts[k]) for k in ("txn_uuid", "pond", "rows_hash", "previous")}
            texts["parent"] = str(facts.get("parent", ""))
        except (KeyError, TypeError, ValueError) as exc:
            msg = f"the header of txn {row.txn} lacks {exc}"
            raise CorruptionError(msg) from exc
        return cls(row.txn, row.ts_us, provenance=provenance, **numbers, **texts)  # type: ignore[arg-type]  # numbers and texts name the fields of their own types


_VALUES_OF = operator.attrgetter(*(f.name for f in fields(Operation)))


def dump_facts(facts: Mapping[str, object]) -> str:
    """Return a JSON object as canonical text: equal facts give equal text."""
    return json.dumps(dict(facts), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def parse_facts(text: str | None) -> dict[str, Any]:
    """Return the JSON object of an `attributes` column; null is an empty one."""
    if text is None:
        return {}
    try:
        facts = json.loads(text)
    except ValueError as exc:
        msg = f"the attributes {text[:80]!r} are not JSON"
        raise CorruptionError(msg) from exc
    if not isinstance(facts, dict):
        msg = f"the attributes {text[:80]!r} are no JSON object"
        raise CorruptionError(msg)
    return facts


def parse_all_facts(texts: Sequence[str | None]) -> list[dict[str, Any]]:
    """Return what `parse_facts` does of many, in a third of the time."""
    try:
        parsed: list[Any] = json.loads(
            f"[{','.join('{}' if text is None else text for text in texts)}]"
        )
    except ValueError:
        parsed = []
    if len(parsed) == len(texts) and all(isinstance(facts, dict) for facts in parsed):
        return parsed
    return list(map(parse_facts, texts))  # one of them is at fault: this says which


def number(operations: Iterable[Operation], *, txn: int, ts_us: int) -> list[Operation]:
    """Return the operations of one transaction with its number, its time and their places."""
    numbered = []
    for seq, operation in enumerate(operations, start=1):
        row = Operation(*_VALUES_OF(operation))
        row.txn, row.seq, row.ts_us = txn, seq, ts_us
        numbered.append(row)
    return numbered


_HASHED = tuple(
    f.name for f in fields(Operation) if f.name not in {"content", "txn", "ts_us", "until"}
)
_HASHED_OF = operator.attrgetter(*_HASHED)


def rows_hash(operations: Iterable[Operation]) -> str:
    """Return the hash of a transaction's operations, in order, without its header.

    Contents count by their `sha256`; `txn` and `ts` are hashed by the header itself, and `until`
    is found out later.
    """
    return _digest(list(map(_HASHED_OF, operations)))


def encode(operations: Sequence[Operation]) -> pa.Table:
    """Return operations of one part as a table with the columns `schema.STORED`."""
    columns = []
    for column in STORED:
        attribute = _ATTRIBUTE_OF.get(column.name, column.name)
        values = list(map(operator.attrgetter(attribute), operations))
        array = pa.array(values, pa.int64() if column.type == INSTANT else column.type)
        columns.append(array.cast(column.type))
    return pa.Table.from_arrays(columns, schema=STORED)


def decode(table: pa.Table, *, part: int) -> list[Operation]:
    """Return the rows of a table with (some of) the columns `schema.STORED` as operations.

    Raises:
        CorruptionError: A row's `op` is unknown, or a column has another type.
    """
    columns = plain_columns(table)
    with _row_errors(part):
        values: dict[str, Iterable[Any]] = {
            name: column.to_pylist() for name, column in columns.items()
        }
        values["op"] = list(map(OpKind, values["op"]))
        # By position: a third of the time that names take, for each row.
        return list(map(Operation, *(values.get(name, it) for name, it in _absent(part).items())))


def _absent(part: int) -> dict[str, Iterable[Any]]:
    """Return what the fields of `Operation` are, in order, where a table has no such column."""
    absent = {each.name: repeat(each.default) for each in fields(Operation)}
    return {**absent, "part": repeat(part)}


def plain_columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return a table's columns by the attributes of `Operation`; instants are integers there."""
    columns = {}
    for column in table.schema:
        array = table.column(column.name)
        if column.type == INSTANT:
            array = array.cast(pa.int64())
        columns[_ATTRIBUTE_OF.get(column.name, column.name)] = array
    return columns


def decode_row(columns: Mapping[str, pa.Array], at: int, *, part: int) -> Operation:
    """Return one row of what `plain_columns` gave: a tenth of the time that `decode` takes for it.

    Raises:
        CorruptionError: Its `op` is unknown.
    """
    with _row_errors(part):
        values = {name: column[at].as_py() for name, column in columns.items()}
        values["op"] = OpKind(values["op"])
        return Operation(part=part, **values)


@contextlib.contextmanager
def _row_errors(part: int) -> Iterator[None]:
    try:
        yield
    except ValueError as exc:
        msg = f"a row of part {part} cannot be read: {exc}"
        raise CorruptionError(msg) from exc


_ATTRIBUTE_OF = {c.name: f"{c.name}_us" for c in STORED if c.type == INSTANT}


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
