"""Commits of a line each, and where they are found again."""

from collections.abc import Callable
from pathlib import Path

from pond_core import LogFilter, Pond, Provenance, Transaction

RUN = "0a7c8f0e-5d0e-4b9a-9d4a-3f0c8a1f1d55"
OTHER_RUN = "9f8b3c1e-6f0f-4a51-8f4b-0d6cf9a5f7a2"


def commit(
    pond: Pond, act: Callable[[Transaction], object], *, run_id: str = "", asset: str = ""
) -> int:
    """Commit a change and return its txn."""
    with pond.transaction(Provenance(run_id=run_id, asset=asset)) as tx:
        act(tx)
    assert tx.header is not None
    return tx.header.txn


def write(path: str, data: bytes = b"x") -> Callable[[Transaction], None]:
    return lambda tx: tx.write_data(path, data)


def touching(pond: Pond, path: str, *, as_of: int | None = None) -> list[int]:
    return [header.txn for header in pond.log(wanted=LogFilter(path=path), as_of=as_of)]


def long_pond(place: Path) -> Pond:
    """Make one whose log is longer than what is looked at first: `/f` once, then `/g` 70 times."""
    pond = Pond.init(place, durability="process")
    commit(pond, write("/f"), run_id=RUN)
    for number in range(70):
        commit(pond, write("/g", str(number).encode()))
    return pond
