"""Writers that commit for ever, killed at any moment: what they were told of is there, once."""

import multiprocessing
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

from pond_core import Pond, Provenance, Transaction
from tests.s3.proxy import Proxy

_PATIENCE_S = 60
"""Writers that commit nothing for so long hang."""

_LARGE = 70_000
"""Bytes that are not kept inside the log."""


def content(name: str, size: int) -> bytes:
    return (name.encode() * (size // len(name) + 1))[:size]


def write_for_ever(place: str, name: str, environ: Mapping[str, str], told: Connection) -> None:
    """Commit numbered pairs of files, and tell each number when its commit was acknowledged."""
    os.environ.update(environ)
    pond = Pond.open(place)
    number = 0
    while True:
        key = f"{name}-{number}"
        size = _LARGE if number % 7 == 3 else 10

        def change(tx: Transaction, key: str = key, size: int = size) -> None:
            tx.write_data(f"/files/{key}-a", content(key, size))
            tx.write_data(f"/files/{key}-b", content(key, 5))

        pond.transact(change, Provenance(message=key))
        told.send(key)
        number += 1


@dataclass(slots=True)
class Writer:
    """One process that writes."""

    process: BaseProcess
    told: Connection


@dataclass(slots=True)
class Counts:
    """What rounds of killing came to; `lost` and `doubled` must stay 0."""

    kills: int = 0
    reopens: int = 0
    commits: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)


def nursery() -> ForkServerContext:
    """Return what starts writers fast: a process that has imported all and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def two_machines(environ: Mapping[str, str], proxy: Proxy, directory: Path) -> list[dict[str, str]]:
    """Return the environments of two machines that reach a server through a proxy."""
    reached = {**environ, "AWS_ENDPOINT_URL": proxy.endpoint}
    return [{**reached, "POND_CACHE": str(directory / name)} for name in ("one", "other")]


def rounds(
    place: Path | str,
    random: Random,
    *,
    kills: int,
    writers: int,
    machines: Sequence[Mapping[str, str]] = ({},),
) -> Counts:
    """Kill writers of a new pond so many times, looking at the pond after each.

    Args:
        place: Where the pond is made; removed when all was well. Or its URL.
        random: Chooses moments and victims.
        kills: How many writers are killed.
        writers: How many write at once.
        machines: The environments of those on which they are, in turn.
    """
    counts = Counts()
    with Pond.init(place).transaction(Provenance(message="files")) as tx:
        tx.mkdir("/files")
    acknowledged: set[str] = set()
    with _at_work(place, writers, machines) as team:
        for kill in range(kills):
            for _ in range(random.randint(1, 3 * writers)):
                _listen(team, acknowledged, timeout_s=_PATIENCE_S)
            _listen(team, acknowledged, timeout_s=random.random() / 50)
            victim = team.pop(random.randrange(len(team)))
            victim.process.kill()
            victim.process.join()
            _drain(victim.told, acknowledged)
            counts.kills += 1
            team.append(_started(place, writers + kill, machines))
            look(place, acknowledged, counts)
    look(place, acknowledged, counts)
    findings = Pond.open(place).verify().findings
    counts.wrong.extend(f"verify: {finding}" for finding in findings)
    counts.commits = len(acknowledged)
    if not counts.wrong and isinstance(place, Path):
        shutil.rmtree(place)
    return counts


def look(place: Path | str, acknowledged: set[str], counts: Counts) -> None:
    """Open the pond, and count what is not there and what is there twice."""
    counts.reopens += 1
    pond = Pond.open(place)
    snapshot = pond.snapshot()
    told = [h.provenance.message for h in pond.log(as_of=snapshot.txn)][:-1]
    twice = [key for key, times in Counter(told).items() if times > 1]
    missing = acknowledged - set(told)
    shown = {each.name: each.read_bytes() for each in snapshot.ls("/files")}
    wanted = {f"{key}-{half}" for key in told for half in "ab"}
    torn = set(shown) ^ wanted
    changed = [
        name
        for name, data in shown.items()
        if name[-1] in "ab" and data != content(name[:-2], len(data))
    ]
    counts.lost += len(missing)
    counts.doubled += len(twice)
    if missing or twice or torn or changed:
        counts.wrong.append(f"{missing=} {twice=} {torn=} {changed=}")


@contextmanager
def _at_work(
    place: Path | str, count: int, machines: Sequence[Mapping[str, str]]
) -> Iterator[list[Writer]]:
    team = [_started(place, number, machines) for number in range(count)]
    try:
        yield team
    finally:
        for writer in team:
            writer.process.kill()
            writer.process.join()
            writer.told.close()


def _started(place: Path | str, number: int, machines: Sequence[Mapping[str, str]]) -> Writer:
    context = nursery()
    ours, theirs = context.Pipe(duplex=False)
    args = (str(place), f"w{number}", machines[number % len(machines)], theirs)
    process = context.Process(target=write_for_ever, args=args, daemon=True)
    process.start()
    theirs.close()
    return Writer(process, ours)


def _listen(team: list[Writer], acknowledged: set[str], *, timeout_s: float) -> None:
    """Wait for the next acknowledgements."""
    ready = wait([writer.told for writer in team], timeout_s)
    if not ready and timeout_s == _PATIENCE_S:
        msg = "no writer commits any more"
        raise AssertionError(msg)
    for told in ready:
        assert isinstance(told, Connection)
        acknowledged.add(told.recv())


def _drain(told: Connection, acknowledged: set[str]) -> None:
    """Read what a dead writer has said."""
    try:
        while True:
            acknowledged.add(told.recv())
    except (EOFError, OSError):
        told.close()
