"""Transactions and differences as JSON shows them; `docs/cli.md` describes the shapes."""

from collections.abc import Mapping
from dataclasses import dataclass

from pond_core import Change, Difference, Header, LoggedOperation, LoggedTransaction, Window
from pond_pipeline.cli.instant import iso


@dataclass(frozen=True, slots=True)
class Logged:
    """One transaction, as `log` shows it."""

    txn: int
    time: str
    author: str
    asset: str
    partitions: tuple[str, ...]
    operations: int
    rows: int
    bytes: int
    message: str
    run_id: str

    @classmethod
    def of(cls, header: Header) -> "Logged":
        """Return what a header says."""
        made = header.provenance
        return cls(
            txn=header.txn,
            time=iso(header.ts_us),
            author=made.author,
            asset=made.asset,
            partitions=made.partitions,
            operations=header.operations,
            rows=header.rows,
            bytes=header.bytes,
            message=made.message,
            run_id=made.run_id,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """A range of time; a side that is open is None."""

    start: str | None
    end: str | None

    @classmethod
    def of(cls, window: Window) -> "Span":
        """Return a window."""
        return cls(_iso(window.start_us), _iso(window.end_us))


@dataclass(frozen=True, slots=True)
class ShownOperation:
    """One operation; what does not apply is None."""

    seq: int
    op: str
    path: str | None
    type: str | None
    node_id: str
    version: int | None
    window: Span | None
    first: str | None
    last: str | None
    rows: int | None
    bytes: int | None
    factory: str | None
    attributes: Mapping[str, object] | None

    @classmethod
    def of(cls, operation: LoggedOperation) -> "ShownOperation":
        """Return what an operation did."""
        return cls(
            seq=operation.seq,
            op=operation.op.value,
            path=operation.path,
            type=None if operation.entry_type is None else operation.entry_type.value,
            node_id=operation.node_id,
            version=operation.version,
            window=None if operation.window is None else Span.of(operation.window),
            first=_iso(operation.min_time_us),
            last=_iso(operation.max_time_us),
            rows=operation.rows,
            bytes=operation.bytes,
            factory=operation.factory or None,
            attributes=operation.attributes,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """One transaction, and what it did."""

    transaction: Logged
    operations: tuple[ShownOperation, ...]

    @classmethod
    def of(cls, transaction: LoggedTransaction) -> "Shown":
        """Return what a transaction did."""
        operations = tuple(map(ShownOperation.of, transaction.operations))
        return cls(Logged.of(transaction.header), operations)


@dataclass(frozen=True, slots=True)
class ChangedWindow:
    """A range of a series that was written, and how many rows it had and has."""

    start: str | None
    end: str | None
    rows_before: int
    rows: int


@dataclass(frozen=True, slots=True)
class Changed:
    """How one node differs; the fields are those of `pond_core.Change`."""

    change: str
    path: str
    path_before: str | None
    type: str
    node_id: str
    rows_before: int | None
    rows: int | None
    bytes_before: int | None
    bytes: int | None
    windows: tuple[ChangedWindow, ...]
    attributes: tuple[str, ...]
    marks: tuple[Span, ...]

    @classmethod
    def of(cls, change: Change) -> "Changed":
        """Return a change."""
        return cls(
            change=change.kind.value,
            path=change.path,
            path_before=change.path_before,
            type=change.entry_type.value,
            node_id=change.node_id,
            rows_before=change.rows_before,
            rows=change.rows,
            bytes_before=change.bytes_before,
            bytes=change.bytes,
            windows=tuple(
                ChangedWindow(
                    _iso(each.window.start_us),
                    _iso(each.window.end_us),
                    each.rows_before,
                    each.rows,
                )
                for each in change.windows
            ),
            attributes=change.attributes,
            marks=tuple(map(Span.of, change.marks)),
        )


@dataclass(frozen=True, slots=True)
class Differing:
    """What differs between two txns."""

    before: int
    after: int
    changes: tuple[Changed, ...]

    @classmethod
    def of(cls, difference: Difference) -> "Differing":
        """Return a difference."""
        changes = tuple(map(Changed.of, difference.changes))
        return cls(difference.before, difference.after, changes)


def _iso(instant_us: int | None) -> str | None:
    return None if instant_us is None else iso(instant_us)
