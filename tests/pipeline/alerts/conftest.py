"""A lookout whose messages go out without waiting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pond_pipeline import webhook
from tests.pipeline.alerts.lookout import Lookout, looking_out


@pytest.fixture
def lookout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lookout]:
    monkeypatch.setattr(webhook, "_BACKOFF", lambda _state: 0.0)
    with looking_out(tmp_path) as made:
        yield made
