"""A Dask cluster as somebody starts it on a machine: a scheduler, and workers as processes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]  # it ships no types
from distributed import Client, Future, Scheduler

from tests.conftest import OURS
from tests.operations.up import ROOT
from tests.operations.waiting import until


class Cluster:
    """A scheduler and two workers of one step at a time.

    Args:
        folder: Where they keep what they write.
        environ: Variables of the environment that the workers are started with.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        folder.mkdir()
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(OURS)}
        self._environ = {**kept, **(environ or {}), "PYTHONPATH": str(ROOT)}
        self._file = folder / "scheduler.json"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        try:
            local = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
            self._start("scheduler", "scheduler", *local, "--scheduler-file", str(self._file))
            until(self._file.exists, "scheduler")
            for name in ("one", "two"):
                self._start_worker(name)
            self.client = Client(self.address, set_as_default=False)  # type: ignore[no-untyped-call]  # Dask's
            until(lambda: len(self.workers()) == 2, "two workers")
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
        self.client.close()  # type: ignore[no-untyped-call]  # Dask's
        self.end()

    @property
    def address(self) -> str:
        """Where the scheduler is."""
        return str(json.loads(self._file.read_text())["address"])

    def workers(self) -> dict[str, str]:
        """Return the address of each worker by its name."""
        known = self.client.scheduler_info(n_workers=-1)["workers"]
        return {str(facts["name"]): str(address) for address, facts in known.items()}

    def busy(self) -> list[str]:
        """Return the names of the workers that have a step."""
        doing = self.client.processing()  # type: ignore[no-untyped-call]  # Dask's
        return [name for name, address in self.workers().items() if doing.get(address)]

    def steps(self) -> list[psutil.Process]:
        """Return the processes of all steps that workers carry out now."""
        return [
            step
            for process in self._processes.values()
            if process.poll() is None
            for step in psutil.Process(process.pid).children()
        ]

    def cancel(self) -> None:
        """Cancel all that the workers do, as the end of a run does."""
        doing = [task for tasks in self.client.processing().values() for task in tasks]  # type: ignore[no-untyped-call]  # Dask's
        futures: list[Future[None]] = [Future(task, self.client) for task in doing]
        self.client.cancel(futures, force=True)  # type: ignore[no-untyped-call]  # Dask's

    def clients(self) -> int:
        """Return how many others than this one are connected to the scheduler."""
        known = self.client.run_on_scheduler(_clients)  # type: ignore[no-untyped-call]  # Dask's
        return len(set(known) - {self.client.id})

    def kill(self, name: str) -> None:
        """End a worker as a power cut does; the process of its step is left to itself."""
        self._processes[name].kill()
        self._processes[name].wait()

    def end(self) -> None:
        """End all that is still running."""
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _start_worker(self, name: str) -> None:
        """Start a worker, without a nanny, who would start it anew when it dies."""
        one = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        place = ("--local-directory", str(self._folder / name), "--name", name)
        self._start(name, "worker", *one, *place, "--scheduler-file", str(self._file))

    def _start(self, name: str, *arguments: str) -> None:
        with (self._folder / f"{name}.txt").open("wb") as output:
            self._processes[name] = subprocess.Popen(  # noqa: S603 -- our own Python, our own arguments
                [sys.executable, "-m", "dask", *arguments],
                cwd=self._folder,
                # As on machines of their own, of which each has its copies of a bucket.
                env={**self._environ, "POND_CACHE": str(self._folder / f"copies-{name}")},
                stdout=output,
                stderr=subprocess.STDOUT,
            )


def _clients(dask_scheduler: Scheduler) -> list[str]:
    """Return the names of all that are connected; Dask knows the argument by its name."""
    return [name for name in dask_scheduler.clients if name != "fire-and-forget"]
