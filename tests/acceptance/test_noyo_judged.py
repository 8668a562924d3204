"""Real readings in other units, with flags and corrections, by days of California."""

# ruff: noqa: S608 -- the names in these queries are our own

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pond_pipeline.config import HydroVuSpec, QualityRule, read_documents
from pond_pipeline.quality import is_flag
from tests.acceptance.lake import Lake
from tests.acceptance.oracle import DEVICES, MOVED, SITES, Oracle
from tests.pipeline.quality import oracle as ioos_qc

FILE = Path(__file__).parent / "noyo_judged.yaml"
BORDER = "2025-03"
"""A month that is made alone, before the others: its flags look over both of its borders."""

# 1 ft = 0.3048 m; 1 mm Hg = 133.322387415 Pa (NIST SP 811), 1 psi = 6894.757293168361 Pa,
# 1 dbar = 10 kPa; ppm are mg/L to these instruments.
CONVERTED = {
    "Depth.ft": ("Depth.m", 0.3048),
    "Elevation.ft": ("Elevation.m", 0.3048),
    "Baro.mm Hg": ("Baro.psi", 133.322387415 / 6894.757293168361),
    "Pressure.psi": ("Pressure.dbar", 0.6894757293168361),
    "Total Dissolved Solids.ppm": ("Total Dissolved Solids.mg/L", 1.0),
}
RULES = {"Temperature": "Temperature.C", "DO": "DO.mg/L"}
TRUNCATED = {"1d": "day", "1w": "week", "1mo": "month"}


@pytest.fixture(scope="module")
def judged(noyo: Lake, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """What noyo.yaml collected, made into what noyo_judged.yaml says; no server is running."""
    copy = noyo.copy(tmp_path_factory.mktemp("judged"))
    lake = Lake(copy.folder, FILE, copy.environ)
    derived = ("--select", "/normalized/noyo/*", "--select", "/combined/**")
    lake.complete(*derived, "--partition", BORDER)
    lake.complete(*derived, "--select", "/reduced/**")
    return lake


@pytest.fixture(scope="module")
def oracle(readings_of_noyo: Path) -> Oracle:
    """What the files say, worked out without the product."""
    return Oracle(readings_of_noyo)


@pytest.mark.parametrize("site", SITES)
def test_each_quantity_of_a_site_has_one_unit(judged: Lake, site: str) -> None:
    units: dict[str, set[str]] = {}
    for field in _values(judged.series(f"/combined/noyo/{site}")).schema:
        if field.name != "timestamp":
            parameter, unit = (field.metadata[key].decode() for key in (b"parameter", b"unit"))
            units.setdefault(parameter, set()).add(unit)
    assert {parameter: each for parameter, each in units.items() if len(each) > 1} == {}
    assert {units[name].pop() for name in ("Depth", "Level: Elevation")} == {"m"}


@pytest.mark.parametrize("site", SITES)
def test_the_values_of_a_site_are_those_of_the_files_in_its_units(
    judged: Lake, oracle: Oracle, site: str
) -> None:
    oracle.register("got_wide", _values(judged.series(f"/combined/noyo/{site}")))
    renamed, scaled = "n", "v"
    for old, (new, factor) in CONVERTED.items():
        renamed = (
            f"CASE WHEN n LIKE '%.{old}' THEN replace(n, '.{old}', '.{new}') ELSE {renamed} END"
        )
        scaled = f"CASE WHEN n LIKE '%.{old}' THEN v * {factor!r} ELSE {scaled} END"
    moved = f"SELECT t, {renamed} AS n, {scaled} AS v FROM moved WHERE site = '{site}'"
    got = """(SELECT timestamp AS t, n, v FROM (UNPIVOT (FROM got_wide)
        ON COLUMNS(* EXCLUDE timestamp) INTO NAME n VALUE v))"""
    unequal = "coalesce(abs(got.v - wanted.v) > 1e-12 * abs(wanted.v), true)"
    both = f"{got} AS got FULL JOIN ({moved}) AS wanted USING (t, n)"
    is_corrected = "got.n = 'AT500_Surface.Depth.m'" if site == "Princess" else "false"
    found = oracle.query(f"SELECT * FROM {both} WHERE {unequal} AND NOT {is_corrected} LIMIT 5")
    assert found == []


def test_a_corrected_depth_has_offset_and_drift_from_the_instant_they_begin(
    judged: Lake, oracle: Oracle
) -> None:
    oracle.register("corrected", judged.series("/combined/noyo/Princess"))
    days = "date_diff('second', TIMESTAMPTZ '2025-01-10 06:30Z', t) / 86400"
    is_in = "t >= '2025-01-10 06:30Z' AND t < '2025-03-02 12:00Z'"
    wanted = f"""SELECT t, CASE WHEN {is_in} THEN v + 0.35 - 0.012 * {days} ELSE v END AS wanted,
        {is_in} AS inside FROM moved WHERE site = 'Princess' AND n = 'AT500_Surface.Depth.m'"""
    got = """SELECT timestamp AS t, "AT500_Surface.Depth.m" AS got FROM corrected
        WHERE got IS NOT NULL"""
    counted = oracle.query(
        f"""SELECT inside, count(*), bool_and(CASE WHEN inside THEN abs(got - wanted) < 1e-9
            ELSE got = wanted END) FROM ({got}) FULL JOIN ({wanted}) USING (t) GROUP BY ALL"""
    )
    assert {(inside, right) for inside, _, right in counted} == {(True, True), (False, True)}
    assert min(int(str(count)) for _, count, _ in counted) > 24 * 45


@pytest.mark.parametrize("device", DEVICES)
def test_every_stored_flag_is_that_of_ioos_qc_over_the_whole_series(
    judged: Lake, device: str
) -> None:
    table = judged.series(f"/normalized/noyo/{device}")
    seen: Counter[int] = Counter()
    for column, rule in _rules():
        if column not in table.column_names:
            continue
        entry = rule.tests(interval=ioos_qc.median_interval(table))
        for test, flags in ioos_qc.expected(table, column, entry).items():
            stored = table[f"{column}.qc.{test}" if test else f"{column}.qc"].to_pylist()
            # In months without the column there are no flags: nothing was missed there.
            wanted = [
                None if own is None else flag for own, flag in zip(stored, flags, strict=True)
            ]
            assert stored == wanted, (column, test)
            unflagged = {flag for own, flag in zip(stored, flags, strict=True) if own is None}
            assert unflagged <= {9}
            seen.update(stored)
    assert {1, 3, 4} <= set(seen), "the configuration is not worth its name"


def test_a_site_has_the_flags_of_its_instruments(judged: Lake) -> None:
    site = judged.series("/combined/noyo/FieldStation")
    sonde = judged.series("/normalized/noyo/AT500_3")
    wanted = {
        instant: flag
        for instant, flag in _cells(sonde, "Temperature.C.qc")
        if instant >= MOVED  # type: ignore[operator]  # all instants are
    }
    found = dict(_cells(site, "AT500_Bottom.Temperature.C.qc"))
    assert wanted
    assert {at: flag for at, flag in found.items() if at >= MOVED} == wanted  # type: ignore[operator]


def test_averages_leave_out_what_is_flagged(judged: Lake, oracle: Oracle) -> None:
    oracle.register("judged", judged.series("/normalized/noyo/AT500_1"))
    oracle.register("good", judged.series("/reduced/judged/good/AT500_1/res=1d"))
    for column in RULES.values():
        kept = f"""CASE WHEN "{column}.qc" NOT IN (3, 4) THEN "{column}" END"""
        wanted = f"""SELECT time_bucket(INTERVAL '1 day', timestamp) AS t, avg({kept}) AS avg,
            count({kept}) AS count, count("{column}") AS all FROM judged GROUP BY ALL"""
        got = f"""SELECT timestamp AS t, "{column}.avg" AS a, coalesce("{column}.count", 0) AS c
            FROM good"""
        rows = oracle.query(
            f"""SELECT bool_and(coalesce(c, -1) = count AND
                coalesce(abs(a - avg) <= 1e-12 * abs(avg), avg IS NULL AND a IS NULL)),
                sum("all" - count) FROM ({got}) FULL JOIN ({wanted}) USING (t)"""
        )
        ((is_right, left_out),) = rows
        assert is_right
        assert int(str(left_out)) > 100


@pytest.mark.parametrize("width", TRUNCATED)
def test_local_buckets_begin_when_clocks_in_california_say(
    judged: Lake, oracle: Oracle, width: str
) -> None:
    column = "AT500_Surface.Temperature.C"
    oracle.register("local", judged.series(f"/reduced/judged/local/FieldStation/res={width}"))
    start = f"""date_trunc('{TRUNCATED[width]}', t AT TIME ZONE 'America/Los_Angeles')
        AT TIME ZONE 'America/Los_Angeles'"""
    wanted = f"""SELECT {start} AS t, min(v), max(v), count(v) FROM moved
        WHERE site = 'FieldStation' AND n = '{column}' GROUP BY ALL"""
    got = ", ".join(f'"{column}.{each}"' for each in ("min", "max", "count"))
    oracle.assert_rows(
        f'SELECT timestamp, {got} FROM local WHERE "{column}.count" IS NOT NULL', wanted
    )


def test_days_on_which_clocks_are_changed_have_23_and_25_hours(judged: Lake) -> None:
    table = judged.series("/reduced/judged/local/FieldStation/res=1d")
    days = [at.isoformat() for at in table["timestamp"].to_pylist()]
    spring = days.index("2025-03-09T08:00:00+00:00")
    assert days[spring + 1] == "2025-03-10T07:00:00+00:00"
    autumn = days.index("2025-11-02T07:00:00+00:00")
    assert days[autumn + 1] == "2025-11-03T08:00:00+00:00"
    assert table["AT500_Surface.Temperature.C.count"][autumn].as_py() == 25


def _values(table: pa.Table) -> pa.Table:
    """Return a table without its flags."""
    return table.select([field.name for field in table.schema if not is_flag(field)])


def _cells(table: pa.Table, column: str) -> Iterator[tuple[object, object]]:
    part = table.select(["timestamp", column]).drop_null()
    yield from zip(part["timestamp"].to_pylist(), part[column].to_pylist(), strict=True)


def _rules() -> list[tuple[str, QualityRule]]:
    """Return the columns that the account's rules are about, and the rules."""
    (account,) = [each.spec for each in read_documents(FILE) if isinstance(each.spec, HydroVuSpec)]
    return [(RULES[rule.parameter or ""], rule) for rule in account.quality]
