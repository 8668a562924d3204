import shutil

import pytest

from pond_core import EntryType, Pond, Recipe, Window
from tests.pipeline.cli.shell import HOSTILE, STATION, Shell, at, readings


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


@pytest.mark.parametrize(
    "line",
    [
        ("cat", "/rwa/noyo/station"),
        ("describe", "pond:/raw/nojo/Station"),
        ("show", "/raw/noyo/Statoin"),
        ("log", "--path", "/rawe/noyo/Station"),
        ("sql", 'SELECT * FROM "/raw/noio/Station"'),
        ("copy", "pond:/raw/noyo/Staton", "x.csv"),
        ("export", "/raw/noyi/Station", "lake"),
        ("rm", "/raw/noyo/Stations"),
    ],
    ids=lambda line: line[0],
)
def test_every_command_names_the_path_that_was_meant(reader: Shell, line: tuple[str, ...]) -> None:
    result = reader.run(*line)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"hint: did you mean {STATION}?\n" in result.stderr


@pytest.mark.parametrize(
    "line",
    [("ls", "/raw/nojo/*"), ("sql", 'SELECT * FROM "/raw/nojo/*"'), ("rm", "/raw/nojo/*")],
    ids=lambda line: line[0],
)
def test_a_pattern_that_matches_nothing_is_told_with_a_near_miss(
    reader: Shell, line: tuple[str, ...]
) -> None:
    assert "hint: did you mean /raw/noyo?\n" in reader.run(*line).stderr


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
        "factory": None,
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
    keys = ["node", "settings", "attributes", "windows", "columns", "partitions"]
    assert list(description) == keys
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


def test_a_directory_that_is_no_pond_is_refused(nowhere: Shell) -> None:
    shutil.rmtree(nowhere.pond, ignore_errors=True)
    nowhere.pond.mkdir()
    assert nowhere.run("ls").exit_code == 1
    assert list(nowhere.pond.iterdir()) == []


SETTINGS = {"seed": 1, "start": "2026-01-01T00:00Z", "end": "2026-01-02T00:00Z"}


@pytest.fixture
def computing(shell: Shell) -> Shell:
    """A prompt beside a pond with two dynamic nodes, one of which cannot be computed."""
    counted = Recipe(EntryType.TABLE, "sql", {"query": 'SELECT count(*) AS n FROM "/units"'})
    with Pond.open(shell.pond, durability="process").transaction() as tx:
        tx.write_recipe("/counted", counted)
        tx.write_recipe("/made-up", Recipe(EntryType.SERIES, "scribble", SETTINGS))
        tx.remove("/units")
    return shell


def test_ls_shows_what_is_computed_and_by_what(computing: Shell) -> None:
    text = computing.out("ls", "-l")
    assert "table (sql)" in text
    assert "series (scribble)" in text
    counted = computing.rows("ls", "/counted")[0]
    assert (counted["type"], counted["factory"]) == ("table", "sql")
    assert (counted["rows"], counted["bytes"], counted["versions"]) == (None, None, 1)


def test_describe_tells_the_recipe_of_what_is_computed(computing: Shell) -> None:
    text = computing.out("describe", "/made-up")
    assert "factory         scribble\n" in text
    assert "setting seed    1\n" in text
    assert "timestamp" in text
    description = computing.row("describe", "/made-up")
    assert (description["settings"], description["windows"]) == (SETTINGS, None)


def test_describe_tells_the_recipe_of_what_cannot_be_computed(computing: Shell) -> None:
    result = computing.run("describe", "/counted")
    assert result.exit_code == 0
    assert "factory         sql\n" in result.stdout
    assert "its columns are not known: /counted cannot be computed" in result.stderr
    assert computing.run("cat", "/counted").exit_code == 1
