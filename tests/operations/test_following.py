"""`pond up` while `resources.yaml` is edited: UI and daemon follow, and runs are not disturbed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.simulator import harbor
from tests.operations.gate import Gate
from tests.operations.up import Up
from tests.operations.waiting import until
from tests.pipeline.harbor import NOW, RESOURCES, account_of, harbor_server

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")

CHECK = """{ assetCheckExecutions(assetKey: {path: ["sys", "resources"]},
    checkName: "resources_yaml_is_right", limit: 1) { status evaluation { description } } }"""


@pytest.fixture
def gate() -> Gate:
    return Gate(harbor(now=NOW))


@pytest.fixture
def up(gate: Gate, tmp_path: Path) -> Iterator[Up]:
    with (
        harbor_server(gate) as server,
        Up(tmp_path, RESOURCES.read_text(), account=account_of(server)) as running,
        gate,
    ):
        yield running


def test_an_edited_file_is_followed_a_typo_is_told_and_runs_go_on(up: Up, gate: Gate) -> None:
    gate.close_after(1)
    run_id = up.ui.launch("/raw/harbor/WharfAT500_1", "2024-11", "2025-01")
    until(gate.held.is_set, "page that is held")
    file = up.pond.parent / "resources.yaml"
    text = file.read_text()

    file.write_text(
        text.replace("name: MouthAT500", "name: MouthSonde").replace("/MouthAT500", "/MouthSonde")
    )
    until(lambda: "/raw/harbor/MouthSonde" in up.ui.groups(), "asset of the edited file")
    until(lambda: checked(up) == ("SUCCEEDED", ""), "check of the edited file")

    file.write_text(file.read_text().replace("devices:", "devcies:"))
    until(lambda: "did you mean 'devices'?" in up.said(), "warning on the terminal")
    until(lambda: checked(up)[0] == "FAILED", "check of the typo")
    assert "spec.devcies: is no known key" in checked(up)[1]
    assert "/raw/harbor/MouthSonde" in up.ui.groups()
    assert up.ui.status(run_id) == "STARTED"

    gate.open()
    until(lambda: up.ui.status(run_id) == "SUCCESS", "end of the run")
    assert up.ui.make("/raw/harbor/MouthSonde", "2025-02") == "SUCCESS"
    assert Pond.open(up.pond).snapshot().exists("/raw/harbor/MouthSonde")


def checked(up: Up) -> tuple[str, str]:
    """Return the status and the description of the newest check of the file."""
    found = up.ui.ask(CHECK)["assetCheckExecutions"]
    assert isinstance(found, list)
    if not found:
        return "", ""
    return found[0]["status"], found[0]["evaluation"]["description"] or ""
