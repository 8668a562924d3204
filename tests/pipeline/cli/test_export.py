"""`pond export`, and what other programs make of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv as pcsv
import pytest

from pond_core import Pond, Window
from pond_pipeline.cli.hive import whole_folder, workshop
from tests.pipeline.cli.shell import HOUR_US, STATION, Shell, at, readings

ONE_FILE = "raw/noyo/Station"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def hours(shell: Shell) -> Shell:
    """A pond with hourly readings over two years."""
    table = readings(at("2023-01-01"), [float(n) for n in range(2 * 365 * 24)])
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_window("/hours", table, Window())
    return shell


def files(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_folder_that_is_named_as_a_file_is_refused(reader: Shell, tmp_path: Path) -> None:
    result = reader.run("export", STATION, tmp_path / "station.csv")
    assert (result.exit_code, "would be a folder" in result.stderr) == (2, True)
    assert not (tmp_path / "station.csv").exists()


def test_a_pattern_without_a_match_is_not_proposed_again(reader: Shell, lake: Path) -> None:
    result = reader.run("export", "/combined/**", lake)
    assert (result.exit_code, "/**/**" in result.stderr) == (1, False)


def test_tables_and_series_are_one_file_each(shell: Shell, lake: Path) -> None:
    done = shell.row("export", lake)
    assert files(lake) == [f"{ONE_FILE}.parquet", "units.parquet"]
    assert done == {
        "directory": str(lake),
        "txn": 4,
        "exported": [
            {
                "path": STATION,
                "destination": str(lake / f"{ONE_FILE}.parquet"),
                "rows": 6,
                "files": 1,
                "bytes": (lake / f"{ONE_FILE}.parquet").stat().st_size,
            },
            {
                "path": "/units",
                "destination": str(lake / "units.parquet"),
                "rows": 2,
                "files": 1,
                "bytes": (lake / "units.parquet").stat().st_size,
            },
        ],
    }


def test_duckdb_reads_folders_by_calendar_as_one_table(hours: Shell, lake: Path) -> None:
    done = hours.row("export", "/hours", lake, "--by", "year,month")
    assert len(files(lake / "hours")) == 24
    assert files(lake / "hours")[0] == "year=2023/month=1/part-0.parquet"
    assert isinstance(done["exported"], list)
    assert done["exported"][0]["rows"] == 2 * 365 * 24
    query = f"""
        SELECT epoch_us(timestamp) AS us, "Temperature.C" AS value, year, month
        FROM read_parquet('{lake}/hours/**/*.parquet', hive_partitioning = true) ORDER BY us
    """  # noqa: S608  # the folder is the test's own
    found = duckdb.connect().execute(query).fetchall()
    start = Window.of(at("2023-01-01")).start_us or 0
    assert [row[:2] for row in found] == [
        (start + n * HOUR_US, float(n)) for n in range(2 * 365 * 24)
    ]
    assert {row[2:] for row in found} == {(y, m) for y in (2023, 2024) for m in range(1, 13)}


def test_polars_reads_folders_by_calendar_as_one_table(hours: Shell, lake: Path) -> None:
    hours.out("export", "/hours", lake, "--by", "year,month,day")
    frame = pl.scan_parquet(lake / "hours", hive_partitioning=True).sort("timestamp").collect()
    series = Pond.open(hours.pond).snapshot().read_series("/hours")
    assert frame.select("timestamp", "Temperature.C").equals(pl.DataFrame(series))
    assert frame["day"].max() == 31


def test_folders_follow_the_clocks_that_are_named(hours: Shell, lake: Path) -> None:
    hours.out("export", "/hours", lake, "--by", "year", "--timezone", "America/Los_Angeles")
    assert sorted(each.name for each in (lake / "hours").iterdir()) == [
        "year=2022",
        "year=2023",
        "year=2024",
    ]
    assert pl.read_parquet(lake / "hours" / "year=2022" / "*.parquet").height == 8


def test_clocks_that_are_set_back_over_midnight_lose_nothing(shell: Shell, lake: Path) -> None:
    # In 2018 the clocks of São Paulo went from midnight of February 18 back to the 17th.
    start = datetime(2018, 2, 18, 0, 30, tzinfo=UTC)
    table = readings(start, [1.0, 2.0, 3.0, 4.0])
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_window("/night", table, Window())
    shell.out("export", "/night", lake, "--by", "year,month,day", "--timezone", "America/Sao_Paulo")
    frame = pl.read_parquet(lake / "night" / "**" / "*.parquet").sort("timestamp")
    assert frame["Temperature.C"].to_list() == [1.0, 2.0, 3.0, 4.0]
    assert [each.name for each in (lake / "night/year=2018/month=2").iterdir()] != []


@pytest.mark.parametrize("by", [[], ["--by", "year"]])
def test_arrow_and_csv_have_the_same_rows(shell: Shell, lake: Path, by: list[str]) -> None:
    series = Pond.open(shell.pond).snapshot().read_series(STATION)
    shell.out("export", STATION, lake, "--format", "arrow", *by)
    shell.out("export", STATION, lake / "csv", "--format", "csv", *by)
    end = "" if not by else "/year=2024/part-0"
    with pa.OSFile(str(lake / f"{ONE_FILE}{end}.arrow")) as file:
        assert pa.ipc.open_file(file).read_all().equals(series)
    table = pcsv.read_csv(lake / "csv" / f"{ONE_FILE}{end}.csv")
    assert table["Temperature.C"].to_pylist() == series["Temperature.C"].to_pylist()


def test_a_range_and_columns_can_be_chosen(hours: Shell, lake: Path) -> None:
    line = ["--since", "2024-03-01", "--until", "2024-04-01", "--columns", "timestamp"]
    hours.out("export", "/hours", lake, "--by", "year,month", *line)
    assert files(lake / "hours") == ["year=2024/month=3/part-0.parquet"]
    frame = pl.read_parquet(lake / "hours", hive_partitioning=False)
    assert (frame.columns, frame.height) == (["timestamp"], 31 * 24)


def test_an_earlier_state_can_be_exported(shell: Shell, lake: Path) -> None:
    assert shell.row("export", STATION, lake, "--as-of", "2")["txn"] == 2
    assert pl.read_parquet(lake / f"{ONE_FILE}.parquet").height == 4


def test_who_reads_meanwhile_does_not_see_what_is_in_the_making(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with workshop(lake) as shop, whole_folder(lake / "series", within=shop) as folder:
        (folder / "part-0.parquet").write_bytes(b"")
        assert list(lake.rglob("*.parquet")) == []
    assert [each.name for each in tmp_path.iterdir()] == ["lake"]


def test_nothing_is_replaced_unasked(shell: Shell, lake: Path) -> None:
    for by in ([], ["--by", "year"]):
        shell.out("export", STATION, lake, *by)
        result = shell.run("export", STATION, lake, *by)
        assert (result.exit_code, "--force" in result.stderr) == (1, True)


def test_folders_that_are_replaced_have_nothing_of_before(shell: Shell, lake: Path) -> None:
    shell.out("export", STATION, lake, "--by", "year,month")
    assert len(files(lake / ONE_FILE)) == 2
    shell.out("export", STATION, lake, "--by", "year", "--force")
    assert files(lake) == [f"{ONE_FILE}/year=2024/part-0.parquet"]


def test_what_no_export_made_is_not_taken_away(shell: Shell, lake: Path) -> None:
    mine = lake / ONE_FILE / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    result = shell.run("export", STATION, lake, "--by", "year", "--force")
    assert (result.exit_code, "which no export made" in result.stderr) == (1, True)
    assert files(lake) == [f"{ONE_FILE}/mine.txt"]


def test_folders_that_cannot_be_completed_leave_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "series"
    (target / "year=2024").mkdir(parents=True)

    def fail() -> None:
        with whole_folder(target, within=tmp_path) as folder:
            (folder / "year=2025").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [each.name for each in tmp_path.iterdir()] == ["series"]
    assert [each.name for each in target.iterdir()] == ["year=2024"]


def test_what_was_set_aside_by_one_that_was_killed_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "series"

    def replace(year: str) -> Path:
        with whole_folder(target, within=tmp_path) as folder:
            (folder / year).mkdir()
        return folder

    former = replace("year=2024").with_suffix(".old")
    target.rename(former)
    with whole_folder(target, within=tmp_path) as folder:
        assert (tmp_path / "series" / "year=2024").is_dir()
        (folder / "year=2025").mkdir()
    assert [each.name for each in (tmp_path / "series").iterdir()] == ["year=2025"]
    assert [each.name for each in tmp_path.iterdir()] == ["series"]


def test_a_column_that_is_called_as_a_folder_is_refused(shell: Shell, lake: Path) -> None:
    table = readings(at("2024-01-01"), [1.0]).append_column("year", pa.array([1]))
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_window("/s", table, Window())
    result = shell.run("export", "/s", lake, "--by", "year")
    assert (result.exit_code, "--columns" in result.stderr) == (1, True)
    assert not (lake / "s").exists()


def test_a_year_of_a_broken_clock_is_a_folder_like_any_other(shell: Shell, lake: Path) -> None:
    times = pa.array([10**18], pa.timestamp("us", "UTC"))
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_window("/s", pa.table({"timestamp": times, "value": [1.0]}), Window())
    shell.out("export", "/s", lake, "--by", "year")
    assert files(lake) == ["s/year=33658/part-0.parquet"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["--by", "month"], 2),
        (["--by", "year,day"], 2),
        (["--format", "xlsx"], 2),
        (["--since", "2024-02-01", "--until", "2024-01-01"], 2),
        (["--since", "2024-01-01"], 2),  # there is a table
        (["--timezone", "Mars/Olympus"], 1),
        (["--columns", "none"], 1),
    ],
)
def test_what_cannot_be_exported_is_refused(
    shell: Shell, lake: Path, line: list[str], code: int
) -> None:
    assert shell.run("export", "/units", lake, *line).exit_code == code
    assert not lake.exists() or files(lake) == []


@pytest.mark.parametrize("pattern", ["/nothing/*", "/files", "/files/note.txt"])
def test_what_matches_no_rows_is_told(shell: Shell, lake: Path, pattern: str) -> None:
    result = shell.run("export", pattern, lake)
    assert (result.exit_code, "matches no table" in result.stderr) == (1, True)


def test_two_of_one_name_are_refused(shell: Shell, lake: Path) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        tx.write_window("/t.parquet", readings(at("2024-01-01"), [1.0]), Window())
        tx.write_table("/t", pa.table({"n": [1]}))
    result = shell.run("export", "/t*", lake, "--by", "year")
    assert (result.exit_code, "would both be" in result.stderr) == (1, True)


@pytest.mark.parametrize("by", [(), ("--by", "year")])
def test_two_that_are_one_to_the_disk_are_refused_and_the_first_stays(
    shell: Shell, lake: Path, by: tuple[str, ...]
) -> None:
    with Pond.open(shell.pond).transaction() as tx:
        for name, value in (("A", 1.0), ("a", 2.0)):
            tx.mkdir(f"/{name}")
            tx.write_window(f"/{name}/s", readings(at("2024-01-01"), [value]), Window())
    (lake / "A").mkdir(parents=True)
    (lake / "a").symlink_to(lake / "A")  # as a disk has it that folds case
    for force in ((), ("--force",)):
        result = shell.run("export", "/[Aa]/s", lake, *by, *force)
        assert result.exit_code == 1
        assert "/a/s would take the place of /A/s" in result.stderr
        [file] = (each for each in lake.rglob("*") if each.is_file())
        assert pl.read_parquet(file, hive_partitioning=False).to_series(-1).to_list() == [1.0]


def test_it_says_what_it_did(shell: Shell, lake: Path) -> None:
    result = shell.run("export", lake)
    assert result.stdout == ""
    assert result.stderr == f"exported 2 tables and series to {lake}: 8 rows in 2 files\n"
    assert json.loads(shell.out("export", lake, "--force", "--json"))["txn"] == 4


def test_a_path_of_the_pond_alone_is_no_folder_for_all_of_it(shell: Shell) -> None:
    result = shell.run("export", STATION)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "name the folder, too" in result.stderr
    assert not Path(STATION).exists()
