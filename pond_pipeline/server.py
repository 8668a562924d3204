"""Dagster's code server, webserver and daemon as processes that live and die together.

The code server loads `resources.yaml` for the other two. When the file changes, it is told to load
it anew: it starts a new process of its own for that, and keeps the old one until its runs have
ended. Webserver and daemon follow within seconds.
"""

import os
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import yaml

from pond_pipeline.config import UI
from pond_pipeline.errors import ConfigError, PipelineError

HOST = "127.0.0.1"
"""The UI has no login: it is never bound to more than this machine."""

_START_S = 120
"""Loading 2,000 assets takes some 5 s; a busy small machine takes its time."""

_STOP_S = 20
_POLL_S = 0.2
_SCRIPTS = Path(sysconfig.get_path("scripts"))
_MODULE = "pond_pipeline.definitions"
_LOCATION = "duckpond"
_RELOAD = """mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) {
    __typename
    ... on WorkspaceLocationEntry { locationOrLoadError {
        __typename ... on PythonError { message } } }
    ... on PythonError { message } } }"""


class Server:
    """Starts the processes and ends all when one ends.

    Args:
        home: `DAGSTER_HOME`; its instance must be made already.
        port: Where the UI is.
        environ: What the processes get as environment, beside where the UI is.
        folder: Their working directory: where `resources.yaml` stands.
        held: A file descriptor that they keep open: a lock on it is theirs as well.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int,
        environ: Mapping[str, str],
        folder: Path,
        held: int | None = None,
    ) -> None:
        self.url = f"http://{HOST}:{port}"
        own = {"DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"}
        self._environ = {UI: self.url, **environ, **own}
        self._folder = folder
        self._port = port
        self._held = () if held is None else (held,)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._private: tempfile.TemporaryDirectory[str] | None = None

    def start(self, *, stopped: Callable[[], bool]) -> None:
        """Start all and wait until the UI answers, or until `stopped` says so.

        Raises:
            ConfigError: The port is taken, or is none.
            PipelineError: One of them ended, or does not answer in two minutes.
        """
        self._check_port()
        # Not below the home: the path of a socket has some 100 characters at most.
        self._private = tempfile.TemporaryDirectory(prefix="pond-", ignore_cleanup_errors=True)
        code = Path(self._private.name, "code")
        workspace = Path(self._private.name, "workspace.yaml")
        server = {"socket": str(code), "location_name": _LOCATION}
        workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
        load = ("-m", _MODULE, "--location-name", _LOCATION)
        quiet = ("--log-level", "warning")  # the UI shows every tick, for years
        self._start(("dagster", "code-server", "start", *load, *quiet, "-s", str(code)))
        self._wait(lambda: stopped() or _accepts(code), _START_S, "the code server")
        if stopped():
            return
        web = ("dagster-webserver", "-h", HOST, "-p", str(self._port), "-w", str(workspace))
        self._start(web)
        self._start(("dagster-daemon", "run", *quiet, "-w", str(workspace)))
        self._wait(lambda: stopped() or self._answers(), _START_S, self.url)

    def serve(self, *, stopped: Callable[[], bool], meanwhile: Callable[[], None]) -> None:
        """Stay until `stopped` says so, and do something five times a second.

        Raises:
            PipelineError: One of the processes ended by itself.
        """
        while not stopped():
            self._check()
            meanwhile()
            time.sleep(_POLL_S)

    def reload(self) -> None:
        """Load `resources.yaml` anew; runs that are on their way are not disturbed.

        Raises:
            PipelineError: It could not be loaded: the UI goes on with what it has, or shows why.
        """
        body = {"query": _RELOAD, "variables": {"name": _LOCATION}}
        try:
            reply = self._request("POST", "graphql", json=body, timeout=_START_S).json()
            loaded = reply["data"]["reloadRepositoryLocation"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as exc:
            msg = f"the UI could not be told to load resources.yaml anew: {exc}"
            raise PipelineError(msg, hint="reload the code location in the UI") from exc
        told = loaded.get("locationOrLoadError") or loaded
        if "message" in told:
            raise PipelineError(f"resources.yaml could not be loaded: {told['message']}")

    def stop(self) -> None:
        """End all; what does not end by itself in 20 s is killed, with the runs that it has."""
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _STOP_S
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _kill(process)
        if self._private is not None:
            self._private.cleanup()

    def _check_port(self) -> None:
        """Refuse a port that somebody else answers on: his UI would pass for ours."""
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((HOST, self._port))
        except (OSError, OverflowError) as exc:
            msg = f"the UI cannot listen on port {self._port}: {exc}"
            raise ConfigError(msg, hint="stop what uses it, or choose another --port") from exc

    def _start(self, arguments: Sequence[str]) -> None:
        process = subprocess.Popen(  # noqa: S603 -- our own Python, our own arguments
            [_SCRIPTS / arguments[0], *arguments[1:]],
            env=dict(self._environ),
            cwd=self._folder,
            start_new_session=True,  # Ctrl-C reaches us, and we end them in order
            pass_fds=self._held,
        )
        self._processes[arguments[0]] = process

    def _wait(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            self._check()
            if time.monotonic() > deadline:
                msg = f"{what} does not answer after {seconds:.0f} s"
                raise PipelineError(msg, hint="is the port taken? try another --port")
            time.sleep(_POLL_S)

    def _check(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None:
                msg = f"{name} ended with exit code {process.returncode}"
                raise PipelineError(msg, hint="its own words are above")

    def _request(
        self, method: str, path: str, *, timeout: float, json: object = None
    ) -> httpx.Response:
        """Ask the webserver, whatever proxy the environment names: that leads to the network."""
        url = f"{self.url}/{path}"
        return httpx.request(method, url, json=json, timeout=timeout, trust_env=False)

    def _answers(self) -> bool:
        try:
            return self._request("GET", "server_info", timeout=2).is_success
        except httpx.HTTPError:
            return False


def _accepts(path: Path) -> bool:
    """Say whether somebody listens on a socket: the code server does once it has loaded."""
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started: each has a process group of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
