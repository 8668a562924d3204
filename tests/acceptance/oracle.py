"""What the files of Noyo Harbor say, worked out without the product.

DuckDB reads the Parquet files, a few regular expressions the exports. A series is told by its
instants and by its cells `(t, n, v)`: instant, column and value, where a null is no cell.
"""

# ruff: noqa: S608 -- the names in these queries are our own

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

DEVICES = {
    "Vulink_1": 4990594334457856,
    "AT500_1": 6154708427603968,
    "Vulink_4": 5877040213786624,
    "AT500_3": 6187749627789312,
}
PLACES = ("FB-Surface", "FB-Bottom", "FB-VuLink")
MOVED = datetime(2025, 10, 16, 21, tzinfo=UTC)
_BEFORE, _SINCE = f"t < '{MOVED}'", f"t >= '{MOVED}'"
SITES = {
    "BDock": [("Vulink_1", "Vulink", _BEFORE), ("AT500_1", "AT500_Surface", _BEFORE)],
    "Princess": [("Vulink_4", "Vulink", _BEFORE), ("AT500_3", "AT500_Surface", _BEFORE)],
    "FieldStation": [
        ("FB-Surface", "AT500_Surface", _BEFORE),
        ("FB-Bottom", "AT500_Bottom", _BEFORE),
        ("FB-VuLink", "AT500_Vulink", _BEFORE),
        ("Vulink_1", "Vulink1", _SINCE),
        ("AT500_1", "AT500_Surface", _SINCE),
        ("Vulink_4", "Vulink2", _SINCE),
        ("AT500_3", "AT500_Bottom", _SINCE),
    ],
}

_FLOOR_US = 946_684_800_000_000  # 2000-01-01, the default `clock_floor`
_SCHEMA = """
    SET TimeZone = 'UTC';
    CREATE TABLE collected (who VARCHAR, t TIMESTAMPTZ, n VARCHAR, v DOUBLE);
    CREATE TABLE printed (who VARCHAR, created VARCHAR, t TIMESTAMPTZ, n VARCHAR, v DOUBLE);
    CREATE TABLE moved (site VARCHAR, who VARCHAR, t TIMESTAMPTZ, n VARCHAR, v DOUBLE);
    CREATE VIEW reading AS
        SELECT * FROM collected WHERE epoch_us(t) >= {floor}
        UNION ALL
        SELECT who, t, n, arg_max(v, created) FROM printed WHERE v IS NOT NULL GROUP BY ALL;
    CREATE VIEW instant AS
        SELECT DISTINCT who, t FROM collected WHERE epoch_us(t) >= {floor}
        UNION ALL
        SELECT DISTINCT who, t FROM printed;
"""
_ROW = re.compile(r'<tr class="data"[^>]* isi-hv-timestamp="(\d+)">(.*?)</tr>', re.DOTALL)
_CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
_HEADER = re.compile(r'<tr class="dataHeader".*?</tr>', re.DOTALL)
_CREATED = re.compile(r'isi-report-created" content="([^"]*)"')


class Oracle:
    """The files in a database of their own."""

    def __init__(self, folder: Path) -> None:
        self._db = duckdb.connect()
        self._db.execute(_SCHEMA.format(floor=_FLOOR_US))
        for device, location in DEVICES.items():
            self._collect(device, folder / "hydrovu" / f"{location}.parquet")
        for file in sorted((folder / "laketech").glob("*.htm")):
            self._print(file)
        for site, parts in SITES.items():
            for who, scope, when in parts:
                cells = f"SELECT '{site}', '{who}', t, '{scope}.' || n, v FROM reading"
                self._db.execute(f"INSERT INTO moved {cells} WHERE who = '{who}' AND {when}")

    def assert_cells(self, table: pa.Table, wanted: str) -> None:
        """Check that a wide table has exactly the cells that a query for `t, n, v` gives."""
        self._db.register("got_wide", table)
        got = """SELECT timestamp, n, v FROM (UNPIVOT (FROM got_wide)
            ON COLUMNS(* EXCLUDE timestamp) INTO NAME n VALUE v)"""
        self.assert_rows(got, wanted)

    def assert_instants(self, table: pa.Table, wanted: str) -> None:
        """Check that a table has one row at each instant that a query gives, in order."""
        assert table["timestamp"].to_pylist() == [t for (t,) in self.query(f"{wanted} ORDER BY 1")]

    def assert_rows(self, got: str, wanted: str) -> None:
        """Check that two queries give the same rows, as often."""
        assert self.query(f"({got}) EXCEPT ALL ({wanted}) LIMIT 5") == [], "too much"
        assert self.query(f"({wanted}) EXCEPT ALL ({got}) LIMIT 5") == [], "missing"

    def register(self, name: str, table: pa.Table) -> None:
        """Let queries use a table."""
        self._db.register(name, table)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        return self._db.sql(sql).fetchall()

    def _collect(self, device: str, file: Path) -> None:
        self._db.execute(
            f"""INSERT INTO collected SELECT '{device}', make_timestamptz(timestamp * 1000000), n, v
            FROM (UNPIVOT (FROM '{file}') ON COLUMNS(* EXCLUDE timestamp) INTO NAME n VALUE v)"""
        )

    def _print(self, file: Path) -> None:
        """Add an export; an empty cell stays as a null, which tells of its column and instant."""
        text = file.read_text(encoding="utf-8")
        header = _HEADER.search(text)
        if header is None:
            return
        titles = [html.unescape(title) for title in _CELL.findall(header[0])][1:]
        names = [re.sub(r" \((.*)\)$", r".\1", title) for title in titles]
        cells = [
            (int(stamp) * 1000, name, float(cell) if cell else None)
            for stamp, row in _ROW.findall(text)
            for name, cell in zip(names, _CELL.findall(row)[1:], strict=True)
        ]
        place = next(name for name in PLACES if f"_{name}-" in file.name)
        (created,) = _CREATED.findall(text)
        self._db.register("cells", _columns(cells))
        self._db.execute(
            f"INSERT INTO printed SELECT '{place}', '{created}', make_timestamptz(us), n, v "
            "FROM cells"
        )


def _columns(cells: Sequence[tuple[int, str, float | None]]) -> pa.Table:
    types = {"us": pa.int64(), "n": pa.string(), "v": pa.float64()}
    return pa.table(
        {
            name: pa.array([cell[at] for cell in cells], kind)
            for at, (name, kind) in enumerate(types.items())
        }
    )
