"""Persisting files of a folder: their bytes where they differ, and the verdict on each.

Knows the pond and no Dagster; the IO manager is a thin shell around it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pond_core import Pond, Provenance, Transaction
from pond_pipeline.steps.files import Arrival, CheckedFiles


@dataclass(frozen=True, slots=True)
class Deposited:
    """What became of a folder's files.

    Attributes:
        files: How many were written, those in quarantine included.
        bytes: How many bytes these hold.
        txn: The last transaction; None when nothing changed.
    """

    files: int = 0
    bytes: int = 0
    txn: int | None = None


def deposit(pond: Pond, path: str, files: CheckedFiles, *, provenance: Provenance) -> Deposited:
    """Persist files batch by batch, below a directory that is made when it is not there.

    A run that is killed keeps the batches that were committed. Bytes that nothing replaces stay:
    a file that can be read again leaves the quarantine, and is found in the pond's past.
    """
    _, header = pond.transact(
        lambda tx: tx.mkdir(path, parents=True, exist_ok=True), replace(provenance, asset=path)
    )
    done = Deposited(txn=None if header is None else header.txn)
    for batch in files.batches:
        _, header = pond.transact(
            lambda tx, batch=batch: _write(tx, path, batch, files.quarantine),  # type: ignore[misc]  # a default binds the loop's batch
            replace(provenance, asset=path),
        )
        written = [each.data for each in batch if each.data is not None]
        done = Deposited(
            files=done.files + len(written),
            bytes=done.bytes + sum(map(len, written)),
            txn=done.txn if header is None else header.txn,
        )
    return done


def _write(tx: Transaction, path: str, batch: Sequence[Arrival], quarantine: str | None) -> None:
    for arrival in batch:
        verdict = arrival.verdict
        aside = None if quarantine is None else f"{quarantine}/{verdict.name}"
        if verdict.problem and aside is not None:
            _put(tx, aside, arrival)
            continue
        _put(tx, f"{path}/{verdict.name}", arrival)
        if aside is not None and arrival.is_newest and tx.exists(aside):
            tx.remove(aside)


def _put(tx: Transaction, file: str, arrival: Arrival) -> None:
    if arrival.data is not None:
        tx.mkdir(file.rpartition("/")[0], parents=True, exist_ok=True)
        tx.write_data(file, arrival.data)
    facts = arrival.verdict.facts()
    if tx.node(file).attributes != facts:
        tx.mark(file, facts)
