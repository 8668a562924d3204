"""`pond --pond s3://...`: commands, runs and what Dagster loads do as they do on a disk."""

import os
import warnings
from pathlib import Path
from typing import cast

import pytest

from pond_core import DataError, Pond
from pond_pipeline.reach import place_of, reached
from tests.pipeline.cli.shell import Shell
from tests.s3.server import Server

TEXT = """
kind: Scribble
name: tide
spec: {start: 2026-11-01, end: 2026-11-02, interval: 1h, series: [north]}
"""


@pytest.fixture
def shell(
    s3_server: Server, bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A prompt in a folder whose `.env` says how the bucket is reached."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    for name in s3_server.environ:  # so that they are gone after the test
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("POND_CACHE", str(tmp_path / "copies"))
    lines = [f"{name}={value}" for name, value in s3_server.environ.items()]
    (tmp_path / ".env").write_text("\n".join(lines))
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / "resources.yaml").write_text(TEXT)
    return at(bucket_url, tmp_path)


def at(url: str, directory: Path) -> Shell:
    return Shell(cast("Path", url), directory)  # it is only made text of


def test_a_pond_is_made_and_looked_at(shell: Shell, tmp_path: Path) -> None:
    assert shell.row("init")["path"] == str(shell.pond)
    (tmp_path / "note").write_text("hello")
    shell.out("copy", str(tmp_path / "note"), "pond:/note")
    assert shell.out("cat", "/note") == "hello"
    assert [row["path"] for row in shell.rows("ls")] == ["/note"]
    assert shell.row("verify")["ok"] is True
    assert shell.run("maintain").exit_code == 0
    assert not Path("s3:").exists(), "no directory of that name"


def test_a_pipeline_runs_into_a_bucket(shell: Shell) -> None:
    with warnings.catch_warnings():  # the command silences Dagster's for its whole process
        result = shell.run("run")
    assert result.exit_code == 0, result.stderr
    pond = Pond.open(shell.pond)
    assert pond.snapshot().read_series("/raw/tide/north").num_rows == 24
    assert pond.label == str(shell.pond)


def test_what_dagster_loads_reaches_the_bucket(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.out("init")
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    assert reached(str(shell.pond), folder=tmp_path) == str(shell.pond)
    assert Pond.exists(shell.pond)


def test_the_environment_wins_over_the_file(shell: Shell, tmp_path: Path) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "mine"}
    reached(str(shell.pond), folder=tmp_path, environ=environ)
    assert environ["AWS_ACCESS_KEY_ID"] == "mine"
    assert "AWS_SECRET_ACCESS_KEY" in environ


def test_a_pond_on_a_disk_takes_nothing_from_the_file(shell: Shell, tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    assert reached(".pond", folder=shell.directory, environ=environ) == str(tmp_path / ".pond")
    assert environ == {}


def test_a_place_means_the_same_from_anywhere(tmp_path: Path) -> None:
    assert place_of("s3://lake/pond") == "s3://lake/pond"
    assert place_of(tmp_path / "pond") == str(tmp_path / "pond")


def test_another_scheme_is_refused(tmp_path: Path) -> None:
    result = at("gs://lake/pond", tmp_path).run("ls")
    assert result.exit_code == 1
    assert "s3://bucket/prefix" in result.stderr
    with pytest.raises(DataError, match="not at gs://"):
        Pond.open("gs://lake/pond")
