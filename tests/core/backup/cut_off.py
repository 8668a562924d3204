"""A pull that ends when all is fetched and nothing is committed."""

from pathlib import Path

import pytest

from pond_core import Backups
from pond_core.oplog.table import LogTable


def pull_cut_off(backups: Backups, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pull into a replica, and interrupt that before its commit."""

    def end(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LogTable, "commit", end)
        with pytest.raises(KeyboardInterrupt):
            backups.pull(to)
