"""`sql`: a query over pond paths as a table or a series."""

import pytest

from pond_core import FS, DataError, EntryType, FactoryError, Recipe
from tests.core.factories.made import between, column

FAHRENHEIT = """
    SELECT timestamp, "Temperature.C" * 9 / 5 + 32 AS "Temperature.F", 'it''s A' AS "who's"
    FROM "/normalized/noyo/A"  -- in Fahrenheit;
"""


def queried(fs: FS, query: str, entry_type: EntryType = EntryType.SERIES) -> FS:
    fs.write_recipe("/q", Recipe(entry_type, "sql", {"query": query}))
    return fs


def test_a_query_is_a_series(fs: FS) -> None:
    table = queried(fs, FAHRENHEIT).read_series("/q", between(10, 12))
    assert column(table, "Temperature.F") == {10: 50.0, 11: 51.8}
    assert queried(fs, FAHRENHEIT).read_series("/q", between(900, 901)).num_rows == 0


def test_columns_are_picked(fs: FS) -> None:
    queried(fs, FAHRENHEIT)
    table = fs.read_series("/q", between(10, 12), ["who's"])
    assert column(table, "who's") == {10: "it's A", 11: "it's A"}
    with pytest.raises(DataError, match=r"no column 'Temperature\.C'"):
        fs.read_series("/q", columns=["Temperature.C"])


def test_a_series_is_in_order_of_time_whatever_the_query(fs: FS) -> None:
    queried(fs, 'SELECT timestamp FROM "/normalized/noyo/A" ORDER BY timestamp DESC;')
    instants = fs.read_series("/q")["timestamp"].to_pylist()
    assert instants == sorted(instants)
    assert len(instants) == 48


def test_a_query_is_a_table(fs: FS) -> None:
    query = 'SELECT count(*) AS n, max("Temperature.C") AS most FROM "/normalized/noyo/*"'
    queried(fs, query, EntryType.TABLE)
    assert fs.read_table("/q").to_pydict() == {"n": [72], "most": [47.5]}
    assert fs.read_table("/q", ["most"]).to_pydict() == {"most": [47.5]}


def test_a_query_reads_what_another_computes(fs: FS) -> None:
    queried(fs, FAHRENHEIT)
    again = 'SELECT max("Temperature.F") AS most FROM "/q"'
    fs.write_recipe("/most", Recipe(EntryType.TABLE, "sql", {"query": again}))
    assert fs.read_table("/most").to_pydict() == {"most": [116.6]}


def test_a_query_that_reads_itself_is_an_error(fs: FS) -> None:
    queried(fs, 'SELECT * FROM "/q"')
    with pytest.raises(FactoryError, match=r"/q cannot .* it reads itself: /q -> /q"):
        fs.read_series("/q")


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ("SELECT 1 AS x", "timestamp"),
        ('SELECT * FROM "/nowhere"', "/nowhere does not exist"),
        ('SELECT * FROM "/normalized"', "is a directory"),
        ('SELECT timestamp::TIMESTAMP AS timestamp FROM "/normalized/noyo/A"', "as timestamp"),
    ],
)
def test_what_goes_wrong_names_the_node(fs: FS, query: str, match: str) -> None:
    queried(fs, query)
    with pytest.raises(
        FactoryError, match=f"^/q cannot be computed by the factory 'sql': .*{match}"
    ):
        fs.read_series("/q")


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ({}, "'query': it needs text"),
        ({"query": ""}, "'query': it needs text"),
        ({"query": "SELEC 1"}, "syntax error"),
        ({"query": "CREATE TABLE x (a INT)"}, "one SELECT"),
        ({"query": "SELECT 1; SELECT 2"}, "one SELECT"),
        ({"query": "SELECT 1) FROM x; DROP TABLE x; --"}, "syntax error"),
        ({"query": "SELECT * FROM read_text('/etc/passwd')"}, "read_text"),
        ({"query": "SELECT 1", "engine": "other"}, "'engine': there is no such setting"),
    ],
)
def test_what_is_no_query_is_refused(fs: FS, config: dict[str, object], match: str) -> None:
    with pytest.raises(DataError, match=match):
        fs.write_recipe("/q", Recipe(EntryType.TABLE, "sql", config))
