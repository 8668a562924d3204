"""A reader of ponds that knows nothing but `docs/format.md`: deltalake, pyarrow and DuckDB.

It proves that the document is enough. It is short and slow, and checks nothing.
"""

import hashlib
import json
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from tests.golden.telling import Range, Told, joined

Row = dict[str, Any]
ROOT = "0" * 32
HASHED = (
    *("op", "part", "seq", "parent_id", "name", "node_id", "entry_type", "version"),
    *("window_start", "window_end", "min_time", "max_time", "rows", "size", "sha256"),
    *("arrow_schema", "factory", "attributes"),
)
LEAST, MOST = float("-inf"), float("inf")


class PlainPond:
    """A pond on the disk."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.files = DeltaTable(str(place / "oplog")).file_uris()

    def rows(self, txn: int) -> list[Row]:
        """Return the rows that a snapshot consists of, in order (section 3, "Snapshots")."""
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            found = db.sql(
                """SELECT DISTINCT ON (txn, seq) * EXCLUDE (ts, min_time, max_time)
                REPLACE (epoch_us(window_start) AS window_start, epoch_us(window_end) AS window_end)
                FROM read_parquet($files, hive_partitioning = true)
                WHERE part < 16 AND txn <= $txn AND (tier = 'hot' OR until > $txn)
                ORDER BY txn, seq""",
                params={"files": self.files, "txn": txn},
            )
            rows: list[Row] = found.to_arrow_table().to_pylist()
            return rows

    def chain(self) -> str:
        """Return the hash of the newest header, made anew of all rows (section 3, "Hashes")."""
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            instants = ("ts", "window_start", "window_end", "min_time", "max_time")
            as_us = ", ".join(f"epoch_us({name}) AS {name}" for name in instants)
            found = db.sql(
                f"""SELECT * REPLACE ({as_us}) FROM read_parquet($files, hive_partitioning = true)
                WHERE op <> 'condensed' ORDER BY txn, seq""",  # noqa: S608 -- names of columns
                params={"files": self.files},
            )
            rows = found.to_arrow_table().to_pylist()
        previous = ""
        for (txn, ts), group in groupby(rows, key=lambda row: (row["txn"], row["ts"])):
            header, *operations = group
            facts = json.loads(header["attributes"])
            assert facts["previous"] == previous
            assert facts["rows_hash"] == _hash([[row[c] for c in HASHED] for row in operations])
            previous = _hash([txn, ts, facts])
            assert header["sha256"] in (None, previous)
        return previous

    def snapshot(self, txn: int) -> dict[str, Told]:
        """Return what each path holds as of a txn."""
        names: dict[tuple[str, str], Row] = {}
        nodes: dict[str, dict[str, Any]] = {}
        for row in self.rows(txn):
            node = nodes.setdefault(row["node_id"], {"attributes": {}, "marks": {}, "pieces": []})
            window = (row["window_start"], row["window_end"])
            match row["op"]:
                case "link":
                    names[row["parent_id"], row["name"]] = row
                case "unlink":
                    names.pop((row["parent_id"], row["name"]), None)
                case "attributes":
                    node["attributes"] = json.loads(row["attributes"])
                case "mark":
                    node["marks"][window] = json.loads(row["attributes"])
                case "write":
                    node["pieces"] = [((None, None), row)]
                case "window" | "condensed":
                    left = [(r, o) for held, o in node["pieces"] for r in _cut(held, window)]
                    node["pieces"] = sorted([*left, (window, row)], key=lambda p: _low(p[0]))
                case other:
                    raise ValueError(other)
        return dict(self._below("", ROOT, "directory", names, nodes))

    def _below(
        self, path: str, node_id: str, kind: str, names: dict[Any, Row], nodes: dict[str, Any]
    ) -> Any:  # noqa: ANN401 -- pairs of a path and what it holds
        node = nodes.get(node_id, {"attributes": {}, "marks": {}, "pieces": []})
        yield path or "/", self._told(kind, node)
        for (parent, name), row in names.items():
            if parent == node_id:
                below = row["node_id"], row["entry_type"]
                yield from self._below(f"{path}/{name}", *below, names, nodes)

    def _told(self, kind: str, node: dict[str, Any]) -> Told:
        pieces = node["pieces"]
        facts = (node["attributes"], node["marks"])
        if pieces and pieces[0][1]["factory"]:
            recipe = (pieces[0][1]["factory"], json.loads(pieces[0][1]["attributes"]))
            return Told(kind, None, *facts, recipe=recipe)
        match kind:
            case "directory":
                return Told(kind, None, *facts)
            case "symlink":
                return Told(kind, self._bytes(pieces[0][1]).decode(), *facts)
            case "data":
                return Told(kind, self._bytes(pieces[0][1]), *facts)
            case "table":
                return Told(kind, self._table(pieces[0][1]), *facts)
            case _:
                return Told(kind, self._series(pieces), *facts, joined([w for w, _ in pieces]))

    def _bytes(self, row: Row) -> bytes:
        return bytes(row["content"] if row["content"] is not None else self._object(row["sha256"]))

    def _object(self, digest: str) -> bytes:
        return (self.place / "objects" / digest[:2] / digest).read_bytes()

    def _table(self, row: Row) -> pa.Table:
        schema = pa.ipc.read_schema(pa.py_buffer(self._object(row["arrow_schema"])))
        if row["content"] is None:
            return pq.read_table(pa.BufferReader(self._object(row["sha256"]))).cast(schema)
        with pa.CompressedInputStream(pa.py_buffer(row["content"]), "zstd") as stream:
            batch = pa.ipc.read_record_batch(pa.py_buffer(stream.read()), schema)
        return pa.Table.from_batches([batch])

    def _series(self, pieces: list[tuple[Range, Row]]) -> pa.Table:
        tables = []
        for window, row in pieces:
            if row["rows"]:
                table = self._table(row)
                instants = table["timestamp"].cast(pa.int64()).to_pylist()
                kept = [_low(window) <= us < _high(window) for us in instants]
                tables.append(table.filter(pa.array(kept, pa.bool_())))
        tables = [table for table in tables if table.num_rows]
        instant = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
        return pa.concat_tables(
            tables or [pa.schema([instant]).empty_table()], promote_options="default"
        )


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _cut(held: Range, hole: Range) -> list[Range]:
    """Return what is left of a range outside another."""
    if _high(held) <= _low(hole) or _high(hole) <= _low(held):
        return [held]
    before = [(held[0], hole[0])] if _low(held) < _low(hole) else []
    after = [(hole[1], held[1])] if _high(hole) < _high(held) else []
    return [*before, *after]


def _low(window: Range) -> float:
    return LEAST if window[0] is None else window[0]


def _high(window: Range) -> float:
    return MOST if window[1] is None else window[1]
