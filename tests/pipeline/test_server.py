"""`pond up`: the real UI and daemon, started once, asked as a browser asks them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from pond_core import Pond
from pond_pipeline.errors import ConfigError
from pond_pipeline.months import Month
from pond_pipeline.server import HOST, Server
from tests.pipeline.harbor import RESOURCES, ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")

PATIENCE_S = 90
REPOSITORY = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
    name location { name } assetNodes { assetKey { path } } schedules { name } } } } }"""
LAUNCH = """mutation($params: ExecutionParams!) {
    launchPipelineExecution(executionParams: $params) {
        __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
STATUS = """query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def until(ready: Callable[[], object], what: str) -> None:
    """Wait until something is true; how long it takes is not what is tested."""
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, f"no {what} within {PATIENCE_S} s"
        time.sleep(0.2)


class Up:
    """A running `pond up` in a folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.pond = folder / "pond"
        self.home = folder / "home"
        self.url = f"http://{HOST}:{port}"
        self.output = folder / "output.txt"
        (folder / "resources.yaml").write_text(RESOURCES.read_text())
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 -- our own Python, our own arguments
                self.command(port),
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def command(self, port: int) -> list[str]:
        code = "from pond_pipeline.cli import main; main()"
        up = ["up", "--home", str(self.home), "--port", str(port)]
        return [sys.executable, "-c", code, "--pond", str(self.pond), *up]

    def wait(self) -> None:
        """Wait until it says that it is ready."""
        ready = f"Dagster is at {self.url}"
        until(lambda: self.process.poll() is not None or ready in self.said(), "start")
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def ask(self, query: str, **variables: object) -> dict[str, object]:
        body = {"query": query, "variables": variables}
        reply = httpx.post(f"{self.url}/graphql", json=body, timeout=30).json()
        assert "errors" not in reply, reply
        data: dict[str, object] = reply["data"]
        return data

    def repository(self) -> dict[str, object]:
        node: dict[str, object] = _at(self.ask(REPOSITORY), "repositoriesOrError", "nodes", 0)  # type: ignore[assignment]  # JSON
        return node

    def make(self, path: str, partition: str | None = None) -> str:
        """Materialize an asset as the UI's button does, and return what became of the run."""
        repository = self.repository()
        tags = [] if partition is None else [{"key": "dagster/partition", "value": partition}]
        params = {
            "mode": "default",
            "selector": {
                "repositoryLocationName": _at(repository, "location", "name"),
                "repositoryName": repository["name"],
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": path.strip("/").split("/")}],
                "assetCheckSelection": [],
            },
            "executionMetadata": {"tags": tags},
        }
        launched = self.ask(LAUNCH, params=params)
        run_id = _at(launched, "launchPipelineExecution", "run", "runId")
        until(lambda: self.status(run_id) in {"SUCCESS", "FAILURE", "CANCELED"}, "end of the run")
        return self.status(run_id)

    def status(self, run_id: object) -> str:
        return str(_at(self.ask(STATUS, id=run_id), "runOrError", "status"))

    def descendants(self) -> list[int]:
        """Return every process that was started with this home, ourselves left out."""
        marker = f"DAGSTER_HOME={self.home}".encode()
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            try:
                environ = (each / "environ").read_bytes().split(b"\0")
            except OSError:  # gone meanwhile, or somebody else's
                continue
            found += [int(each.name)] if marker in environ else []
        return found

    def stop(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The whole thing; the tests below share one start, and the last one stops it."""
    running = Up(tmp_path_factory.mktemp("up"), free_port())
    try:
        running.wait()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def test_the_ui_lists_the_assets(up: Up) -> None:
    nodes = up.repository()["assetNodes"]
    assert isinstance(nodes, list)
    paths = {"/" + "/".join(each["assetKey"]["path"]) for each in nodes}
    assert {"/raw/harbor/units", "/combined/harbor/Wharf"} <= paths
    assert len(paths) == 33


def test_the_ui_is_on_this_machine_alone(up: Up) -> None:
    name = socket.gethostname()
    others = {str(each[4][0]) for each in socket.getaddrinfo(name, None, socket.AF_INET)}
    port = int(up.url.rpartition(":")[2])
    for address in others - {HOST}:
        if not address.startswith("127."):
            with pytest.raises(OSError, match=r"[Rr]efused|timed out"):
                socket.create_connection((address, port), timeout=1)
    assert httpx.get(f"{up.url}/server_info").is_success


def test_without_an_account_the_simulator_answers(up: Up) -> None:
    assert "the bundled simulator answers" in up.said()


def test_an_asset_that_is_made_in_the_ui_is_in_the_pond(up: Up) -> None:
    assert up.make("/raw/harbor/WharfAT500_1", "2024-11") == "SUCCESS"
    node = Pond.open(up.pond).snapshot().node("/raw/harbor/WharfAT500_1")
    assert node.marks[Month(2024, 11).window]["rows"] == 8 * 30 * 24


def test_a_pond_can_be_read_while_the_ui_runs(up: Up) -> None:
    assert Pond.open(up.pond).snapshot().txn == len(Pond.open(up.pond).log())


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_ctrl_c_ends_every_process(up: Up) -> None:
    assert len(up.descendants()) >= 2
    assert up.stop() == 0
    until(lambda: not up.descendants(), "end of all processes")
    assert "stopped" in up.said()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_ctrl_c_is_heard_before_the_ui_answers(tmp_path: Path) -> None:
    up = Up(tmp_path, free_port())
    try:
        until(up.descendants, "process of Dagster's")
        assert up.stop() == 0
    finally:
        up.process.kill()
    until(lambda: not up.descendants(), "end of all processes")
    assert "Dagster is at" not in up.said()


def test_a_port_that_is_taken_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = Server(tmp_path, port=port, environ={}, folder=tmp_path)
        with pytest.raises(ConfigError, match=f"port {port}") as caught:
            server.start(stopped=lambda: False)
    assert "--port" in caught.value.hint


def test_a_number_that_is_no_port_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path, port=70_000, environ={}, folder=tmp_path)
    with pytest.raises(ConfigError, match="70000"):
        server.start(stopped=lambda: False)


def _at(value: object, *keys: str | int) -> object:
    """Return what lies in JSON under some keys."""
    for key in keys:
        assert isinstance(value, dict | list), value
        value = value[key]  # type: ignore[index]  # an int into a list, a name into an object
    return value
