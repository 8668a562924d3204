"""A pond with a past, what is taken from it, and what it shows when it was repaired."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pond_core import Pond, Provenance, Repaired, Transaction, Window
from pond_core.oplog import maintenance
from pond_core.tlogfs import condensing
from tests.conformance.filesystem import readings
from tests.faults.portrait import Portrait, portrait

TXNS = 12


def make_upkeep_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small pond have merges, both tiers, checkpoints and condensed windows."""
    monkeypatch.setattr(maintenance, "CHECKPOINT_EVERY", 5)
    monkeypatch.setattr(maintenance, "MERGE_FILES", 3)
    monkeypatch.setattr(condensing, "_WINDOWS", 3)


def give_a_past(pond: Pond) -> Pond:
    """Make `TXNS` transactions: content of all kinds, a renaming, a removal."""
    for txn in range(TXNS):
        with pond.transaction(Provenance(author="ada", message=f"step {txn}")) as tx:
            step(tx, txn)
    return pond


def step(tx: Transaction, txn: int) -> None:
    if txn == 0:
        tx.mkdir("/d")
        tx.write_table("/d/table", pa.table({"n": [1, 2, 3]}))
        tx.write_data("/large", bytes(range(256)) * 300)
    if txn == 5:
        tx.rename("/d/table", "/d/other")
    if txn == 7:
        tx.remove("/d", recursive=True)
    tx.write_data("/again", b"%d" % txn)
    rows = {us: float(us + txn) for us in range(10 * txn, 10 * txn + 4)}
    tx.write_window("/series", readings(rows), Window(10 * txn, 10 * txn + 10))


def shown(pond: Pond) -> list[Portrait]:
    """Return what each snapshot shows that can be shown."""
    txns = range(pond.snapshot().txn + 1)
    return [portrait(pond.snapshot(txn)) for txn in txns if txn in pond._log.shown]


def delta_log(pond: Pond) -> Path:
    return pond.path / "oplog" / "_delta_log"


def lose(pond: Pond) -> None:
    shutil.rmtree(delta_log(pond))


def repair(pond: Pond, **options: Any) -> Repaired:  # noqa: ANN401 -- what `Pond.repair` takes
    return Pond.repair(pond.path, durability="process", **options)


def reopened(pond: Pond) -> Pond:
    return Pond.open(pond.path, durability="process")


def whats(report: Repaired) -> list[tuple[str, str]]:
    return [(finding.what, finding.where) for finding in report.findings]


def check_same(pond: Pond, before: list[Portrait]) -> Pond:
    """Check that a pond shows what it did, is sound, and goes on."""
    again = reopened(pond)
    assert shown(again) == before
    assert again.verify().findings == ()
    with again.transaction() as tx:
        tx.write_data("/next", b"next")
    assert reopened(pond).snapshot().read_data("/next") == b"next"
    return again
