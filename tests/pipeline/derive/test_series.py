from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import DataError, PondError, QueryError, SchemaError
from pond_pipeline.derive import check_query, derive
from pond_pipeline.derive.series import _instants

INSTANT = pa.timestamp("us", tz="UTC")
PACIFIC = "America/Los_Angeles"

EXPORT = """\
Timestamp,Series Name,Location,Parameter,Value,Offset
2024-03-01 08:00,Surface DO,Field Station,DO (mg/L),8.5,
2024-03-01 08:00,Surface Temp,Field Station,Temperature (C),11,
2024-03-01 08:00,Depth,Field Station,Depth (m),2.75,0.5
2024-03-01 09:00,Surface DO,Field Station,DO (mg/L),8.25,
2024-03-01 09:00,Depth,Field Station,Depth (m),2.5,0.5
2024-07-01 08:00,Surface DO,Field Station,DO (mg/L),7.75,
"""
"""A long CSV of one place in local time, as LakeTech's analysts send it."""

PIVOT = """
WITH input AS (
    SELECT
        make_timestamptz(
            year("Timestamp"), month("Timestamp"), day("Timestamp"),
            hour("Timestamp"), minute("Timestamp"), 0
        ) AS instant,
        "Series Name" AS series, "Value" AS value, "Offset" AS level
    FROM read_csv('$1', timestampformat = '%Y-%m-%d %H:%M')
)
SELECT
    epoch(instant)::BIGINT AS "Timestamp",
    max(value) FILTER (series = 'Surface DO') AS "AT500_Surface.DO.mg/L",
    max(value) FILTER (series = 'Surface Temp') AS "AT500_Surface.Temperature.C",
    max(value - level) FILTER (series = 'Depth') AS "AT500_Surface.Depth.m"
FROM input
GROUP BY instant
ORDER BY instant
"""


def of(columns: str, values: str = "(0)", *, timezone: str = "UTC") -> pa.Table:
    """Derive columns from literal rows, `x` being their first column."""
    query = f"SELECT {columns} FROM (VALUES {values}) AS v(x), (SELECT count(*) FROM $1)"  # noqa: S608
    return derive(query, b"a\n1\n", name="pier.csv", timezone=timezone)


def failure(columns: str, values: str = "(0)") -> PondError:
    with pytest.raises(PondError) as caught:
        of(columns, values)
    return caught.value


def test_a_long_export_in_local_time_becomes_a_wide_series() -> None:
    check_query(PIVOT)
    table = derive(PIVOT, EXPORT.encode(), name="surface.csv", timezone=PACIFIC)
    assert table.column_names == [
        "timestamp",
        "AT500_Surface.DO.mg/L",
        "AT500_Surface.Temperature.C",
        "AT500_Surface.Depth.m",
    ]
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (datetime(2024, 3, 1, 16, tzinfo=UTC), 8.5, 11.0, 2.25),
        (datetime(2024, 3, 1, 17, tzinfo=UTC), 8.25, None, 2.0),
        (datetime(2024, 7, 1, 15, tzinfo=UTC), 7.75, None, None),
    ]


def test_the_same_export_under_joins_of_local_times_becomes_the_same() -> None:
    query = """
    WITH input AS (
        SELECT strptime("Timestamp", '%Y-%m-%d %H:%M')::TIMESTAMP_S AS t,
            "Series Name" AS s, "Value" AS v, "Offset" AS o
        FROM read_csv('$1', types = {'Timestamp': 'VARCHAR'})
    ),
    times AS (SELECT DISTINCT t FROM input),
    oxygen AS (SELECT * FROM input WHERE s = 'Surface DO'),
    warmth AS (SELECT * FROM input WHERE s = 'Surface Temp'),
    depth AS (SELECT * FROM input WHERE s = 'Depth')
    SELECT
        times.t AS "Timestamp",
        oxygen.v AS "AT500_Surface.DO.mg/L",
        warmth.v AS "AT500_Surface.Temperature.C",
        depth.v - depth.o AS "AT500_Surface.Depth.m"
    FROM times
    LEFT JOIN oxygen ON times.t = oxygen.t
    LEFT JOIN warmth ON times.t = warmth.t
    LEFT JOIN depth ON times.t = depth.t
    """
    joined = derive(query, EXPORT.encode(), name="surface.csv", timezone=PACIFIC)
    assert joined.equals(derive(PIVOT, EXPORT.encode(), name="surface.csv", timezone=PACIFIC))


def test_the_query_of_the_documentation_runs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "derive.md").read_text(encoding="utf-8")
    query = page.split("```sql\n")[1].split("```")[0]
    table = derive(query, EXPORT.encode(), name="surface.csv", timezone=PACIFIC)
    expected = derive(PIVOT, EXPORT.encode(), name="surface.csv", timezone=PACIFIC)
    assert table.equals(expected.select(table.column_names))


def test_a_series_is_derived_from_a_series() -> None:
    instants = pa.array([0, 3_600_000_000], pa.int64()).cast(INSTANT)
    readings = pa.table({"timestamp": instants, "Depth.m": [1.0, 2.0]})
    query = 'SELECT timestamp, "Depth.m" / 0.3048 AS "Depth.ft" FROM $1'
    table = derive(query, readings, name="/normalized/noyo/pier")
    assert table["timestamp"].to_pylist() == readings["timestamp"].to_pylist()
    assert table["Depth.ft"].to_pylist() == [1.0 / 0.3048, 2.0 / 0.3048]


def test_the_instant_comes_first_and_the_others_as_the_query_has_them() -> None:
    table = of("'b' AS b, 1 AS a, x AS timestamp, true AS c")
    assert table.schema.equals(
        pa.schema(
            [
                pa.field("timestamp", INSTANT, nullable=False),
                ("b", pa.string()),
                ("a", pa.float64()),
                ("c", pa.bool_()),
            ]
        ),
        check_metadata=True,
    )


def test_rows_are_sorted_by_their_instants() -> None:
    table = of("x AS timestamp, x AS v", "(3), (1), (2)")
    assert table["v"].to_pylist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("name", ["timestamp", "Timestamp", "TIMESTAMP"])
@pytest.mark.parametrize(
    "instant",
    [
        "TIMESTAMPTZ '2024-03-01 00:00+00'",
        "TIMESTAMPTZ '2024-03-01 02:00+02'",
        "TIMESTAMP '2024-03-01'",
        "'2024-03-01'::TIMESTAMP_S",
        "'2024-03-01'::TIMESTAMP_MS",
        "'2024-03-01'::TIMESTAMP_NS",
        "'2024-03-01 00:00+00'::TIMESTAMPTZ_NS",
        "'2024-03-01 00:00:00.000000001+00'::TIMESTAMPTZ_NS",
        "DATE '2024-03-01'",
        "1709251200",
        "1709251200::UBIGINT",
        "1709251200.0::DOUBLE",
        "1709251200.000::DECIMAL(18, 3)",
        "1709251200::HUGEINT",
    ],
)
def test_an_instant_is_written_in_many_ways(name: str, instant: str) -> None:
    table = of(f'{instant} AS "{name}"')
    assert table["timestamp"].to_pylist() == [datetime(2024, 3, 1, tzinfo=UTC)]


def test_local_times_and_dates_lie_in_the_zone_that_is_given() -> None:
    table = of("TIMESTAMP '2024-07-01' AS timestamp, DATE '2024-01-01' AS a", timezone=PACIFIC)
    assert table["timestamp"].to_pylist() == [datetime(2024, 7, 1, 7, tzinfo=UTC)]
    assert table["a"].to_pylist() == [datetime(2024, 1, 1, 8, tzinfo=UTC)]


def test_seconds_are_utc_whatever_the_zone() -> None:
    table = of("0 AS timestamp", timezone=PACIFIC)
    assert table["timestamp"].to_pylist() == [datetime(1970, 1, 1, tzinfo=UTC)]


def test_a_local_time_that_clocks_leave_out_is_shifted_and_the_later_of_two_is_meant() -> None:
    """As DuckDB's own cast to TIMESTAMPTZ has it."""
    table = of("x AS timestamp", "(TIMESTAMP '2024-03-10 02:30')", timezone=PACIFIC)
    assert table["timestamp"].to_pylist() == [datetime(2024, 3, 10, 10, 30, tzinfo=UTC)]
    table = of("x AS timestamp", "(TIMESTAMP '2024-11-03 01:30')", timezone=PACIFIC)
    assert table["timestamp"].to_pylist() == [datetime(2024, 11, 3, 9, 30, tzinfo=UTC)]
    cast = of("x::TIMESTAMPTZ AS timestamp", "(TIMESTAMP '2024-11-03 01:30')", timezone=PACIFIC)
    assert cast.equals(table)


@given(us=st.integers(0, 4_102_444_800_000_000))
def test_seconds_with_a_fraction_are_exact_to_the_microsecond(us: int) -> None:
    """Until 2100: `epoch` gives doubles."""
    seconds = pa.chunked_array([[us / 1_000_000]])
    assert _instants(seconds, name="timestamp")[0].value == us


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("1::TINYINT", 1.0),
        ("1.5::FLOAT", 1.5),
        ("0.1::DECIMAL(3, 1)", 0.1),
        ("9007199254740992", 2.0**53),
        ("sum(1) OVER ()", 1.0),
        ("NULL", None),
        ("'é'", "é"),
        ("'a'::ENUM ('a', 'b')", "a"),
        ("false", False),
        ("TIMESTAMPTZ '1970-01-01 00:00+00'", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_values_have_the_types_of_a_series(sql: str, value: object) -> None:
    assert of(f"x AS timestamp, {sql} AS v")["v"].to_pylist() == [value]


def test_a_missing_value_and_one_that_is_no_number_stay_apart() -> None:
    values = of("x AS timestamp, if(x = 1, NULL, 'NaN'::DOUBLE) AS v", "(1), (2)")["v"].to_pylist()
    assert [str(value) for value in values] == ["None", "nan"]


def test_a_column_of_whole_numbers_has_the_type_of_one_with_decimals() -> None:
    query = "SELECT * FROM $1"
    whole = derive(query, b"timestamp,v\n1,2\n", name="a.csv")
    broken = derive(query, b"timestamp,v\n1,2.5\n", name="b.csv")
    assert whole.schema == broken.schema


def test_the_same_input_gives_the_same_table() -> None:
    query = """
    SELECT i % 1000 AS timestamp, sum(i / 3.0) AS v FROM $1, range(100000) AS r(i) GROUP BY ALL
    """
    tables = [derive(query, b"a\n1\n", name="a.csv") for _ in range(3)]
    assert all(table.equals(tables[0]) for table in tables)


@pytest.mark.parametrize(
    ("columns", "values", "error", "words"),
    [
        ("x", "(0)", SchemaError, "only x"),
        ("x AS timestamp, x AS Timestamp", "(0)", SchemaError, "timestamp and Timestamp"),
        ("x AS timestamp, x AS a, x AS a", "(0)", SchemaError, "two columns are called 'a'"),
        ("'now' AS timestamp", "(0)", SchemaError, "'timestamp' is string, which is no time"),
        ("true AS timestamp", "(0)", SchemaError, "is no time"),
        ("TIME '10:00' AS timestamp", "(0)", SchemaError, "is no time"),
        ("x AS timestamp", "(1), (NULL), (3), (NULL)", DataError, "null in row 2"),
        ("x AS timestamp", "(1.5), (NULL)", DataError, "null in row 2"),
        ("NULL AS timestamp", "(0)", SchemaError, "is no time"),
        ("x AS timestamp", "(1), (2), (1)", DataError, "more than one row at 1970-01-01T00:00:01Z"),
        ("x AS timestamp", "(1709251200000)", DataError, "1709251200000 is no instant"),
        ("x AS timestamp", "('NaN'::DOUBLE)", DataError, "nan is no instant"),
        ("x AS timestamp", "('inf'::DOUBLE)", DataError, "inf is no instant"),
        ("x AS timestamp", "('infinity'::TIMESTAMP)", DataError, "is no instant"),
        ("x AS timestamp", "('infinity'::TIMESTAMPTZ)", DataError, "is no instant"),
        ("x AS timestamp, [1] AS v", "(0)", SchemaError, "does not store list"),
        ("x AS timestamp, {'a': 1} AS v", "(0)", SchemaError, "does not store struct"),
        ("x AS timestamp, INTERVAL 1 DAY AS v", "(0)", SchemaError, "does not store"),
        ("x AS timestamp, 'a'::BLOB AS v", "(0)", SchemaError, "does not store binary"),
        ("x AS timestamp, TIME '10:00' AS v", "(0)", SchemaError, "does not store time"),
        ("x AS timestamp, 9007199254740993 AS v", "(0)", DataError, "float64 does not hold"),
        ("x AS timestamp, 1::UHUGEINT AS v", "(0)", QueryError, "of the type UHUGEINT"),
        ("x AS timestamp, nope", "(0)", QueryError, '"nope" not found'),
        ("x AS timestamp, 1 / 'a'", "(0)", QueryError, "Could not convert string 'a'"),
    ],
)
def test_a_result_that_is_no_series_is_refused_with_the_file_s_name(
    columns: str, values: str, error: type[PondError], words: str
) -> None:
    refused = failure(columns, values)
    assert type(refused) is error
    assert str(refused).startswith("pier.csv: ")
    assert words in str(refused)


def test_a_result_without_rows_is_refused() -> None:
    with pytest.raises(DataError, match=r"^surface\.csv: the query gives no rows"):
        derive("SELECT a AS timestamp FROM $1 WHERE a > 2", b"a\n1\n", name="surface.csv")


def test_a_syntax_error_names_the_file_and_the_line() -> None:
    with pytest.raises(QueryError, match=r"^surface\.csv: line 2: syntax error"):
        derive("SELECT *\nFORM $1 WHERE", b"a\n1\n", name="surface.csv")


def test_each_error_says_what_to_do() -> None:
    assert "milliseconds" in failure("1709251200000 AS timestamp").hint
    assert "DISTINCT" in failure("x AS timestamp", "(1), (1)").hint
    assert "strptime" in failure("'2024' AS timestamp").hint
    assert "VARCHAR" in failure("x AS timestamp, 9007199254740993 AS v").hint
