"""`pond doctor`: what a person is told of what the pond stands on, and what never."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pond_pipeline.simulator import Simulator, harbor
from tests.pipeline.cli.shell import Shell
from tests.pipeline.cli.test_documented import SECTIONS, _check_shape, _documented

RESOURCES = """
kind: HydroVu
name: bay
spec:
  key: "${{env:HYDROVU_KEY}}"
  secret: "${{env:HYDROVU_SECRET}}"
  base_url: {url}
  start: 2025-01-01
  devices: [{{name: Pier, id: 1, scope: Pier}}]
---
kind: Backup
name: lake
spec:
  bucket: lake
  endpoint: {endpoint}
  key: "${{env:LAKE_KEY}}"
  secret: "${{env:LAKE_SECRET}}"
  encryption_key: "${{env:LAKE_SEAL}}"
"""
SECRETS = {
    "HYDROVU_KEY": "hush-client",
    "HYDROVU_SECRET": "hush-secret",
    "LAKE_KEY": "hush-key",
    "LAKE_SECRET": "hush-lake",
    "LAKE_SEAL": "hush-hush-hush-hush-hush",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no resources are."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def secrets_and_resources(url: str, endpoint: str) -> None:
    env = Path(".env")
    env.write_text("".join(f"{name}={value}\n" for name, value in SECRETS.items()))
    env.chmod(0o600)
    Path("resources.yaml").write_text(RESOURCES.format(url=url, endpoint=endpoint))


def test_each_question_is_a_line_with_what_to_do(shell: Shell) -> None:
    lines = shell.out("doctor", "--offline").splitlines()
    assert [line.split()[0] for line in lines if line.startswith("warning")] == ["warning"]
    assert any(line.startswith("ok       Python ") for line in lines)
    (warned,) = (line for line in lines if line.startswith("warning"))
    assert "there is no resources.yaml  -> write it, or name it: -f FILE" in warned


def test_it_fails_where_something_failed_and_says_how_much(shell: Shell) -> None:
    Path("resources.yaml").write_text("kind: HydroVuu\nname: bay\n")
    result = shell.run("doctor", "--offline")
    assert result.exit_code == 1
    assert "failed   resources" in result.stdout
    assert "1 of " in result.stderr


def test_its_json_has_the_documented_shape(shell: Shell) -> None:
    found = shell.value("doctor", "--offline")
    _check_shape(_documented("doctor"), found)
    assert "`ok`, `warning` or `failed`" in SECTIONS["doctor"]


def test_servers_that_hang_are_given_up(shell: Shell, silent: str) -> None:
    secrets_and_resources(silent, silent)
    # In a process of its own, with which the questions end that hang; here they would go on asking.
    with shell.start("doctor", "--timeout", "3") as process:
        told, _ = process.communicate()
    assert process.returncode == 1
    hung = [line for line in told.splitlines() if "no answer within 3 s" in line]
    assert {"HydroVu bay", "Backup lake"} <= {" ".join(line.split()[1:3]) for line in hung}


def test_nothing_secret_is_printed(shell: Shell) -> None:
    with Simulator(harbor()) as server:
        secrets_and_resources(server.base_url, "http://127.0.0.1:1")
        for arguments in (("doctor",), ("doctor", "--json")):
            result = shell.run(*arguments, "--timeout", "60")
            assert b"refused the credentials" in result.stdout_bytes
            assert b"hush" not in result.stdout_bytes + result.stderr_bytes
