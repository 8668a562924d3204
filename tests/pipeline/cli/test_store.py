import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pond_core import Pond, Provenance, Window
from tests.pipeline.cli.shell import HOSTILE, STATION, Shell, at, readings


def test_init_makes_a_pond(nowhere: Shell) -> None:
    result = nowhere.run("init")
    assert (result.exit_code, result.stdout) == (0, "")
    assert Pond.open(nowhere.pond).log() == []


def test_init_tells_the_new_pond_as_json(nowhere: Shell) -> None:
    made = nowhere.row("init")
    assert made == {"path": str(nowhere.pond), "id": Pond.open(nowhere.pond).id}


def test_init_refuses_where_a_pond_is(shell: Shell) -> None:
    result = shell.run("init")
    assert result.exit_code == 1
    assert "there is a pond at" in result.stderr


def test_ls_lists_the_root(reader: Shell) -> None:
    assert reader.out("ls") == "/files/\n/raw/\n/units\n"


def test_ls_lists_a_directory(reader: Shell) -> None:
    assert reader.out("ls", "raw") == "/raw/noyo/\n"


def test_ls_lists_a_file_as_itself(reader: Shell) -> None:
    assert reader.out("ls", "/units") == "/units\n"


def test_ls_lists_what_a_pattern_matches_with_its_captures(reader: Shell) -> None:
    (found,) = reader.rows("ls", "/*/*/Stat*")
    assert (found["path"], found["captures"]) == (STATION, ["raw", "noyo", "ion"])


def test_ls_says_so_when_nothing_matches(reader: Shell) -> None:
    result = reader.run("ls", "/nothing/*")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing in /nothing/*\n")


def test_ls_takes_a_path_that_exists_as_it_is_written(shell: Shell) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_data("/what?", b"")
        tx.write_data("/whats", b"")
    assert shell.out("ls", "/what?") == "/what?\n"


def test_ls_of_nothing_fails_with_a_near_miss(reader: Shell) -> None:
    result = reader.run("ls", "/unit")
    assert (result.exit_code, "did you mean /units?" in result.stderr) == (1, True)


def test_ls_escapes_names(reader: Shell) -> None:
    assert "/files/two\\nlines\\x1b[31mred\n" in reader.out("ls", "/files")


def test_ls_gives_names_exactly_as_json(reader: Shell) -> None:
    assert f"/files/{HOSTILE}" in [node["path"] for node in reader.rows("ls", "/files")]


def test_ls_long_shows_what_counts(reader: Shell) -> None:
    header, line = reader.out("ls", "-l", "/raw/noyo").splitlines()
    assert header.split() == ["type", "rows", "bytes", "first", "last", "versions", "txn", "path"]
    columns = line.split()
    assert columns[:2] == ["series", "6"]
    assert columns[3:] == ["2024-11-01T00:00:00Z", "2024-12-01T01:00:00Z", "2", "3", STATION]


def test_ls_long_shows_where_a_symlink_leads(reader: Shell) -> None:
    assert "/files/here -> note.txt\n" in reader.out("ls", "-l", "/files")


def test_ls_tells_a_series_as_json(reader: Shell) -> None:
    (station,) = reader.rows("ls", "/raw/noyo")
    node = Pond.open(reader.pond).snapshot().lookup(STATION)
    assert station == {
        "path": STATION,
        "type": "series",
        "node_id": node.node_id,
        "target": None,
        "rows": 6,
        "bytes": sum(piece.size for piece in node.node.pieces),
        "first": "2024-11-01T00:00:00Z",
        "last": "2024-12-01T01:00:00Z",
        "versions": 2,
        "txn": 3,
        "captures": [],
    }


def test_ls_counts_only_the_rows_that_later_writes_left(shell: Shell) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_window(STATION, None, Window.of(at("2024-11-01T02:00"), at("2024-12-01T01:00")))
    (station,) = shell.rows("ls", STATION)
    assert (station["rows"], station["first"], station["last"]) == (
        3,
        "2024-11-01T00:00:00Z",
        "2024-12-01T01:00:00Z",
    )


def test_ls_shows_the_pond_as_of_a_transaction(reader: Shell) -> None:
    assert reader.out("ls", "--as-of", "1") == "/raw/\n"


def test_ls_shows_the_pond_as_of_a_time(reader: Shell) -> None:
    assert reader.out("ls", "--as-of", "2020-01-01") == ""


@pytest.mark.parametrize("text", ["99", "-1", "yesterday", "2024-13-01"])
def test_as_of_what_never_was_fails(reader: Shell, text: str) -> None:
    assert reader.run("ls", f"--as-of={text}").exit_code in (1, 2)


def test_describe_says_what_is_known_of_a_series(reader: Shell) -> None:
    text = reader.out("describe", STATION)
    assert "type            series\n" in text
    assert "rows            6\n" in text
    assert "windows         2\n" in text
    assert "Temperature.C  double                 C     parameter=1\n" in text
    assert "2024-11       4" in text


def test_describe_tells_a_series_as_json(reader: Shell) -> None:
    description = reader.row("describe", STATION)
    assert list(description) == ["node", "attributes", "windows", "columns", "partitions"]
    assert description["attributes"] == {"key": ["timestamp"]}
    assert description["windows"] == 2
    assert description["columns"] == [
        {"name": "timestamp", "type": "timestamp[us, tz=UTC]", "unit": None, "metadata": {}},
        {
            "name": "Temperature.C",
            "type": "double",
            "unit": "C",
            "metadata": {"unit": "C", "parameter": "1"},
        },
    ]


def test_describe_tells_the_months_that_are_recorded(reader: Shell) -> None:
    partitions = reader.row("describe", STATION)["partitions"]
    assert isinstance(partitions, list)
    assert [(p["partition"], p["rows"], p["first"]) for p in partitions] == [
        ("2024-11", 4, "2024-11-01T00:00:00Z"),
        ("2024-12", 2, "2024-12-01T00:00:00Z"),
    ]


def test_describe_knows_columns_that_only_an_old_window_has(shell: Shell) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        start, end = at("2025-01-01"), at("2025-02-01")
        table = readings(start, [1.0]).rename_columns(["timestamp", "Depth.m"])
        tx.write_window(STATION, table, Window.of(start, end))
    columns = shell.row("describe", STATION)["columns"]
    assert isinstance(columns, list)
    assert [c["name"] for c in columns] == ["timestamp", "Temperature.C", "Depth.m"]


@pytest.mark.parametrize("path", ["/", "/units", "/files/note.txt", "/files/here"])
def test_describe_knows_every_type(reader: Shell, path: str) -> None:
    assert "node id" in reader.out("describe", path)
    assert reader.row("describe", path)["partitions"] == []


def test_describe_of_nothing_fails(reader: Shell) -> None:
    assert reader.run("describe", "/nothing").exit_code == 1


def test_log_lists_transactions_newest_first(reader: Shell) -> None:
    lines = reader.out("log").splitlines()
    assert [line.split()[0] for line in lines] == ["txn", "4", "3", "2", "1"]


def test_log_tells_transactions_as_json(reader: Shell) -> None:
    pull = reader.rows("log")[1]
    time = pull.pop("time")
    assert isinstance(time, str)
    assert datetime.fromisoformat(time).tzinfo is UTC
    assert time.endswith("Z")
    assert isinstance(pull.pop("bytes"), int)
    assert pull == {
        "txn": 3,
        "author": "test",
        "asset": STATION,
        "partitions": ["2024-12"],
        "operations": 2,
        "rows": 2,
        "message": "pull",
        "run_id": "run-1",
    }


def test_log_says_how_many_it_leaves_out(reader: Shell) -> None:
    result = reader.run("log", "--limit", "1")
    assert result.stdout.count("\n") == 2
    assert result.stderr == "1 of 4 transactions; --limit says how many\n"


def test_log_keeps_many_partitions_on_one_line(shell: Shell) -> None:
    months = tuple(f"2025-{month:02}" for month in range(1, 13))
    with Pond.init(shell.pond, exist_ok=True).transaction(Provenance(partitions=months)) as tx:
        tx.write_data("/note", b"a year")
    assert "2025-01 .. 2025-12 (12)" in shell.out("log")
    assert shell.rows("log")[0]["partitions"] == list(months)


def test_log_ends_where_it_is_told(reader: Shell) -> None:
    assert [each["txn"] for each in reader.rows("log", "--as-of", "2")] == [2, 1]


def test_log_of_less_than_one_is_a_usage_error(reader: Shell) -> None:
    assert reader.run("log", "--limit", "0").exit_code == 2


def test_verify_says_what_it_looked_at(reader: Shell) -> None:
    assert "transactions  4\n" in reader.out("verify")


def test_verify_tells_its_report_as_json(reader: Shell) -> None:
    report = reader.row("verify")
    assert list(report) == ["ok", "txns", "log_files", "objects", "unreferenced", "findings"]
    assert (report["ok"], report["txns"], report["findings"]) == (True, 4, [])


def test_verify_lists_damage_and_fails(shell: Shell) -> None:
    _damage(shell.pond)
    result = shell.run("verify")
    assert result.exit_code == 1
    assert "\nlog file damaged" in result.stdout
    assert "the pond is damaged" in result.stderr


def test_verify_tells_damage_as_json(shell: Shell) -> None:
    _damage(shell.pond)
    result = shell.run("verify", "--json")
    assert (result.exit_code, '"what": "log file damaged"' in result.stdout) == (1, True)


def test_a_directory_that_is_no_pond_is_refused(nowhere: Shell) -> None:
    shutil.rmtree(nowhere.pond, ignore_errors=True)
    nowhere.pond.mkdir()
    assert nowhere.run("ls").exit_code == 1
    assert list(nowhere.pond.iterdir()) == []


def _damage(pond: Path) -> None:
    """Write something else in the middle of a log file that is only read when verifying."""
    file = max((pond / "oplog").rglob("*.parquet"), key=lambda each: each.stat().st_size)
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0xFF
    file.chmod(0o644)
    file.write_bytes(bytes(data))
