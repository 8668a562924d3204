"""`pond up` as somebody starts it: the real UI and daemon, as processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pond_pipeline.server import HOST
from tests.conftest import OURS
from tests.operations.ui import Ui
from tests.operations.waiting import PATIENCE_S, until
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


class Up:
    """A running `pond up` in a folder of its own.

    Args:
        folder: Where `resources.yaml`, the pond and Dagster's home are.
        resources: What `resources.yaml` says.
        account: Variables of the environment that it names.
    """

    def __init__(
        self, folder: Path, resources: str, *, account: Mapping[str, str] | None = None
    ) -> None:
        port = free_port()
        self.pond = folder / "pond"
        self.home = folder / "home"
        self.url = f"http://{HOST}:{port}"
        self.ui = Ui(self.url)
        self._output = folder / "output.txt"
        (folder / "resources.yaml").write_text(resources)
        environ = {name: os.environ[name] for name in os.environ if not name.startswith(OURS)}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 -- our own Python, our own arguments
                self._command(port),
                cwd=folder,
                env={**environ, "PYTHONPATH": str(ROOT), "NO_PROXY": HOST, **(account or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        try:
            self.wait()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def wait(self) -> None:
        """Wait until it says that it is ready."""
        ready = f"Dagster is at {self.url}"
        until(lambda: self.process.poll() is not None or ready in self.said(), "start")
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return self._output.read_text(errors="replace")

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

    def end(self) -> None:
        """Stop what is still running."""
        self.ui.close()
        if self.process.poll() is None:
            self.stop()

    def _command(self, port: int) -> list[str]:
        code = "from pond_pipeline.cli import main; main()"
        up = ["up", "--home", str(self.home), "--port", str(port)]
        return [sys.executable, "-c", code, "--pond", str(self.pond), *up]
