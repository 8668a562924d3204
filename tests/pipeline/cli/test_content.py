import io
import json
import math

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from pond_core import Pond, Window
from tests.pipeline.cli.shell import STATION, Shell, at, readings

COUNT = 'SELECT count(*) AS n FROM "/raw/noyo/Station"'


def test_cat_shows_a_series_as_aligned_text(reader: Shell) -> None:
    assert reader.out("cat", STATION, "--limit", "1") == (
        "timestamp             Temperature.C\n2024-11-01T00:00:00Z           10.0\n"
    )


def test_cat_shows_the_first_rows_and_says_how_many_there_are(shell: Shell) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_table("/long", pa.table({"n": range(21)}))
    result = shell.run("cat", "/long")
    assert result.stdout.split() == ["n", *map(str, range(20))]
    assert result.stderr == "20 of 21 rows; --limit says how many\n"


def test_cat_prints_all_rows_as_csv(reader: Shell) -> None:
    lines = reader.out("cat", STATION, "--format", "csv").splitlines()
    assert lines[:2] == ['"timestamp","Temperature.C"', '"2024-11-01T00:00:00Z",10']
    assert len(lines) == 7


def test_cat_prints_rows_as_one_json_array(reader: Shell) -> None:
    rows = reader.rows("cat", STATION)
    assert len(rows) == 6
    assert rows[0] == {"timestamp": "2024-11-01T00:00:00Z", "Temperature.C": 10.0}


def test_cat_prints_no_rows_as_an_empty_json_array(reader: Shell) -> None:
    assert reader.rows("cat", STATION, "--since", "2030-01-01") == []


def test_cat_prints_parquet_with_units(reader: Shell) -> None:
    result = reader.run("cat", STATION, "--format", "parquet")
    table = pq.read_table(io.BytesIO(result.stdout_bytes))
    assert table.num_rows == 6
    assert table.schema.field("Temperature.C").metadata[b"unit"] == b"C"


def test_cat_prints_a_range(reader: Shell) -> None:
    rows = reader.rows(
        "cat", STATION, "--since", "2024-11-01T02:00", "--until", "2024-12-01T01:00:00+00:00"
    )
    assert [row["timestamp"] for row in rows] == [
        "2024-11-01T02:00:00Z",
        "2024-11-01T03:00:00Z",
        "2024-12-01T00:00:00Z",
    ]


def test_cat_understands_how_long_ago(reader: Shell) -> None:
    assert reader.rows("cat", STATION, "--since", "1h") == []
    assert len(reader.rows("cat", STATION, "--until", "1d")) == 6


@pytest.mark.parametrize("text", ["soon", "2024-99-01", "999999w", ""])
def test_what_is_no_instant_is_a_usage_error(reader: Shell, text: str) -> None:
    result = reader.run("cat", STATION, "--since", text)
    assert (result.exit_code, "is no instant" in result.stderr) == (2, True)


def test_a_range_that_holds_no_instant_is_a_usage_error(reader: Shell) -> None:
    result = reader.run("cat", STATION, "--since", "2024-12-01", "--until", "2024-12-01")
    assert result.exit_code == 2


def test_cat_prints_the_columns_asked_for(reader: Shell) -> None:
    assert reader.rows("cat", "/units", "--columns", "name") == [{"name": "°C"}, {"name": "psi"}]


@pytest.mark.parametrize("command", ["cat", "describe"])
def test_a_pattern_where_one_path_is_wanted_is_told(reader: Shell, command: str) -> None:
    result = reader.run(command, "/raw/*")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "hint: one path is wanted here; `pond ls` shows what a pattern means" in result.stderr


def test_an_unknown_column_is_an_error_with_a_near_miss(reader: Shell) -> None:
    result = reader.run("cat", STATION, "--columns", "Temprature.C")
    assert (result.exit_code, "did you mean Temperature.C?" in result.stderr) == (1, True)


def test_cat_shows_the_pond_as_of_a_transaction(reader: Shell) -> None:
    assert len(reader.rows("cat", STATION, "--as-of", "2")) == 4


def test_cat_prints_a_data_file_as_it_is(reader: Shell) -> None:
    assert reader.run("cat", "/files/blob").stdout_bytes == b"\x00\xff"


def test_cat_follows_a_symlink(reader: Shell) -> None:
    assert reader.out("cat", "/files/here") == "hello\n"


def test_cat_tells_text_as_json(reader: Shell) -> None:
    assert reader.row("cat", "/files/note.txt") == {
        "path": "/files/note.txt",
        "size": 6,
        "encoding": "utf-8",
        "content": "hello\n",
    }


def test_cat_tells_bytes_as_json(reader: Shell) -> None:
    blob = reader.row("cat", "/files/blob")
    assert (blob["encoding"], blob["content"]) == ("base64", "AP8=")


@pytest.mark.parametrize(
    "line",
    [
        ("/files/note.txt", "--format", "csv"),
        ("/files/note.txt", "--limit", "1"),
        ("/units", "--since", "2024-01-01"),
        ("/units", "--format", "raw"),
        (STATION, "--format", "csv", "--json"),
    ],
)
def test_what_a_node_cannot_do_is_a_usage_error(reader: Shell, line: tuple[str, ...]) -> None:
    result = reader.run("cat", *line)
    assert (result.exit_code, result.stdout) == (2, "")


def test_cat_of_a_directory_fails_and_names_ls(reader: Shell) -> None:
    result = reader.run("cat", "/raw")
    assert (result.exit_code, "pond ls /raw" in result.stderr) == (1, True)


def test_a_reading_of_a_clock_gone_wild_keeps_its_year(shell: Shell) -> None:
    wild_us = 10**18
    table = readings(at("2024-01-01"), [1.0]).set_column(
        0,
        pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False),
        pa.array([wild_us], pa.timestamp("us", "UTC")),
    )
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_window("/wild", table, Window(wild_us, None))
    assert shell.rows("cat", "/wild")[0]["timestamp"] == "+33658-09-27T01:46:40Z"
    assert shell.rows("ls", "/wild")[0]["last"] == "+33658-09-27T01:46:40Z"


def test_a_number_that_json_cannot_hold_is_null(shell: Shell) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_table("/odd", pa.table({"x": [math.nan, math.inf, 1.5, None]}))
    assert [row["x"] for row in shell.rows("cat", "/odd")] == [None, None, 1.5, None]


def test_sql_shows_its_result_as_aligned_text(reader: Shell) -> None:
    assert reader.out("sql", COUNT) == "n\n6\n"


def test_sql_tells_its_result_as_json(reader: Shell) -> None:
    query = 'SELECT max(timestamp) AS last, sum(1) AS n FROM "/raw/noyo/Station"'
    assert reader.rows("sql", query) == [{"last": "2024-12-01T01:00:00Z", "n": 6}]


def test_sql_prints_what_csv_has_no_form_for_as_json(reader: Shell) -> None:
    query = "SELECT [1, 2] AS l, {'a': DATE '2024-01-01'} AS s, INTERVAL 1 DAY AS i, 'x'::BLOB AS b"
    text = reader.out("sql", query, "--format", "csv")
    (row,) = pcsv.read_csv(io.BytesIO(text.encode())).to_pylist()
    assert (row["l"], row["s"], row["b"]) == ("[1, 2]", '{"a": "2024-01-01"}', "eA==")


def test_sql_without_a_common_zone_gives_instants_without_z(reader: Shell) -> None:
    rows = reader.rows("sql", "SELECT TIMESTAMP '2024-01-01 00:00:00.5' AS t")
    assert rows == [{"t": "2024-01-01T00:00:00.500000"}]


@pytest.mark.parametrize("written", ["json", "parquet"])
def test_two_columns_of_one_name_are_refused_where_names_count(reader: Shell, written: str) -> None:
    result = reader.run("sql", "SELECT 1 AS a, 2 AS a", "--format", written)
    assert (result.exit_code, "AS" in result.stderr) == (1, True)


def test_sql_shows_the_pond_as_of_a_transaction(reader: Shell) -> None:
    assert reader.rows("sql", COUNT, "--as-of", "2") == [{"n": 4}]


@pytest.mark.parametrize("query", ["SELEC 1", "DROP TABLE x", 'SELECT * FROM "/nothing"'])
def test_sql_that_is_wrong_fails(reader: Shell, query: str) -> None:
    result = reader.run("sql", query)
    assert (result.exit_code, result.stdout) == (1, "")


def test_json_is_one_document_per_command(reader: Shell) -> None:
    text = reader.out("cat", STATION, "--json")
    assert json.loads(text)
    assert text.endswith("\n]\n")


def test_json_escapes_what_a_terminal_would_act_upon(reader: Shell) -> None:
    text = reader.out("sql", "SELECT chr(155) || chr(8238) || 'µ' AS x", "--json")
    assert '"\\u009b\\u202eµ"' in text


def test_on_a_terminal_a_table_is_drawn(reader: Shell) -> None:
    code, screen = reader.on_terminal("cat", "/units")
    assert (code, "\x1b[" in screen) == (0, True)


def test_on_a_terminal_too_narrow_for_a_table_each_row_is_a_paragraph(
    reader: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    code, screen = reader.on_terminal("ls", "-l", "/units")
    lines = screen.splitlines()
    assert code == 0
    names = "type rows bytes first last versions txn path"
    assert [line.split()[0] for line in lines] == names.split()
    assert lines[-1] == "path      /units"


def test_on_a_terminal_there_is_no_color_where_none_is_wanted(
    reader: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    _, screen = reader.on_terminal("cat", "/units")
    assert "\x1b[3" not in screen
    assert "°C" in screen


@pytest.mark.parametrize(
    "line", [("cat", "/units", "--format", "parquet"), ("cat", "/files/blob")], ids=["rows", "data"]
)
def test_bytes_are_not_sent_to_a_terminal(reader: Shell, line: tuple[str, ...]) -> None:
    assert reader.on_terminal(*line) == (2, "")


def test_text_is_shown_on_a_terminal(reader: Shell) -> None:
    assert reader.on_terminal("cat", "/files/note.txt") == (0, "hello\r\n")


def test_csv_on_a_terminal_is_escaped(reader: Shell) -> None:
    _, screen = reader.on_terminal("sql", "SELECT chr(27) || '[31m' AS x", "--format", "csv")
    assert screen == '"x"\r\n"\\x1b[31m"\r\n'


def test_a_table_of_many_rows_is_printed_whole(shell: Shell) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_table("/many", pa.table({"n": range(40_000)}))
    assert [row["n"] for row in shell.rows("cat", "/many")] == list(range(40_000))
    assert shell.out("cat", "/many", "--format", "csv").count("\n") == 40_001
