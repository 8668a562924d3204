"""What every test stands on: no environment of the user's, no deadline on a busy machine."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("duckpond", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("duckpond")

OURS = ("POND", "HYDROVU_", "DAGSTER_")
"""How the variables begin that change what DuckPond does."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the user's own pond, account and Dagster from the tests."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
