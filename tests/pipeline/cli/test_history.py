from datetime import UTC, datetime

import pytest

from pond_core import Pond, Provenance, Transaction, Window
from tests.pipeline.cli.shell import HOSTILE, STATION, Shell, at, readings

RUN = "0a7c8f0e-5d0e-4b9a-9d4a-3f0c8a1f1d55"


def tidy(tx: Transaction) -> None:
    """Rename, remove, make and correct something."""
    tx.rename("/files/note.txt", "/note.txt")
    tx.write_data("/note.txt", b"longer than that")
    tx.remove("/files/blob")
    tx.mkdir("/new")
    start = at("2024-12-01")
    window = Window.of(start, at("2025-01-01"))
    tx.replace_window(STATION, readings(start, [10.0, 11.0, 12.0, 13.0]), window)


@pytest.fixture
def tidied(shell: Shell) -> Shell:
    """A prompt beside a pond with a fifth transaction."""
    with Pond.open(shell.pond, durability="process").transaction(Provenance(run_id=RUN)) as tx:
        tidy(tx)
    return shell


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


def test_log_can_be_of_a_path_a_run_and_an_asset(reader: Shell) -> None:
    def txns(*options: str) -> list[object]:
        return [each["txn"] for each in reader.rows("log", *options)]

    assert txns("--path", "/raw") == [3, 2, 1]
    assert txns("--path", "/files/note.txt") == [4]
    assert txns("--run", "run-1") == txns("--run", "run:run-1") == [3, 2]
    assert txns("--asset", "/raw/*/*") == [3, 2]
    assert txns("--path", "/raw", "--run", "run-1", "--as-of", "2") == [2]
    assert txns("--run", "never") == []


def test_log_can_be_of_a_partition_a_time_and_a_pattern(reader: Shell) -> None:
    def txns(*options: str) -> list[object]:
        return [each["txn"] for each in reader.rows("log", *options)]

    times = [str(each["time"]) for each in reader.rows("log")]
    assert txns("--partition", "2024-12") == [3]
    assert txns("--partition", "2024") == [3, 2]
    assert txns("--partition", "2024-1") == []
    assert txns("--since", times[1]) == [4, 3]
    assert txns("--until", times[1]) == [2, 1]
    assert txns("--since", times[2], "--until", times[1], "--path", "/raw") == [2]
    assert txns("--path", "/*/no*") == [4, 3, 2, 1]
    assert txns("--path", "/*/note*") == [4]
    assert txns("--since", "1h", "--limit", "1") == [4]
    assert reader.run("log", "--since", "1h", "--until", "2h").exit_code == 2


def test_log_says_that_it_shows_only_the_newest_of_a_path(reader: Shell) -> None:
    result = reader.run("log", "--path", STATION, "--limit", "1")
    assert result.stderr == "the newest 1; --limit says how many\n"
    assert reader.run("log", "--path", STATION).stderr == ""


def test_log_of_a_path_that_cannot_have_been_fails(reader: Shell) -> None:
    assert reader.run("log", "--path", "/nothing/here").exit_code == 1


@pytest.mark.parametrize("options", [("--path", ""), ("--asset", ""), ("--asset", "[")])
def test_log_of_what_is_no_path_fails(reader: Shell, options: tuple[str, str]) -> None:
    result = reader.run("log", *options)
    assert (result.exit_code, result.stdout) == (1, "")


def test_log_of_less_than_one_is_a_usage_error(reader: Shell) -> None:
    assert reader.run("log", "--limit", "0").exit_code == 2


def test_show_can_be_of_what_meets_filters(tidied: Shell) -> None:
    def txns(*line: str) -> list[object]:
        return [each["transaction"]["txn"] for each in tidied.rows("show", *line)]  # type: ignore[index]

    times = [str(each["time"]) for each in tidied.rows("log")]
    assert txns("--partition", "2024") == [3, 2]
    assert txns("--run", "run-1", "--limit", "1") == [3]
    assert txns("--since", times[1]) == [5, 4]
    assert txns(STATION, "--until", times[0]) == [3, 2]
    assert txns(STATION, "--since", times[2], "--until", times[0]) == [3]
    assert txns("/raw/*/*", "--partition", "2024-11") == [2]
    assert txns("/note.txt", "--until", times[0]) == [4]
    assert txns("--partition", "never") == []
    [shown] = tidied.rows("show", "/note.txt", "--until", times[0])
    assert {each["path"] for each in shown["operations"]} == {"/files/note.txt"}  # type: ignore[attr-defined]


def test_show_of_a_pattern_tells_what_was_done_to_all_that_it_matches(reader: Shell) -> None:
    [shown] = reader.rows("show", "/files/[bn]*")
    paths = {each["path"] for each in shown["operations"]}  # type: ignore[attr-defined]
    assert paths == {"/files/note.txt", "/files/blob"}


@pytest.mark.parametrize("command", [("show",), ("log", "--path")])
def test_of_a_pattern_that_nothing_matches_that_is_told(
    reader: Shell, command: tuple[str, ...]
) -> None:
    result = reader.run(*command, "/raw/*/Statoin*")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing matches /raw/*/Statoin*\n  hint: list what is there" in result.stderr
    assert "did you mean /raw?" in reader.run(*command, "/rwa/*").stderr


@pytest.mark.parametrize("line", [("log", "--asset"), ("log", "--path"), ("show", "--asset")])
def test_a_filter_that_nothing_meets_names_what_was_perhaps_meant(
    reader: Shell, line: tuple[str, ...]
) -> None:
    result = reader.run(*line, "/raw/noyo/Statoin")
    assert (result.exit_code, result.stdout.count("\n") <= 1) == (0, True)
    assert result.stderr == f"no transaction meets that\n  hint: did you mean {STATION}?\n"


def test_show_prints_several_transactions_one_below_the_other(reader: Shell) -> None:
    printed = reader.out("show", "--partition", "2024")
    assert [line for line in printed.splitlines() if line.startswith("txn")] == [
        "txn         3",
        "txn         2",
    ]


@pytest.mark.parametrize("line", [("3", "--run", "x"), ("3", "--as-of", "2")])
def test_show_of_one_transaction_takes_no_filter(reader: Shell, line: tuple[str, ...]) -> None:
    assert reader.run("show", *line).exit_code == 2


@pytest.mark.parametrize("command", [("ls",), ("cat", STATION), ("describe", STATION)])
def test_commands_that_read_take_a_run_as_a_moment(tidied: Shell, command: tuple[str, ...]) -> None:
    assert tidied.out(*command, "--as-of", RUN) == tidied.out(*command)
    assert tidied.out(*command, "--as-of", "run:run-1") == tidied.out(*command, "--as-of", "3")


def test_sql_takes_a_run_as_a_moment(tidied: Shell) -> None:
    counted = ('SELECT count(*) AS n FROM "/raw/noyo/Station"', "--as-of")
    assert tidied.rows("sql", *counted, "run:run-1") == [{"n": 6}]
    assert tidied.rows("sql", *counted, RUN) == [{"n": 8}]


def test_copy_takes_a_run_as_a_moment(tidied: Shell) -> None:
    out = tidied.directory / "station.csv"
    tidied.out("copy", f"pond:{STATION}", out, "--as-of", "run:run-1")
    assert len(out.read_text().splitlines()) == 7


def test_a_run_that_made_nothing_fails(reader: Shell) -> None:
    result = reader.run("ls", "--as-of", RUN)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"no transaction was made by a run '{RUN}'" in result.stderr


def test_show_says_what_a_transaction_did(tidied: Shell) -> None:
    facts, _, operations = tidied.out("show").partition("\n\n")
    assert facts.splitlines()[0].split() == ["txn", "5"]
    assert f"run    {RUN}" in facts
    assert [(line.split()[0], line.split()[-1]) for line in operations.splitlines()[1:]] == [
        ("link", "/note.txt"),
        ("unlink", "/files/note.txt"),
        ("write", "/note.txt"),
        ("unlink", "/files/blob"),
        ("link", "/new"),
        ("window", STATION),
    ]
    assert "2024-12-01T02:00:00Z .. 2025-01-01" in operations


@pytest.mark.parametrize("moment", ["3", "run:run-1"])
def test_show_takes_a_txn_or_a_run(tidied: Shell, moment: str) -> None:
    [shown] = tidied.rows("show", moment)
    [logged] = [each for each in tidied.rows("log") if each["txn"] == 3]
    assert shown["transaction"] == logged


def test_show_tells_operations_as_json(tidied: Shell) -> None:
    [shown] = tidied.rows("show", "3")
    operations = shown["operations"]
    assert isinstance(operations, list)
    window, mark = operations
    node = tidied.row("describe", STATION)["node"]
    assert isinstance(node, dict)
    month = {"start": "2024-12-01T00:00:00Z", "end": "2025-01-01T00:00:00Z"}
    assert isinstance(window.pop("bytes"), int)
    assert window == {
        "seq": 1,
        "op": "window",
        "path": STATION,
        "type": "series",
        "node_id": node["node_id"],
        "version": 2,
        "window": month,
        "first": "2024-12-01T00:00:00Z",
        "last": "2024-12-01T01:00:00Z",
        "rows": 2,
        "factory": None,
        "attributes": None,
    }
    assert (mark["op"], mark["window"], mark["rows"]) == ("mark", month, None)
    assert mark["attributes"]["partition"] == "2024-12"


def test_show_of_a_path_says_what_was_done_to_it(tidied: Shell) -> None:
    header, *lines = tidied.out("show", "/note.txt").splitlines()
    assert header.split() == ["txn", "time", "operation", "rows", "bytes", "window", "path"]
    assert [(line.split()[0], line.split()[2], line.split()[-1]) for line in lines] == [
        ("5", "link", "/note.txt"),
        ("5", "unlink", "/files/note.txt"),
        ("5", "write", "/note.txt"),
        ("4", "link", "/files/note.txt"),
        ("4", "write", "/files/note.txt"),
    ]


def test_show_of_a_path_takes_a_moment_and_a_limit(tidied: Shell) -> None:
    def txns(*args: str) -> list[object]:
        transactions = [each["transaction"] for each in tidied.rows("show", *args)]
        return [each["txn"] for each in transactions if isinstance(each, dict)]

    assert txns(STATION) == [5, 3, 2]
    assert txns(STATION, "--limit", "2") == [5, 3]
    assert txns(STATION, "--as-of", "3") == [3, 2]
    assert txns("/files/note.txt", "--as-of", "4") == [4]
    assert txns("files") == [5, 4]


def test_show_of_what_never_was_fails(tidied: Shell) -> None:
    assert tidied.run("show", "99").exit_code == 1
    assert tidied.run("show", "0").exit_code == 1
    assert "/2024-13-01 does not exist" in tidied.run("show", "2024-13-01").stderr


def test_show_of_a_moment_takes_no_other(tidied: Shell) -> None:
    result = tidied.run("show", "3", "--as-of", "4")
    assert (result.exit_code, "--as-of is for paths" in result.stderr) == (2, True)


def test_show_escapes_names(reader: Shell) -> None:
    assert "/files/two\\nlines\\x1b[31mred\n" in reader.out("show", "4")
    [shown] = reader.rows("show", "4")
    operations = shown["operations"]
    assert isinstance(operations, list)
    assert f"/files/{HOSTILE}" in [each["path"] for each in operations]


def test_diff_says_what_differs(tidied: Shell) -> None:
    result = tidied.run("diff", "4", "5")
    assert result.stderr == "from txn 4 to txn 5: 4 changes\n"
    written = Pond.open(tidied.pond).snapshot().node(STATION).pieces[-1].size
    header, *lines = result.stdout.splitlines()
    assert header.split() == ["change", "type", "rows", "bytes", "windows", "facts", "path"]
    assert [" ".join(line.split()) for line in lines] == [
        "removed data - -2 - - /files/blob",
        "added directory - - - - /new/",
        "renamed data - 6 -> 16 - - /files/note.txt -> /note.txt",
        f"changed series 0 -> 2 +{written} 2024-12-01T02:00:00Z .. 2025-01-01 - {STATION}",
    ]


def test_diff_tells_what_differs_as_json(tidied: Shell) -> None:
    difference = tidied.row("diff", "4")
    assert (difference["before"], difference["after"]) == (4, 5)
    changes = difference["changes"]
    assert isinstance(changes, list)
    assert [(each["change"], each["path"]) for each in changes] == [
        ("removed", "/files/blob"),
        ("added", "/new"),
        ("renamed", "/note.txt"),
        ("changed", STATION),
    ]
    assert changes[2]["path_before"] == "/files/note.txt"
    assert changes[3]["windows"] == [
        {
            "start": "2024-12-01T02:00:00Z",
            "end": "2025-01-01T00:00:00Z",
            "rows_before": 0,
            "rows": 2,
        }
    ]


def test_diff_names_facts_that_differ(reader: Shell) -> None:
    assert " 1 mark " in reader.out("diff", "2", "3")
    assert "key, 2 marks" in reader.out("diff", "1", "3")


def test_diff_of_the_same_says_so(reader: Shell) -> None:
    result = reader.run("diff", "3", "run:run-1")
    assert (result.stdout, result.stderr) == ("", "from txn 3 to txn 3: 0 changes\n")


def test_diff_keeps_many_windows_on_one_line(shell: Shell) -> None:
    with Pond.open(shell.pond, durability="process").transaction() as tx:
        for day in range(1, 11, 2):
            window = Window.of(at(f"2025-01-{day:02}"), at(f"2025-01-{day + 1:02}"))
            tx.write_window(STATION, None, window)
    assert "2025-01-01 .. 2025-01-02 .. 2025-01-09 .. 2025-01-10 (5)" in shell.out("diff", "4")


def test_diff_the_wrong_way_round_fails(reader: Shell) -> None:
    result = reader.run("diff", "3", "2")
    assert (result.exit_code, "name the earlier one first" in result.stderr) == (1, True)


@pytest.mark.parametrize("moment", ["yesterday", "/units", "-1"])
def test_diff_of_what_is_no_moment_is_a_usage_error(reader: Shell, moment: str) -> None:
    assert reader.run("diff", "--", moment).exit_code == 2
