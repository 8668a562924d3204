# ruff: noqa: S608  # SQL made from text is what this file tests

import duckdb
import pytest

from pond_core import QueryError
from pond_pipeline.derive import check_query
from pond_pipeline.derive.query import CHANGING, CLOCKS, INPUT, READERS, parse


def refusal(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        check_query(text)
    return caught.value


def bound(text: str, place: str = "/in/put.csv") -> str:
    with duckdb.connect() as connection:
        return parse(text, place=place, connection=connection).text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM $1",
        "FROM $1",
        "SELECT * FROM '$1'",
        'SELECT * FROM "$1" AS input',
        "SELECT * FROM read_csv('$1')",
        "SELECT * FROM read_csv($1, header = true);",
        "WITH a AS (FROM $1), B AS (FROM A) SELECT * FROM b JOIN a USING (timestamp)",
        "FROM $1 PIVOT (avg(v) FOR p IN ('DO', 'pH'))",
        "SELECT * FROM $1, generate_series(1, 3), unnest([1, 2])",
        "SELECT * FROM $1 -- not $2, and not now()",
    ],
)
def test_a_select_that_reads_its_input_is_fine(text: str) -> None:
    check_query(text)


def test_the_input_is_a_text_with_quotes_around_it_or_without() -> None:
    assert bound("FROM $1, '$1', \"$1\", read_csv('$1')") == (
        "FROM '/in/put.csv', '/in/put.csv', '/in/put.csv', read_csv('/in/put.csv')"
    )


def test_a_quote_in_the_input_s_path_is_doubled() -> None:
    assert bound("FROM $1", "/o'clock/x") == "FROM '/o''clock/x'"


@pytest.mark.parametrize(
    "inert",
    [
        "'costs $1'",
        "'it''s $1'",
        "$$ $1 $$",
        "$a$ $1 $a$",
        r"E'\' $1'",
        "/* $1 */ 1",
        "1 -- $1\n",
        "a$1",
    ],
)
def test_in_other_texts_and_in_comments_the_input_is_not_meant(inert: str) -> None:
    text = f"SELECT {inert} FROM $1"
    assert bound(text) == f"SELECT {inert} FROM '/in/put.csv'"


def test_a_syntax_error_has_a_line() -> None:
    error = refusal("SELECT 'é',\n  2\nFORM FROM $1 WHERE")
    assert str(error).startswith("line 3: syntax error")


def test_the_line_is_that_of_the_query_as_it_was_written() -> None:
    assert str(refusal("SELECT *\nFROM $1,\n  glob('*')")).startswith("line 3: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-- nothing",
        "SELECT * FROM $1; SELECT 1",
        "COPY (FROM $1) TO 'out.csv'",
        "ATTACH '$1' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 8",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "CREATE TABLE t AS FROM $1",
        "DROP TABLE $1",
        "INSERT INTO t FROM $1",
        "EXPLAIN ANALYZE FROM $1",
        "EXPORT DATABASE 'out'",
        "CREATE SECRET (TYPE s3)",
    ],
)
def test_nothing_but_one_select_is_run(text: str) -> None:
    assert str(refusal(text)).endswith("nothing else is run")


def test_a_pivot_that_looks_for_its_values_is_refused_with_the_other_form() -> None:
    assert "lists its values" in refusal("PIVOT $1 ON p USING avg(v)").hint


def test_a_query_that_does_not_read_its_input_is_a_mistake() -> None:
    assert refusal("SELECT 1 AS timestamp").hint == "write FROM $1, or read_csv('$1')"


@pytest.mark.parametrize("name", ["other", "'other.csv'", "pg_catalog.pg_settings", "a.b"])
def test_no_other_table_is_read(name: str) -> None:
    assert "is not read" in str(refusal(f"SELECT * FROM $1, {name}"))


@pytest.mark.parametrize(
    "function",
    [
        "glob('/*')",
        "query('SELECT 1')",
        "query_table('x')",
        "duckdb_secrets()",
        "duckdb_settings()",
        "which_secret('s3://x', 's3')",
        "sniff_csv('$1')",
        "pragma_user_agent()",
        "read_duckdb('x')",
        "parquet_metadata('$1')",
    ],
)
def test_no_table_function_runs_but_those_that_read_the_input(function: str) -> None:
    error = refusal(f"SELECT *\nFROM $1, {function}")
    assert "is not run" in str(error)
    assert "read_csv" in error.hint


@pytest.mark.parametrize("name", ["getenv", "random", "NOW", "uuid", "current_setting", "today"])
def test_a_function_that_does_not_depend_on_the_input_alone_is_refused(name: str) -> None:
    error = refusal(f"SELECT\n {name}() FROM $1")
    assert str(error) == f"line 2: the function {name.lower()} is not run"


@pytest.mark.parametrize("word", sorted(CLOCKS))
def test_the_clock_is_not_asked_without_parentheses_either(word: str) -> None:
    assert str(refusal(f"SELECT {word} FROM $1")) == f"line 1: {word} is not known to a query"


@pytest.mark.parametrize("sample", ["USING SAMPLE 3", "TABLESAMPLE 10%"])
def test_a_sample_is_refused(sample: str) -> None:
    assert "draws no sample" in str(refusal(f"SELECT * FROM $1 {sample}"))


@pytest.mark.parametrize("parameter", ["$2", "$name", "?"])
def test_there_is_one_input(parameter: str) -> None:
    assert "there is no $" in str(refusal(f"SELECT {parameter} FROM $1"))


def test_a_query_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(QueryError):
        check_query(f"SELECT {'(' * 20_000}1{')' * 20_000} FROM $1")


def test_every_function_that_duckdb_calls_changing_is_known() -> None:
    """A newer DuckDB may bring more of them. `error` is one, and may be called for that."""
    sql = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability <> 'CONSISTENT'"
    with duckdb.connect() as connection:
        names = {name for (name,) in connection.execute(sql).fetchall()}
    assert names - {"error"} <= CHANGING | CLOCKS


def test_every_reader_is_a_table_function_of_duckdb() -> None:
    sql = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'table'"
    with duckdb.connect() as connection:
        assert {name for (name,) in connection.execute(sql).fetchall()} >= READERS


def test_the_input_is_called_as_in_the_original() -> None:
    assert INPUT == "$1"
