"""`pond publish`: what a person does at a prompt so that others can read."""

import json
import re
from pathlib import Path

import pytest
from deltalake import DeltaTable

from pond_core import Pond
from tests.pipeline.cli.shell import STATION, Shell
from tests.pipeline.cli.test_documented import SECTIONS, _check_shape
from tests.s3 import server as s3


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def test_what_is_published_already_is_only_told_of(shell: Shell, lake: Path) -> None:
    shell.out("publish", "/raw/**", lake)
    before = DeltaTable(lake / STATION.strip("/")).version()
    told = shell.run("publish", "/raw/**", lake)
    assert told.exit_code == 0
    assert (told.stdout, "unchanged" in told.stderr) == ("", True)
    assert DeltaTable(lake / STATION.strip("/")).version() == before


def test_json_has_the_documented_shape(shell: Shell, lake: Path) -> None:
    shape: object = json.loads(re.findall(r"```json\n(.*?)```", SECTIONS["publish"], re.DOTALL)[0])
    _check_shape(shape, shell.value("publish", STATION, lake))


def test_a_table_is_deleted_where_that_is_asked_for(shell: Shell, lake: Path) -> None:
    shell.out("publish", STATION, lake)
    with Pond.open(shell.pond).transaction() as tx:
        tx.remove(STATION)
    told = shell.run("publish", "--prune", STATION, lake)
    assert f"{STATION}: deleted" in told.stderr


def test_a_bucket_is_reached_by_what_the_file_of_variables_says(
    shell: Shell,
    tmp_path: Path,
    bucket_url: str,
    s3_server: s3.Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)  # so that it is as before when this is over
        monkeypatch.delenv(name)
    lines = (f"{name}={value}" for name, value in s3_server.environ.items())
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    assert shell.value("publish", STATION, f"{bucket_url}/lake")


def test_a_table_of_somebody_else_is_an_error(shell: Shell, lake: Path) -> None:
    shell.out("publish", STATION, lake)
    Pond.init(lake.parent / "other", durability="process")
    other = Shell(lake.parent / "other", lake.parent)
    with Pond.open(other.pond).transaction() as tx:
        tx.mkdir("/raw/noyo", parents=True)
        tx.create_series(STATION)
    refused = other.run("publish", STATION, lake)
    assert refused.exit_code == 1
    assert "there is another table" in refused.stderr
