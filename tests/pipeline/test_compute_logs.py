"""What steps print: the processes that show it on the terminal do not hear Ctrl-C."""

import signal
import sys
import threading
from pathlib import Path

import pytest

from pond_pipeline.compute_logs import ComputeLogs


@pytest.mark.skipif(sys.platform != "linux", reason="what a process is deaf to is read in /proc")
def test_processes_that_show_what_steps_print_are_deaf_to_ctrl_c_and_their_parent_is_not(
    tmp_path: Path,
) -> None:
    before = _children()
    with ComputeLogs(str(tmp_path)).capture_logs(["a"]):
        deaf = {pid: _blocked(pid) for pid in _children() - before}
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert len(deaf) == 4  # a tail and a watcher for each of two streams
    assert all(signal.SIGINT in blocked for blocked in deaf.values())
    assert signal.SIGINT not in heard


def _children() -> set[int]:
    """Return the processes that this thread has started and that still run."""
    listed = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return {int(pid) for pid in listed.read_text(encoding="utf-8").split()}


def _blocked(pid: int) -> set[int]:
    """Return the numbers of the signals which a process has blocked."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    mask = int(
        next(line for line in status.splitlines() if line.startswith("SigBlk")).split()[1], 16
    )
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}
