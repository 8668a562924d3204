"""What `pond up` does."""

import signal
import time
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pond_core import PondError
from pond_pipeline.apply import apply_resources
from pond_pipeline.cli.bundled import simulator_if_needed
from pond_pipeline.cli.command import Invocation
from pond_pipeline.cli.terminal import say
from pond_pipeline.file_watch import FileWatch
from pond_pipeline.instance import open_instance
from pond_pipeline.plan import Plan
from pond_pipeline.reach import place_of
from pond_pipeline.runs.keep import KEEP_RUNS
from pond_pipeline.runs.lost import end_lost, serving
from pond_pipeline.served import ServedPlan, serve_plan
from pond_pipeline.server import Server
from pond_pipeline.sync import sync_if_moved

_LOST_EVERY_S = 60.0
"""How often it is looked for runs whose process is gone."""


def up(invocation: Invocation, *, file: Path, home: Path, port: int, keep_runs: int) -> None:
    """Do what `pond up` says."""
    folder = file.absolute().parent
    watch = FileWatch(file)
    served = _served(invocation, file)
    watch.look_at(served.files)
    with (
        open_instance(home) as instance,
        serving(instance) as lock,
        simulator_if_needed(served.plan, folder) as environ,
    ):
        places = {
            "POND": place_of(invocation.pond),
            "POND_RESOURCES": str(file.absolute()),
            KEEP_RUNS: str(keep_runs),
        }
        _sync(instance, served.plan, invocation.pond)
        server = Server(
            home.absolute(),
            port=port,
            environ={**environ, **places},
            folder=folder,
            held=lock,
        )
        stop = _stop_signal()
        looked_s = time.monotonic()

        def follow() -> None:
            nonlocal looked_s
            if watch.has_changed():
                watch.look_at(_reload(invocation, file, server))
            if time.monotonic() - looked_s >= _LOST_EVERY_S:
                end_lost(instance)
                looked_s = time.monotonic()

        try:
            server.start(stopped=lambda: bool(stop))
            if not stop:
                say(f"Dagster is at {server.url}; Ctrl-C stops it")
            server.serve(stopped=lambda: bool(stop), meanwhile=follow)
        finally:
            server.stop()
    say("stopped")


def _served(invocation: Invocation, file: Path) -> ServedPlan:
    """Return what is served: recorded where the file is right, else told what is wrong with it."""
    served = serve_plan(file, pond=invocation.pond)
    if not served.problem:
        apply_resources(file, pond=invocation.pond, author="pond up")
    for line in served.problem.splitlines():
        say(f"warning: {line}")
    return served


def _sync(instance: dg.DagsterInstance, plan: Plan, pond: str | Path) -> None:
    synced = sync_if_moved(instance, plan, pond=pond)
    if synced is not None and synced.assets:
        say(f"Dagster knew something else of {len(synced.assets)} assets than the pond: corrected")


def _reload(invocation: Invocation, file: Path, server: Server) -> Sequence[Path]:
    """Follow a file that has changed; nothing that is wrong with it ends what runs.

    Where it cannot be recorded, on a full disk for one, a sensor does that later.

    Returns:
        The files of which a change makes another plan.
    """
    files: Sequence[Path] = (file,)
    problem = ""
    try:
        served = _served(invocation, file)
        files, problem = served.files, served.problem
    except PondError as exc:
        _warn(exc)
    try:
        server.reload()
    except PondError as exc:
        _warn(exc)
        return files
    if not problem:
        say(f"{file} has changed, and is loaded")
    return files


def _warn(error: PondError) -> None:
    for line in f"{error}\n{error.hint}".strip().splitlines():
        say(f"warning: {line}")


def _stop_signal() -> list[int]:
    """Return a list that holds something once somebody wants us to stop."""
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: received.append(number))
    return received
