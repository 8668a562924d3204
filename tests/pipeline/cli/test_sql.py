"""`pond sql`: whose SQL it is, and which names it takes."""

import pytest

from tests.pipeline.cli.shell import STATION, Shell

ENGINES = ("duckdb", "datafusion")


@pytest.mark.parametrize("engine", ENGINES)
def test_either_engine_runs_the_query(reader: Shell, engine: str) -> None:
    query = f"""SELECT count(*) AS n FROM "{STATION}" WHERE timestamp >= '2024-12-01'"""  # noqa: S608
    assert reader.rows("sql", query, "--engine", engine) == [{"n": 2}]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pattern_and_the_log_are_tables(reader: Shell, engine: str) -> None:
    pattern = 'SELECT _path, count(*) AS n FROM "/raw/noyo/St*" GROUP BY _path'
    assert reader.rows("sql", pattern, "--engine", engine) == [{"_path": STATION, "n": 6}]
    log = 'SELECT max(txn) AS txn FROM "pond.transactions"'
    newest = reader.rows("sql", log, "--engine", engine)
    assert reader.rows("sql", log, "--engine", engine, "--as-of", "1") == [{"txn": 1}] != newest


def test_duckdb_is_the_engine_unless_another_is_asked_for(reader: Shell) -> None:
    assert reader.rows("sql", f'FROM "{STATION}" SELECT 1 AS one LIMIT 1') == [{"one": 1}]


@pytest.mark.parametrize("written", [STATION.removeprefix("/"), f"pond:{STATION}"])
def test_a_path_that_is_begun_otherwise_is_told_as_it_has_to_be(
    reader: Shell, written: str
) -> None:
    result = reader.run("sql", f'SELECT * FROM "{written}"')  # noqa: S608 -- our own
    assert result.exit_code == 1
    assert f"""'{written}' is no pond path\n  hint: did you mean "{STATION}"?""" in result.stderr


def test_a_path_without_quotes_is_told_with_them(reader: Shell) -> None:
    result = reader.run("sql", f"SELECT * FROM {STATION} LIMIT 1")  # noqa: S608 -- our own
    assert f'write pond paths in double quotes: FROM "{STATION}"' in result.stderr


def test_a_column_without_quotes_is_told_to_have_them(reader: Shell) -> None:
    result = reader.run("sql", f'SELECT Sonde.Temperature.C FROM "{STATION}"')  # noqa: S608 -- our own
    assert "write a column in double quotes" in result.stderr


def test_a_table_that_there_is_not_is_not_taken_for_one_of_the_engine_s(reader: Shell) -> None:
    result = reader.run("sql", "SELECT * FROM Wharf")
    assert "Table with name Wharf does not exist!" in result.stderr
    assert "pg_" not in result.stderr


def test_a_query_without_quotes_is_told_to_have_them(reader: Shell) -> None:
    result = reader.run("sql", "SELECT", "1")
    assert (result.exit_code, "quote what holds blanks" in result.stderr) == (2, True)


def test_an_unknown_engine_is_a_mistake_of_the_command_line(reader: Shell) -> None:
    result = reader.run("sql", "SELECT 1", "--engine", "sqlite")
    assert result.exit_code == 2
    assert "'duckdb', 'datafusion'" in result.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_a_query_that_writes_fails(reader: Shell, engine: str) -> None:
    result = reader.run("sql", f'DROP TABLE "{STATION}"', "--engine", engine)
    assert result.exit_code == 1
    assert result.stderr.startswith("pond: error: ")
