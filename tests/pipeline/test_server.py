"""`pond up`: the real UI and daemon, started once, asked as a browser asks them."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # it ships no types
import pytest

from pond_core import Pond
from pond_pipeline.errors import ConfigError
from pond_pipeline.periods import Period
from pond_pipeline.server import HOST, Server
from tests.operations.up import Up
from tests.operations.waiting import until
from tests.pipeline.harbor import RESOURCES

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups are POSIX's")


PROXY = {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
"""Leads nowhere: neither the UI nor the simulator is asked through it, as both are here."""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The whole thing; the tests below share one start, and the last one stops it."""
    with Up(tmp_path_factory.mktemp("up"), RESOURCES.read_text(), account=PROXY) as running:
        yield running


def test_the_ui_lists_the_assets(up: Up) -> None:
    paths = up.ui.groups().keys()
    assert {"/raw/harbor/units", "/combined/harbor/Wharf"} <= paths
    assert "/sys/resources" in paths
    assert len(paths) == 35


def test_the_ui_is_on_this_machine_alone(up: Up) -> None:
    cards = psutil.net_if_addrs().values()
    addresses = (each for card in cards for each in card if each.family is socket.AF_INET)
    others = {each.address for each in addresses}
    port = int(up.url.rpartition(":")[2])
    for address in others - {HOST}:
        if not address.startswith("127."):
            with pytest.raises(OSError, match=r"[Rr]efused|timed out"):
                socket.create_connection((address, port), timeout=1)
    assert httpx.get(f"{up.url}/server_info", timeout=60).is_success


def test_without_an_account_the_simulator_answers(up: Up) -> None:
    assert "the bundled simulator answers" in up.said()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_alerts_are_told_where_the_ui_is(up: Up) -> None:
    told = f"POND_UI={up.url}".encode()
    environs = [Path(f"/proc/{each}/environ").read_bytes() for each in up.descendants()]
    assert sum(told in environ.split(b"\0") for environ in environs) >= 3


def test_an_asset_that_is_made_in_the_ui_is_in_the_pond(up: Up) -> None:
    assert up.ui.make("/raw/harbor/WharfAT500_1", "2024-11") == "SUCCESS"
    node = Pond.open(up.pond).snapshot().node("/raw/harbor/WharfAT500_1")
    assert node.marks[Period.parse("2024-11").window]["rows"] == 8 * 30 * 24


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
    up = Up(tmp_path, RESOURCES.read_text())
    try:
        until(up.descendants, "process of Dagster's")
        assert up.stop() == 0
    finally:
        up.process.kill()
        up.ui.close()
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
