"""`pond metrics`: printed, written whole, or served."""

import signal
from pathlib import Path

import httpx
import pytest

from tests.pipeline.cli.shell import Shell


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no resources are."""
    monkeypatch.chdir(tmp_path)


def test_they_are_printed_as_prometheus_reads_them(reader: Shell) -> None:
    page = reader.out("metrics")
    assert "# TYPE pond_transactions_total counter\npond_transactions_total " in page
    assert page.endswith("\n")


def test_a_file_is_written_whole_and_nothing_beside_it(reader: Shell) -> None:
    file = reader.directory / "collected" / "pond.prom"
    file.parent.mkdir()
    file.write_text("as it was")
    reader.out("metrics", "--to", file)
    assert file.read_text().startswith("# HELP pond_up ")
    assert [*file.parent.iterdir()] == [file]


def test_a_file_that_cannot_be_written_is_named(reader: Shell) -> None:
    file = reader.directory / "nowhere" / "pond.prom"
    result = reader.run("metrics", "--to", file)
    assert result.exit_code == 1
    assert f"{file} cannot be written: No such file or directory" in result.stderr


def test_where_no_pond_is_it_fails_and_a_file_stays_as_it_was(nowhere: Shell) -> None:
    file = nowhere.directory / "pond.prom"
    file.write_text("as it was")
    result = nowhere.run("metrics", "--to", file)
    assert (result.exit_code, "there is no pond" in result.stderr) == (1, True)
    assert file.read_text() == "as it was"


@pytest.mark.parametrize("address", ["x", "1.2.3.4:", "127.0.0.1:99999", "-1"])
def test_what_is_no_address_is_a_usage_error(nowhere: Shell, address: str) -> None:
    result = nowhere.run("metrics", f"--serve={address}")
    assert (result.exit_code, "write 9321 or" in result.stderr) == (2, True)


def test_a_file_and_a_server_exclude_each_other(nowhere: Shell) -> None:
    assert nowhere.run("metrics", "--to", "a", "--serve", "0").exit_code == 2


def test_they_are_served_on_loopback_until_ctrl_c_where_nobody_else_listens(shell: Shell) -> None:
    with shell.start("metrics", "--serve", "0") as process:
        assert process.stderr is not None
        url = process.stderr.readline().partition("serving ")[2].partition(";")[0]
        page = httpx.get(url, timeout=60).text
        taken = shell.run("metrics", "--serve", url.rpartition(":")[2].partition("/")[0])
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
    assert url.startswith("http://127.0.0.1:")
    assert "pond_up 1.0" in page
    assert (taken.exit_code, "cannot be served at 127.0.0.1" in taken.stderr) == (2, True)
