"""The Dagster webserver and daemon as two processes that live and die together."""

import os
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

from pond_pipeline.errors import ConfigError, PipelineError

HOST = "127.0.0.1"
"""The UI has no login: it is never bound to more than this machine."""

_START_S = 120
"""Loading 2,000 assets takes some 5 s; a busy small machine takes its time."""

_STOP_S = 20
_POLL_S = 0.2
_SCRIPTS = Path(sysconfig.get_path("scripts"))
_MODULE = "pond_pipeline.definitions"


class Server:
    """Starts both processes and ends both when either ends.

    Args:
        home: `DAGSTER_HOME`; its instance must be made already.
        port: Where the UI is.
        environ: What both processes get as environment.
        folder: Their working directory: where `resources.yaml` stands.
    """

    def __init__(self, home: Path, *, port: int, environ: Mapping[str, str], folder: Path) -> None:
        self.url = f"http://{HOST}:{port}"
        self._environ = {**environ, "DAGSTER_HOME": str(home), "PYTHONWARNINGS": "ignore"}
        self._folder = folder
        self._port = port
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *, stopped: Callable[[], bool]) -> None:
        """Start both and wait until the UI answers, or until `stopped` says so.

        Raises:
            ConfigError: The port is taken, or is none.
            PipelineError: One of them ended, or the UI does not answer in two minutes.
        """
        self._check_port()
        web = ("dagster-webserver", "-h", HOST, "-p", str(self._port), "-m", _MODULE)
        self._start(web)
        self._start(("dagster-daemon", "run", "-m", _MODULE))
        self._wait(lambda: stopped() or self._answers(), _START_S)

    def serve(self, *, stopped: Callable[[], bool]) -> None:
        """Stay until `stopped` says so.

        Raises:
            PipelineError: One of the processes ended by itself.
        """
        while not stopped():
            self._check()
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End both; what does not end by itself in 20 s is killed."""
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _STOP_S
        for process in self._processes.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

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
            start_new_session=os.name == "posix",  # Ctrl-C reaches us, and we end them in order
        )
        self._processes[arguments[0]] = process

    def _wait(self, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            self._check()
            if time.monotonic() > deadline:
                msg = f"{self.url} does not answer after {seconds:.0f} s"
                raise PipelineError(msg, hint="is the port taken? try another --port")
            time.sleep(_POLL_S)

    def _check(self) -> None:
        for name, process in self._processes.items():
            if process.poll() is not None:
                msg = f"{name} ended with exit code {process.returncode}"
                raise PipelineError(msg, hint="its own words are above")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/server_info", timeout=2).is_success
        except httpx.HTTPError:
            return False
