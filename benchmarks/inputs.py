"""The ponds that are measured, built through the public face, each once, and kept in one folder.

A pond that a benchmark writes to is copied first, so that a kept one stays what it is.
"""

import contextlib
import json
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from benchmarks.readings import write_series
from benchmarks.scale import Scale
from pond_core import Pond

_DIRECTORIES = 10
"""Directories that single commits go to in turn, so that they spread over the log's parts."""

_FILES_A_DIRECTORY = 1000

_FILES_A_TRANSACTION = 10_000


class Inputs:
    """Ponds by what they are for.

    Attributes:
        folder: Where they are kept.
        scale: How large they are.
    """

    def __init__(self, folder: Path, scale: Scale) -> None:
        self.folder = folder
        self.scale = scale

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a directory beside the ponds that is removed at the end."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            yield Path(folder)

    def early(self) -> Path:
        """Return a pond after few commits."""
        return self._kept("early", lambda path: _commit(path, self.scale.early_commits))

    def old(self) -> Path:
        """Return a pond after many commits."""
        return self._kept("old", lambda path: _commit(path, self.scale.commits))

    def old_seconds(self) -> list[float]:
        """Return how long each commit of the old pond took when it was made."""
        seconds: list[float] = json.loads((self.old() / "seconds.json").read_text())
        return seconds

    def few(self) -> Path:
        """Return a pond of few nodes."""
        return self._kept("few", lambda path: add_nodes(path, self.scale.few_nodes))

    def large(self) -> Path:
        """Return a pond of many nodes and many transactions."""

        def build(path: Path) -> None:
            shutil.copytree(self.old(), path)
            add_nodes(path, self.scale.nodes)

        return self._kept("large", build)

    def rewritten(self) -> Path:
        """Return the large pond with many superseded rows."""

        def build(path: Path) -> None:
            shutil.copytree(self.large(), path)
            _rewrite(path, self.scale)

        return self._kept("rewritten", build)

    def series(self) -> Path:
        """Return a pond with one long series, `readings.SERIES`, as life and upkeep leave it."""
        return self._kept("series", lambda path: write_series(path, self.scale))

    def plain(self) -> Path:
        """Return a pond with the same series in one whole window per month."""
        scale = replace(self.scale, replaced=0, unmerged=0)
        return self._kept("plain", lambda path: write_series(path, scale))

    def _kept(self, name: str, build: Callable[[Path], None]) -> Path:
        path = self.folder / name
        if not path.exists():
            partial = self.folder / f"{name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            build(partial)
            partial.rename(path)
        return path


def file_path(number: int) -> str:
    """Return the path of one of the nodes that `add_nodes` makes."""
    directory, file = divmod(number, _FILES_A_DIRECTORY)
    return f"/nodes/d{directory:03}/f{file:03}"


def commit_small(pond: Pond, number: int) -> None:
    """Overwrite one small file in a transaction of its own: one operation."""
    with pond.transaction() as tx:
        tx.write_data(f"/commits/{number % _DIRECTORIES}", b"reading %09d" % number)


def add_nodes(path: Path, count: int) -> None:
    """Make small files in directories of 1,000, ten thousand in a transaction."""
    pond = Pond.init(path, exist_ok=True)
    for first in range(0, count, _FILES_A_TRANSACTION):
        with pond.transaction() as tx:
            for number in range(first, min(count, first + _FILES_A_TRANSACTION)):
                if number % _FILES_A_DIRECTORY == 0:
                    tx.mkdir(file_path(number).rpartition("/")[0], parents=True)
                tx.write_data(file_path(number), b"node %d" % number)


def _commit(path: Path, count: int) -> None:
    """Make a pond of a few small files and commit to them one at a time."""
    pond = Pond.init(path)
    with pond.transaction() as tx:
        tx.mkdir("/commits")
        for number in range(_DIRECTORIES):
            tx.write_data(f"/commits/{number}", b"")
    seconds = []
    for number in range(count):
        start = time.perf_counter()
        commit_small(pond, number)
        seconds.append(time.perf_counter() - start)
    (path / "seconds.json").write_text(json.dumps(seconds), encoding="utf-8")


def _rewrite(path: Path, scale: Scale) -> None:
    """Overwrite a thousand files again and again, until that many rows are superseded."""
    pond = Pond.open(path)
    files = min(_FILES_A_DIRECTORY, scale.nodes)
    times = iter(range(math.ceil(scale.superseded / files)))
    while batch := list(islice(times, _FILES_A_TRANSACTION // _FILES_A_DIRECTORY)):
        with pond.transaction() as tx:
            for again in batch:
                for number in range(files):
                    tx.write_data(file_path(number), b"node %d, again %d" % (number, again))
