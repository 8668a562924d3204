"""What steps print: Ctrl-C is put off while Dagster's helpers start, and not lost."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager

from pond_pipeline.compute_logs import ComputeLogs


def test_ctrl_c_while_logs_are_opened_is_heard_once_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    @contextmanager
    def interrupted(*_: object) -> Iterator[None]:
        os.kill(os.getpid(), signal.SIGINT)
        opened.append("logs")
        yield

    monkeypatch.setattr(LocalComputeLogManager, "capture_logs", interrupted)
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), ComputeLogs(str(tmp_path)).capture_logs(["a"]):
            pytest.fail("the step began")
    finally:
        signal.signal(signal.SIGINT, heard)
    assert opened == ["logs"]
