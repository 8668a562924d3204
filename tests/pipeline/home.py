"""Dagster's home in a folder of the tests: nothing is written to the one of the user."""

from pathlib import Path

import dagster as dg


def instance_in(folder: Path) -> dg.DagsterInstance:
    """Return an instance that a schedule can open, too: it keeps what it knows in a folder.

    It has no telemetry, whose file lies in the user's home.
    """
    folder.mkdir(exist_ok=True)
    without = {"telemetry": {"enabled": False}}
    return dg.DagsterInstance.local_temp(str(folder), overrides=without)
