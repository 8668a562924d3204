"""B13 and B14: what one more transaction costs a backup, and how fast the first push is.

B13 counts what is asked of the place, requests and bytes, which is the same on any network. A push
of one small transaction to a backup of many is held against one to a backup of few.

B14 is the first push of large content, to a folder and to a bucket of a server on this machine,
held against `obstore` copying files of the same bytes there. Every byte is proven on the way.
"""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import obstore
from obstore.store import LocalStore, S3Store

from benchmarks.inputs import Inputs, commit_small
from benchmarks.measure import MIB, Result, faster, in_turns, medians, seconds_of
from benchmarks.stored import files
from pond_core import Backups, Pond
from pond_core.storage import Durability, Folder
from tests.core.backup.counting import Counting
from tests.s3.server import BUCKET, Server

_PUSHES = 64
"""Pushes of one transaction each: small segments are written as one in between, twice."""


_GROWTH = 1.2
"""What is constant may differ by so much: points name a few segments more."""


def growing(inputs: Inputs) -> list[Result]:
    """Return what one transaction more costs, with much history and with little."""
    with inputs.scratch() as scratch:
        old = _pushed_one_by_one(inputs.old(), scratch / "old")
        early = _pushed_one_by_one(inputs.early(), scratch / "early")
    many, few = inputs.scale.commits, inputs.scale.early_commits
    what = f"to push one txn more to a backup of {many:,} txns, to that to one of {few:,}"
    rows = []
    for name, at in (("requests", 0), ("bytes", 1)):
        ours, baseline = (median(cost[at] for cost in costs) for costs in (old, early))
        rows.append(_told(f"B13 {name}", f"{name} {what}", ours, baseline))
    mean = [sum(cost[1] for cost in costs) / len(costs) for costs in (old, early)]
    rows.append(_told("B13 mean", f"mean bytes {what}, merges of segments included", *mean))
    return rows


def first(inputs: Inputs) -> list[Result]:
    """Return how fast a first push is."""
    with inputs.scratch() as scratch, _serving() as server:
        pond = Pond.open(inputs.series())
        stored = list(files(inputs.series() / "objects"))
        fresh = (f"{number}" for number in itertools.count())

        def push_to_folder() -> float:
            place = scratch / next(fresh)
            return seconds_of(lambda: pond.push(Backups(place, durability="process")))

        def copy_to_folder() -> float:
            place = scratch / next(fresh)
            store = LocalStore(str(place), mkdir=True)
            return seconds_of(lambda: _copy(store, stored))

        def push_to_bucket() -> float:
            url = f"s3://{BUCKET}/{next(fresh)}"
            return seconds_of(lambda: pond.push(Backups(url, access=server.access)))

        def copy_to_bucket() -> float:
            settings: dict[str, Any] = server.access.settings
            store = S3Store(BUCKET, prefix=next(fresh), **settings)
            return seconds_of(lambda: _copy(store, stored))

        runs: dict[str, Callable[[], float]] = {
            "folder": push_to_folder,
            "folder bare": copy_to_folder,
            "bucket": push_to_bucket,
            "bucket bare": copy_to_bucket,
        }
        found = medians(in_turns(runs, rounds=inputs.scale.rounds))
    size = sum(path.stat().st_size for path in stored) / MIB
    what = f"the first push of {size:,.0f} MiB in {len(stored)} objects to a"
    return [
        faster(f"B14 {name}", f"{what} {name}, to obstore", ours, bare, limit=0.7)
        for name, ours, bare in (
            ("folder", found["folder"], found["folder bare"]),
            ("bucket", found["bucket"], found["bucket bare"]),
        )
    ]


def _pushed_one_by_one(source: Path, scratch: Path) -> list[tuple[int, int]]:
    """Return the requests and the bytes of each push after the first."""
    shutil.copytree(source, scratch / "pond")
    pond = Pond.open(scratch / "pond", durability="process")
    place = Folder(scratch / "backup", durability=Durability(full=False))
    pond.push(Backups(place))
    costs = []
    for number in range(_PUSHES):
        commit_small(pond, number)
        counting = Counting(place)
        pond.push(Backups(counting))
        costs.append((counting.calls.total(), counting.sent))
    return costs


def _told(id_: str, what: str, ours: float, baseline: float) -> Result:
    ratio = ours / baseline
    texts = (f"{ours:,.0f}", f"{baseline:,.0f}")
    return Result(id_, what, *texts, round(ratio, 2), f"<= {_GROWTH:g}x", ratio <= _GROWTH)


def _copy(store: LocalStore | S3Store, paths: Sequence[Path]) -> None:
    """Copy files as fast as obstore does, as many at once as a push sends."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: obstore.put(store, path.name, path), paths))


@contextlib.contextmanager
def _serving() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="pond-bench-") as directory:
        server = Server(Path(directory))
        try:
            yield server
        finally:
            server.kill()
