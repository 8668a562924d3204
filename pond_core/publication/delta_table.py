"""One published table: what it shows, and the commit that brings it into step.

Whose it is, and what it shows, is told by Delta's own application transactions, which survive
checkpoints: `pond:<uuid>` has the txn of the pond, `pond:<uuid>:<node>` the same one of the node
that the rows are of. So a path that another node has got by now is known, and so is a table that
somebody else made.
"""

import contextlib
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from pond_core.errors import ExistsError, StorageError
from pond_core.publication.destination import Destination
from pond_core.series.column import TIMESTAMP
from pond_core.tinyfs import NodeId
from pond_core.window import from_us, to_us

_SETTINGS = {
    # What Delta's other writers do. A reader of a bucket fetches each commit since by itself.
    "delta.checkpointInterval": "10",
}

_MS_US = 1000


_NAME = re.compile(r"(?P<part>[-\w]+)\.(?P<digest>[0-9a-f]+)\.(?P<txn>\d+)\.parquet")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of a published table.

    Attributes:
        name: `<part>.<digest>.<txn>.parquet`: the part of the node that it holds, what says whether
            that is still the same, and the txn that it was first published with.
        size: Bytes.
        rows: How many rows.
        ends_us: The first and the last instant of a series' rows.
    """

    name: str
    size: int
    rows: int = 0
    ends_us: tuple[int, int] | None = None

    @property
    def part(self) -> str:
        """The part of the node that it holds: a month, or `all`."""
        return self.name.split(".")[0]

    @property
    def digest(self) -> str:
        """Equal for equal content."""
        return self.name.split(".")[1]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a commit says of itself.

    Attributes:
        pond_id: The pond's UUID.
        node_id: The node that the rows are of.
        txn: What the table shows from then on.
    """

    pond_id: str
    node_id: NodeId
    txn: int

    @property
    def commit(self) -> CommitProperties:
        """The same, for deltalake."""
        apps = (_app(self.pond_id), _app(self.pond_id, self.node_id))
        # What is replaced was decided by what the table showed: no commit is tried over another.
        return CommitProperties(
            app_transactions=[Transaction(app, self.txn) for app in apps], max_commit_retries=0
        )


@dataclass(frozen=True)
class PublishedDelta:
    """A table at a destination, as it was when it was opened.

    Attributes:
        uri: Where it is.
        txn: The txn that it shows.
        files: Its files, by the part that they hold.
        is_rewritten: Whether it has files that are not ours: an engine has merged some.
    """

    uri: str
    txn: int
    files: Mapping[str, DataFile]
    is_rewritten: bool
    _table: DeltaTable = field(repr=False)
    _pond_id: str = field(repr=False)

    @classmethod
    def open(cls, destination: Destination, path: str, *, pond_id: str) -> "PublishedDelta | None":
        """Open the table of a path; None if there is none.

        Raises:
            ExistsError: Somebody else made it, or it was published from another pond.
            StorageError: It cannot be read.
        """
        uri = destination.uri(path)
        with _delta_errors(uri):
            try:
                table = DeltaTable(uri, storage_options=destination.options)
            except TableNotFoundError:
                return None
            txn = table.transaction_version(_app(pond_id))
            whose = table.metadata().description
            told = pa.table(table.get_add_actions(flatten=True))
        if txn is None:
            raise _foreign(uri, whose, pond_id)
        found = list(map(DataFile, *(told[name].to_pylist() for name in ("path", "size_bytes"))))
        ours = {each.part: each for each in found if _NAME.fullmatch(each.name)}
        return cls(uri, txn, ours, len(ours) < len(found), table, pond_id)

    @property
    def version(self) -> int:
        """The Delta version."""
        return int(self._table.version())

    @property
    def _types(self) -> dict[str, object]:
        return _types(self._table.schema())

    def shows(self, node_id: NodeId) -> bool:
        """Say whether its rows are of a node, and not of one that had the path before."""
        with _delta_errors(self.uri):
            return self._table.transaction_version(_app(self._pond_id, node_id)) == self.txn

    def takes(self, schema: pa.Schema) -> bool:
        """Say whether all of its columns are among others: it need only gain the rest."""
        others = _types(Schema.from_arrow(schema))
        return all(others.get(name) == kind for name, kind in self._types.items())

    def lacks(self, schema: pa.Schema) -> bool:
        """Say whether it has to gain columns."""
        return not self._types.keys() >= set(schema.names)

    def update(
        self,
        schema: pa.Schema,
        add: Sequence[DataFile],
        remove: Sequence[DataFile],
        stamp: Stamp,
    ) -> None:
        """Replace files in one commit; columns that it gains come in one before that.

        Raises:
            StorageError: The place refuses, or somebody else wrote to the table meanwhile; it shows
                what it showed.
        """
        done_ms = time.time_ns() // 1_000_000
        gained = pa.schema([each for each in schema if each.name not in self._types])
        actions: list[AddAction | RemoveAction] = [*_actions(add)]
        actions += [RemoveAction(each.name, True, done_ms, each.size, {}) for each in remove]  # noqa: FBT003 -- deltalake's
        with _delta_errors(self.uri):
            if len(gained):
                self._table.alter.add_columns(
                    Schema.from_arrow(gained).fields,
                    commit_properties=CommitProperties(max_commit_retries=0),
                )
            self._table.create_write_transaction(
                actions,
                "append",
                Schema.from_arrow(schema),
                commit_properties=stamp.commit,
            )

    def overwrite(self, schema: pa.Schema, files: Sequence[DataFile], stamp: Stamp) -> None:
        """Replace columns and rows in one commit.

        Raises:
            StorageError: As in `update`.
        """
        with _delta_errors(self.uri):
            self._table.create_write_transaction(
                [*_actions(files)],
                "overwrite",
                Schema.from_arrow(schema),
                commit_properties=stamp.commit,
            )

    def vacuum(self, keep: timedelta) -> int:
        """Delete files that were replaced longer ago than that; return how many.

        Raises:
            StorageError: The place refuses.
        """
        hours = int(keep / timedelta(hours=1))
        with _delta_errors(self.uri):
            old = self._table.vacuum(hours, enforce_retention_duration=False)
            if old:  # else it would commit that it deleted nothing
                self._table.vacuum(hours, dry_run=False, enforce_retention_duration=False)
        return len(old)


def create(
    destination: Destination,
    path: str,
    schema: pa.Schema,
    files: Sequence[DataFile],
    stamp: Stamp,
) -> None:
    """Make a table with its files, in one commit.

    Raises:
        StorageError: The place refuses, or somebody else made it meanwhile.
    """
    uri = destination.uri(path)
    with _delta_errors(uri):
        create_table_with_add_actions(
            uri,
            Schema.from_arrow(schema),
            _actions(files),
            name=path,
            description=f"published by DuckPond from pond {stamp.pond_id}",
            configuration=_SETTINGS,
            storage_options=destination.options,
            commit_properties=stamp.commit,
        )


def _types(schema: Schema) -> dict[str, object]:
    return {each.name: each.type for each in schema.fields}


def _app(pond_id: str, node_id: NodeId | None = None) -> str:
    return f"pond:{pond_id}" if node_id is None else f"pond:{pond_id}:{node_id}"


def _foreign(uri: str, description: str | None, pond_id: str) -> ExistsError:
    whose = description or "not published by DuckPond"
    msg = f"there is another table at {uri}: {whose}; this is pond {pond_id}"
    return ExistsError(msg, path=uri, hint="publish to another place, or delete that table")


def _actions(files: Sequence[DataFile]) -> list[AddAction]:
    done_ms = time.time_ns() // 1_000_000
    return [
        AddAction(each.name, each.size, {}, done_ms, data_change=True, stats=_statistics(each))
        for each in files
    ]


def _statistics(file: DataFile) -> str:
    """Return what lets engines skip a file.

    Delta's bounds of instants are in milliseconds ("Per-file Statistics"), so the upper one is
    rounded up. Years that ISO 8601 has no four digits for have none.
    """
    told: dict[str, object] = {"numRecords": file.rows}
    if file.ends_us is not None:
        low_us = file.ends_us[0] // _MS_US * _MS_US
        high_us = -(-file.ends_us[1] // _MS_US) * _MS_US
        if all(to_us(from_us(each)) == each for each in (low_us, high_us)):
            told["minValues"] = {TIMESTAMP: _text(low_us)}
            told["maxValues"] = {TIMESTAMP: _text(high_us)}
            told["nullCount"] = {TIMESTAMP: 0}
    return json.dumps(told)


def _text(instant_us: int) -> str:
    return from_us(instant_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextlib.contextmanager
def _delta_errors(uri: str) -> Iterator[None]:
    """Turn what deltalake raises into `StorageError`; the first line has all that helps."""
    try:
        yield
    except TableNotFoundError:
        raise
    except CommitFailedError as exc:
        msg = f"{uri}: somebody else wrote to the table meanwhile"
        raise StorageError(msg, hint="run it again: it goes on from what is there") from exc
    except (DeltaError, OSError, ValueError) as exc:
        msg = f"{uri}: {str(exc).partition(chr(10))[0]}"
        raise StorageError(
            msg, hint="check that the table is whole, and the place reachable"
        ) from exc
