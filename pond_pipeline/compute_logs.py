"""What steps print, kept beside their runs, without a traceback at Ctrl-C.

Dagster starts two processes for each stream, which show on the terminal what goes into the file.
Ctrl-C reaches them as well, and one of them, a Python script, would print a traceback of its own
over what we say. Dagster ends them when the step is over, however it ends; so they need not hear
it.
"""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._serdes import ConfigurableClassData
from typing_extensions import override

from pond_pipeline.home import dagster_home


class ComputeLogs(LocalComputeLogManager):
    """The logs of steps below `$DAGSTER_HOME/storage`; `dagster.yaml` names this class."""

    @classmethod
    @override
    def config_type(cls) -> UserConfigSchema:
        """Return the settings: none, so that a home directory can be moved."""
        return {}

    @classmethod
    @override
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]
    ) -> "ComputeLogs":
        """Open the logs of `$DAGSTER_HOME`, where Dagster keeps them by default.

        Raises:
            ConfigError: The variable is not set.
        """
        return cls(str(dagster_home() / "storage"), inst_data=inst_data)

    @contextmanager
    @override
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """Keep what is printed meanwhile."""
        with ExitStack() as stack:
            with _deaf_to_ctrl_c():
                captured = stack.enter_context(super().capture_logs(log_key))
            yield captured


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Block SIGINT in this thread: the processes it starts meanwhile inherit that for good.

    The signal itself is not lost: another thread takes it, or this one does at the end.
    """
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
