"""How jobs last ended is read from the file that Dagster itself writes."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pond_pipeline.runs.ended import ended_jobs


@dg.op
def work(context: dg.OpExecutionContext) -> None:
    if context.run.tags["fails"] == "yes":
        raise dg.Failure


@dg.job
def pull() -> None:
    work()


@dg.job
def push() -> None:
    work()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Dagster's home: `pull` did well and then failed, `push` failed."""
    (tmp_path / "dagster.yaml").touch()
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        for job, fails in ((pull, "no"), (pull, "yes"), (push, "yes")):
            job.execute_in_process(instance=instance, tags={"fails": fails}, raise_on_error=False)
    return tmp_path


def test_each_job_tells_how_its_newest_run_ended(home: Path) -> None:
    pulled, pushed = ended_jobs(home)
    assert [(each.job, each.is_failed) for each in (pulled, pushed)] == [
        ("pull", True),
        ("push", True),
    ]
    assert pulled.succeeded is not None
    assert pulled.succeeded < pulled.at <= pushed.at <= datetime.now(UTC)
    assert pushed.succeeded is None


def test_without_a_home_there_are_none_and_nothing_is_made(tmp_path: Path) -> None:
    assert ended_jobs(tmp_path / "home") == []
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("content", [b"", b"no database"])
def test_a_file_that_is_none_of_dagster_s_is_told_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    file = tmp_path / "history" / "runs.db"
    file.parent.mkdir()
    file.write_bytes(content)
    assert ended_jobs(tmp_path) == []
    assert f"nothing is told of runs: {file} cannot be read" in caplog.text
    assert file.read_bytes() == content


def test_a_writer_is_not_kept_from_writing(home: Path) -> None:
    with sqlite3.connect(home / "history" / "runs.db") as writer:
        writer.execute("UPDATE runs SET status = 'SUCCESS'")
        assert [each.is_failed for each in ended_jobs(home)] == [True, True]
    assert [each.is_failed for each in ended_jobs(home)] == [False, False]
