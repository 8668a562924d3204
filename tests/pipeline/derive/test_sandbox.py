import gzip
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pond_core import QueryError
from pond_pipeline.derive import sandbox
from pond_pipeline.derive.sandbox import run

CSV = b"at,ph\n2024-03-01 00:00,8.5\n2024-03-01 01:00,8.25\n"


def rows(text: str, source: bytes | pa.Table = CSV, *, name: str = "in.csv") -> list[object]:
    return list(run(text, source, name=name, timezone="UTC").to_pylist())


def failure(text: str, source: bytes = CSV, *, name: str = "in.csv") -> QueryError:
    with pytest.raises(QueryError) as caught:
        rows(text, source, name=name)
    return caught.value


@pytest.fixture
def attempt(tmp_path: Path) -> Iterator[Callable[[str], object]]:
    """Return what runs any statement in a session as a query has it, which may read one file."""
    allowed = tmp_path / "input.csv"
    allowed.write_bytes(CSV)
    with duckdb.connect(config=sandbox._SETTINGS) as session:
        sandbox._seal(session, allowed=[str(allowed)], timezone="UTC")
        yield lambda statement: session.execute(statement).fetchall()


@pytest.mark.parametrize("form", ["$1", "'$1'", '"$1"', "read_csv('$1')", "read_csv($1)"])
def test_the_input_is_read_in_every_form(form: str) -> None:
    assert rows(f"SELECT sum(ph) AS total FROM {form}") == [{"total": 16.75}]  # noqa: S608


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv", "a.dat", "a", "a.b/c d.CSV"])
def test_a_file_of_any_name_is_a_table(name: str) -> None:
    assert rows("SELECT count(*) AS n FROM $1", name=name) == [{"n": 2}]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b'[{"x": 1}, {"x": 2}]'),
        ("a.ndjson", b'{"x": 1}\n{"x": 2}\n'),
        ("a.csv.gz", gzip.compress(b"x\n1\n2\n", mtime=0)),
    ],
)
def test_the_end_of_the_name_says_what_a_file_is(name: str, data: bytes) -> None:
    assert rows("FROM $1", data, name=name) == [{"x": 1}, {"x": 2}]


def test_a_table_is_read_as_parquet() -> None:
    table = pa.table({"x": [1, 2]})
    assert rows("FROM $1", table, name="/combined/pier") == [{"x": 1}, {"x": 2}]
    assert rows("FROM read_parquet('$1')", table, name="/combined/pier") == [{"x": 1}, {"x": 2}]


def test_a_directory_for_temporary_files_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "it's [a] *star*?"
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    assert rows("SELECT count(*) AS n FROM $1") == [{"n": 2}]
    assert rows("SELECT count(*) AS n FROM read_csv('$1')") == [{"n": 2}]
    assert rows("SELECT count(*) AS n FROM '$1'", name="x.txt") == [{"n": 2}]


@pytest.mark.parametrize("text", ["FROM $1", "SELECT nope FROM $1"])
def test_nothing_is_left_behind(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if "nope" in text:
        failure(text)
    else:
        rows(text)
    assert list(tmp_path.iterdir()) == []


def test_the_input_lies_where_nobody_else_looks() -> None:
    with sandbox._input(CSV, name="a.csv") as path:
        assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("function", ["read_text", "read_csv", "read_blob", "read_parquet"])
def test_no_other_file_is_read(function: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("key\n42\n")
    error = failure(f"FROM {function}('{secret}'), $1")
    assert "Cannot access" in str(error)
    assert error.hint == "a query reads its input alone: write $1"


@pytest.mark.parametrize("place", ["/etc/passwd", "http://127.0.0.1:1/x.csv", "s3://bucket/x.csv"])
def test_neither_the_system_nor_the_network_is_read(place: str) -> None:
    assert "Cannot access" in str(failure(f"FROM read_csv('{place}'), $1"))


def test_nothing_beside_the_input_is_read() -> None:
    assert "Cannot access" in str(failure("FROM read_csv(replace('$1', 'input.csv', '*')), $1"))


@pytest.mark.parametrize(
    "statement",
    [
        "FROM read_text('/etc/passwd')",
        "FROM glob('/*')",
        "ATTACH 'other.db' AS other",
        "COPY (SELECT 1) TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 8",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
        "SET enable_external_access = true",
        "PRAGMA threads = 8",
        "SELECT getenv('HOME')",
        "FROM read_duckdb('other.db')",
        "FROM duckdb_secrets()",
        "CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')",
        "FROM 'http://127.0.0.1:1/x.csv'",
        "FROM some_variable_of_this_program",
    ],
)
def test_the_session_itself_refuses_what_a_query_is_not_let_to_say(
    statement: str,
    attempt: Callable[[str], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    some_variable_of_this_program = pa.table({"x": [1]})  # noqa: F841 -- DuckDB might find it
    assert attempt(f"FROM '{tmp_path}/input.csv'")
    with pytest.raises(duckdb.Error):
        attempt(statement)
    assert [path.name for path in tmp_path.iterdir()] == ["input.csv"]


def test_an_error_is_in_duckdb_s_words_without_the_path() -> None:
    error = failure("SELECT * FROM read_csv('$1', columns = {'at': 'INT', 'ph': 'INT'})")
    assert "Could not convert" in str(error)
    assert tempfile.gettempdir() not in str(error)


def test_an_error_shows_no_line_of_what_was_written_around_the_query() -> None:
    error = failure("FROM $1", b"PAR1", name="a.parquet")
    assert "too small to be a Parquet file" in str(error)
    assert "LINE" not in str(error)


def test_the_path_of_the_input_is_not_in_any_error() -> None:
    error = failure("SELECT error('$1') FROM $1")
    assert str(error).endswith("$1")


def test_a_result_that_tells_where_the_input_lay_is_refused() -> None:
    text = "SELECT * FROM read_csv('$1', filename = true)"
    assert str(failure(text)) == "column 'filename' tells where the input lay while the query ran"


def test_the_input_is_as_old_each_time() -> None:
    text = "SELECT epoch(last_modified) AS age FROM read_text('$1')"
    assert rows(text) == [{"age": 0.0}]


def test_a_query_has_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sandbox._SETTINGS, "memory_limit", "64MiB")
    text = "SELECT count(DISTINCT hash(i)) AS n FROM $1, range(10_000_000) AS r(i)"
    assert "of memory" in str(failure(text))


def test_a_result_has_bounded_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_MOST_CELLS", 3)
    assert rows("SELECT ph FROM $1")
    assert str(failure("SELECT ph, ph AS b FROM $1")) == "the result has more than 1 rows"


def test_the_machine_s_zone_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        text = "SELECT epoch(make_timestamptz(1970, 1, 2, 0, 0, 0)) AS s FROM $1 LIMIT 1"
        assert rows(text) == [{"s": 86400.0}]
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("timezone", "hours"),
    [("UTC", 0), ("America/Los_Angeles", 8), ("UTC-08:30", 8.5), ("UTC+05:45", -5.75)],
)
def test_a_zone_is_that_of_the_session(timezone: str, hours: float) -> None:
    text = "SELECT epoch(make_timestamptz(1970, 1, 1, 0, 0, 0)) AS s FROM $1 LIMIT 1"
    result = run(text, CSV, name="a.csv", timezone=timezone)
    assert result["s"].to_pylist() == [hours * 3600]


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(QueryError, match="Nowhere"):
        run("FROM $1", CSV, name="a.csv", timezone="Nowhere")
