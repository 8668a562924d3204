"""Real readings through the whole pipeline: exactly what other tools make of the same files."""

# ruff: noqa: S608 -- the names in these queries are our own

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import EntryType
from tests.acceptance.lake import Lake
from tests.acceptance.oracle import DEVICES, MOVED, PLACES, SITES, Oracle

WITH_A_WRONG_CLOCK = ("Vulink_1", "AT500_1")
HOURS = (1, 2, 4, 12, 24)
FLOOR = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def oracle(readings_of_noyo: Path) -> Oracle:
    """What the files say, worked out without the product."""
    return Oracle(readings_of_noyo)


@pytest.mark.parametrize("device", DEVICES)
def test_raw_is_every_value_of_the_source_once(noyo: Lake, oracle: Oracle, device: str) -> None:
    snapshot = noyo.snapshot()
    oracle.register("raw", snapshot.read_series(f"/raw/noyo/{device}"))
    for name in ("parameters", "units"):
        oracle.register(name, snapshot.read_table(f"/raw/noyo/{name}"))
    named = """SELECT timestamp, parameters.name || '.' || units.name, value
        FROM raw JOIN parameters ON parameter_id = parameters.id JOIN units ON unit_id = units.id"""
    oracle.assert_rows(named, f"SELECT t, n, v FROM collected WHERE who = '{device}'")


def test_the_46_instants_stamped_1970_are_414_values_in_quarantine(
    noyo: Lake, oracle: Oracle
) -> None:
    tables = [noyo.series(f"/quarantine/noyo/{device}") for device in WITH_A_WRONG_CLOCK]
    assert [len(set(table["timestamp"].to_pylist())) for table in tables] == [23, 23]
    assert sum(table.num_rows for table in tables) == 414
    for device, table in zip(WITH_A_WRONG_CLOCK, tables, strict=True):
        oracle.register("aside", table)
        wanted = f"SELECT t, v FROM collected WHERE who = '{device}' AND t < '{FLOOR}'"
        oracle.assert_rows("SELECT timestamp, value FROM aside", wanted)


def test_nothing_stamped_1970_is_in_anything_derived(noyo: Lake) -> None:
    derived = [
        node
        for root in ("/normalized", "/combined", "/reduced")
        for node in noyo.snapshot().walk(root)
        if node.entry_type is EntryType.SERIES
    ]
    assert len(derived) == 7 + 3 + 15
    for node in derived:
        first = node.read_series()["timestamp"][0].as_py()
        assert first >= FLOOR, node.path


@pytest.mark.parametrize("device", [d for d in DEVICES if d not in WITH_A_WRONG_CLOCK])
def test_an_instrument_with_a_good_clock_has_nothing_in_quarantine(noyo: Lake, device: str) -> None:
    assert noyo.series(f"/quarantine/noyo/{device}").num_rows == 0


@pytest.mark.parametrize("device", DEVICES)
def test_normalized_is_the_instruments_own_table(noyo: Lake, oracle: Oracle, device: str) -> None:
    table = noyo.series(f"/normalized/noyo/{device}")
    oracle.assert_cells(table, f"SELECT t, n, v FROM reading WHERE who = '{device}'")
    oracle.assert_instants(table, f"SELECT t FROM instant WHERE who = '{device}'")


@pytest.mark.parametrize("device", DEVICES)
def test_a_column_says_what_was_measured_and_in_which_unit(noyo: Lake, device: str) -> None:
    snapshot = noyo.snapshot()
    parameters = _names(snapshot.read_table("/raw/noyo/parameters"))
    units = _names(snapshot.read_table("/raw/noyo/units"))
    for field in list(noyo.series(f"/normalized/noyo/{device}").schema)[1:]:
        facts = {key.decode(): value.decode() for key, value in field.metadata.items()}
        assert field.name == f"{facts['parameter']}.{facts['unit']}"
        assert parameters[facts["parameter_id"]] == facts["parameter"]
        assert units[facts["unit_id"]] == facts["unit"]
        assert (field.type, field.nullable) == (pa.float64(), True)


def test_exported_files_are_kept_bit_for_bit(noyo: Lake, readings_of_noyo: Path) -> None:
    kept = noyo.snapshot().ls("/raw/laketech/files")
    files = {file.name: _digest(file.read_bytes()) for file in kept}
    folder = readings_of_noyo / "laketech"
    assert files == {file.name: _digest(file.read_bytes()) for file in folder.iterdir()}
    assert len(files) == 6


@pytest.mark.parametrize("place", PLACES)
def test_overlapping_exports_give_each_cell_once_and_the_newest_counts(
    noyo: Lake, oracle: Oracle, place: str
) -> None:
    table = noyo.series(f"/normalized/laketech/{place}")
    oracle.assert_cells(table, f"SELECT t, n, v FROM reading WHERE who = '{place}'")
    oracle.assert_instants(table, f"SELECT t FROM instant WHERE who = '{place}'")
    columns = oracle.query(f"SELECT DISTINCT n FROM printed WHERE who = '{place}' ORDER BY 1")
    assert [(name,) for name in sorted(table.column_names[1:])] == columns


def test_an_export_without_a_reading_is_a_result(noyo: Lake) -> None:
    (empty,) = [f for f in noyo.snapshot().ls("/raw/laketech/files") if "817738" in f.name]
    facts = empty.node.attributes
    assert facts["locations"] == [["FB-Bottom-817738-5-23-25", None, None, {}]]
    assert facts["problem"] == ""


@pytest.mark.parametrize("site", SITES)
def test_a_site_is_its_instruments_while_they_stood_there(
    noyo: Lake, oracle: Oracle, site: str
) -> None:
    table = noyo.series(f"/combined/noyo/{site}")
    oracle.assert_cells(table, f"SELECT t, n, v FROM moved WHERE site = '{site}'")
    instants = " UNION ".join(
        f"SELECT t FROM instant WHERE who = '{who}' AND {when}" for who, _, when in SITES[site]
    )
    oracle.assert_instants(table, f"SELECT t FROM ({instants})")


@pytest.mark.parametrize("site", SITES)
def test_a_column_of_a_site_says_its_scope(noyo: Lake, site: str) -> None:
    for field in list(noyo.series(f"/combined/noyo/{site}").schema)[1:]:
        scope = field.metadata[b"scope"].decode()
        parameter, unit = (field.metadata[key].decode() for key in (b"parameter", b"unit"))
        assert field.name == f"{scope}.{parameter}.{unit}"


def test_the_instant_of_the_move_belongs_to_the_new_site_alone(noyo: Lake) -> None:
    for site in ("BDock", "Princess"):
        assert noyo.series(f"/combined/noyo/{site}")["timestamp"][-1].as_py() < MOVED
    field_station = noyo.series("/combined/noyo/FieldStation")["timestamp"].to_pylist()
    assert MOVED in field_station


def test_two_instruments_at_one_instant_keep_a_scope_each(noyo: Lake) -> None:
    both = """SELECT count(*), count(*) FILTER ("Vulink1.Baro.psi" <> "Vulink2.Baro.psi")
        FROM "/combined/noyo/FieldStation"
        WHERE "Vulink1.Baro.psi" IS NOT NULL AND "Vulink2.Baro.psi" IS NOT NULL"""
    ((shared, differing),) = _rows(noyo, both)
    assert shared == 2_763
    assert 0 < differing <= shared


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("site", SITES)
def test_a_resolution_equals_aggregating_the_readings_at_once(
    noyo: Lake, oracle: Oracle, site: str, hours: int
) -> None:
    table = noyo.series(f"/reduced/noyo/sites/{site}/res={hours}h")
    oracle.register("reduced", table)
    bucket = f"time_bucket(INTERVAL '{hours} hours', t, TIMESTAMPTZ '1970-01-01 00:00Z')"
    wanted = f"""(SELECT {bucket} AS t, n, avg(v) AS avg, min(v) AS min, max(v) AS max,
        count(v) AS count FROM moved WHERE site = '{site}' GROUP BY ALL)"""
    for aggregate in ("min", "max", "count"):
        got = f"SELECT * FROM {_aggregate(aggregate)} WHERE '{aggregate}' <> 'count' OR v > 0"
        oracle.assert_rows(got, f"SELECT t, n, {aggregate} FROM {wanted}")
    averages = f"{_aggregate('avg')} AS got FULL JOIN {wanted} AS wanted USING (t, n)"
    unequal = "coalesce(abs(got.v - wanted.avg) > 1e-12 * abs(wanted.avg), true)"
    assert oracle.query(f"SELECT * FROM {averages} WHERE {unequal} LIMIT 5") == []
    stamps = oracle.query(f"SELECT DISTINCT t FROM {wanted} ORDER BY t")
    assert [(t,) for t in table["timestamp"].to_pylist()] == stamps


def test_sql_over_paths_gives_the_averages_of_the_files(noyo: Lake, oracle: Oracle) -> None:
    column = "AT500_Surface.Temperature.C"
    for site in SITES:
        ((found, count),) = _rows(
            noyo, f'SELECT avg("{column}"), count("{column}") FROM "/combined/noyo/{site}"'
        )
        ((wanted, readings),) = oracle.query(
            f"SELECT avg(v), count(v) FROM moved WHERE site = '{site}' AND n = '{column}'"
        )
        assert found == pytest.approx(wanted, rel=1e-12)
        assert count == readings
        weighted = f'sum("{column}.avg" * "{column}.count") / sum("{column}.count")'
        ((reduced,),) = _rows(noyo, f'SELECT {weighted} FROM "/reduced/noyo/sites/{site}/res=24h"')
        assert reduced == pytest.approx(wanted, rel=1e-12)


def test_every_byte_of_the_pond_is_as_it_was_written(noyo: Lake) -> None:
    result = noyo.command("verify", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["ok"] is True


def _aggregate(name: str) -> str:
    """Return a subquery for `t, n, v` of one aggregate of the table `reduced`."""
    ending = len(f".{name}")
    return f"""(SELECT timestamp AS t, left(c, -{ending}) AS n, v FROM (UNPIVOT
        (SELECT timestamp, COLUMNS(lambda c: suffix(c, '.{name}')) FROM reduced)
        ON COLUMNS(* EXCLUDE timestamp) INTO NAME c VALUE v))"""


def _rows(lake: Lake, query: str) -> list[tuple[float, ...]]:
    """Return the rows of a query that `pond sql` runs."""
    result = lake.command("sql", query, "--json")
    assert result.exit_code == 0, result.stderr
    return [tuple(row.values()) for row in json.loads(result.stdout)]


def _names(table: pa.Table) -> dict[str, str]:
    return dict(zip(table["id"].to_pylist(), table["name"].to_pylist(), strict=True))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
