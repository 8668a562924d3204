"""A power cut in the middle of a run of the real UI: what is left, and what goes on by itself."""

import os
import signal
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.simulator import harbor
from tests.operations.gate import Gate
from tests.operations.up import Up
from tests.operations.waiting import until
from tests.pipeline.harbor import NOW, RESOURCES, account_of, harbor_server

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds every process by its environment"
)

SURFACE = "/raw/harbor/WharfAT500_1"
VULINK = "/raw/harbor/WharfVulink"


def test_after_a_power_cut_runs_are_failed_the_pond_is_sound_and_all_is_completed(
    tmp_path: Path,
) -> None:
    # Some months of the run are through; the next, and all of the backfill, wait for ever.
    gate = Gate(harbor(now=NOW))
    gate.close_after(2)
    with harbor_server(gate) as server, gate:
        resources, account = RESOURCES.read_text(), account_of(server)
        first = Up(tmp_path, resources, account=account)
        try:
            first.wait()
            cut = first.ui.launch(SURFACE, "2024-11", "2025-01")
            until(gate.held.is_set, "run in the middle")
            backfill = first.ui.start_backfill([VULINK], ["2024-11", "2024-12"])
            until(lambda: len(first.ui.runs()) == 2, "run of the backfill")
        finally:
            cut_the_power(first)
        pond = Pond.open(first.pond)
        assert 0 < made(pond, SURFACE) < 3, "what was collected before is kept"
        assert pond.verify().findings == ()

        gate.open()
        second = Up(tmp_path, resources, account=account)
        try:
            second.wait()
            assert second.ui.status(cut) == "FAILURE"
            until(lambda: made(pond, SURFACE) >= 3, "the months of the run")
            until(lambda: made(pond, VULINK) >= 2, "the months of the backfill")
            until(lambda: second.ui.backfill_status(backfill) == "COMPLETED_SUCCESS", "its end")
            until(
                lambda: {run.status for run in second.ui.runs()} <= {"SUCCESS", "FAILURE"},
                "end of all runs",
            )
            assert second.ui.make(SURFACE, "2025-02") == "SUCCESS"
        finally:
            second.end()
    assert Pond.open(first.pond).verify().findings == ()


def cut_the_power(up: Up) -> None:
    """Kill every process at once: the command, its servers, and the workers of its runs."""
    for pid in [up.process.pid, *up.descendants()]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    up.process.wait()
    up.ui.close()
    until(lambda: not up.descendants(), "end of all processes")


def made(pond: Pond, path: str) -> int:
    """Return how many whole months of an asset are in the pond."""
    snapshot = pond.snapshot()
    months = {"2024-11", "2024-12", "2025-01"}
    if not snapshot.exists(path):
        return 0
    marked = {str(facts["partition"]) for facts in snapshot.node(path).marks.values()}
    return len(marked & months)
