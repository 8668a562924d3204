"""Flips bytes of a small pond, one at a time, and says which of them nobody would notice.

The short form is in `test_flips.py`. The long one takes any bytes for some time, or every byte of
every file, once:

    .venv/bin/python -m tests.integrity.flips 90
    .venv/bin/python -m tests.integrity.flips all
"""

import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from pond_core import Pond, PondError, Provenance, Transaction, Window
from pond_core.oplog import LogFile, OpLog, Shown, maintenance
from pond_core.storage import Durability
from pond_core.tlogfs import condensing, content
from tests.conformance.filesystem import readings

INLINE_BYTES = 400
"""Content up to this size is kept inside the log: so that objects are small, and soon flipped."""

LARGE = bytes(range(256)) * 4

PROCESS = Durability(full=False)


@dataclass(frozen=True)
class Face:
    """What opening a pond gives; whatever is read from it follows from this and the log files."""

    pond_id: str
    head: int
    shown: Shown
    files: frozenset[LogFile]


@dataclass(frozen=True)
class Trial:
    """One byte that was changed.

    Attributes:
        path: The file, relative to the pond.
        position: Which byte.
        mask: Which bits.
        came: `same`, `refused`, `differs`, or what else was raised.
        found: Whether verification found anything; None if it was not asked.
    """

    path: str
    position: int
    mask: int
    came: str
    found: bool | None

    @property
    def is_missed(self) -> bool:
        """Whether the byte changes what is read, and nobody says so."""
        return self.came not in {"same", "refused"} and not (self.came == "differs" and self.found)


def make(place: Path) -> Pond:
    """Make a pond whose Delta log has merges, both tiers, checkpoints and a horizon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maintenance, "CHECKPOINT_EVERY", 6)
        patch.setattr(maintenance, "MERGE_FILES", 4)
        patch.setattr(condensing, "_WINDOWS", 4)
        patch.setattr(content, "INLINE_BYTES", INLINE_BYTES)
        pond = Pond.init(place, durability="process")
        for number in range(11):
            with pond.transaction(Provenance(author="ada", message=f"step {number}")) as tx:
                _step(tx, number)
        pond.maintain(forget_before=4, keep=[2])
        with pond.transaction() as tx:
            tx.write_data("/last", b"last")
    return pond


def _step(tx: Transaction, number: int) -> None:
    if number == 0:
        tx.mkdir("/d")
        tx.write_data("/d/large", LARGE)
        tx.write_table("/table", pa.table({"n": [1, 2, 3], "text": ["a", None, "c"]}))
        tx.symlink("/link", "/d/large")
    if number == 4:
        tx.rename("/d/large", "/d/moved")
    if number == 6:
        tx.remove("/table")
    tx.write_data("/again", b"%d" % number)
    rows = {us: float(us) for us in range(10 * number, 10 * number + 5)}
    tx.write_window("/series", readings(rows), Window(10 * number, 10 * number + 10))


def face(place: Path) -> Face:
    """Open a pond as another process would."""
    log = OpLog(place, durability=PROCESS)
    return Face(log.pond_id, log.head(), log.shown, frozenset(log.files()))


def flip_delta(
    pond: Pond, path: Path, positions: Sequence[int], *, random: Random
) -> Iterator[Trial]:
    """Flip one bit of each of these bytes in turn, in a file of the Delta log."""
    good = face(pond.path)
    delta_log = pond.path / "oplog" / "_delta_log"
    kept = {each: each.read_bytes() for each in delta_log.iterdir()}
    for position in positions:
        mask = 1 << random.randrange(8)
        altered = bytearray(kept[path])
        altered[position] ^= mask
        path.write_bytes(altered)
        came, found = _opened(pond, good)
        yield Trial(path.relative_to(pond.path).as_posix(), position, mask, came, found)
        for each, data in kept.items():
            if each == path or not each.exists():
                each.write_bytes(data)
        for each in (pond.path / "set-aside").glob("*"):
            each.unlink()


def _opened(pond: Pond, good: Face) -> tuple[str, bool | None]:
    try:
        now = face(pond.path)
    except PondError:
        return "refused", None
    except BaseException as exc:  # noqa: BLE001 -- a panic of deltalake is none of Exception
        return repr(exc)[:200], None
    if now == good:
        return "same", None
    return "differs", not pond.verify().ok


def flip_contents(pond: Pond, positions: Mapping[Path, int]) -> Iterator[Trial]:
    """Flip all bits of a byte of each of several objects and log files, at once: it is quicker.

    Each has to be named. One that is not, where others are damaged too, is tried once more alone.
    """
    kept = {path: path.read_bytes() for path in positions}
    for path, position in positions.items():
        altered = bytearray(kept[path])
        altered[position] ^= 0xFF
        path.write_bytes(altered)
    named = {finding.where.rpartition("/")[2] for finding in pond.verify().findings}
    for path, data in kept.items():
        path.write_bytes(data)
    for path, position in positions.items():
        if path.name in named or len(positions) == 1:
            where = path.relative_to(pond.path).as_posix()
            yield Trial(where, position, 0xFF, "differs", path.name in named)
        else:
            yield from flip_contents(pond, {path: position})


def delta_files(pond: Pond) -> list[Path]:
    """Return the files of the Delta log: commits, checkpoints, the pointer."""
    return sorted((pond.path / "oplog" / "_delta_log").iterdir())


def content_files(pond: Pond) -> list[Path]:
    """Return the objects and the log files that the table names."""
    log = OpLog(pond.path, durability=PROCESS)
    objects = (pond.path / "objects").glob("*/*")
    return sorted([*objects, *(log.table.path / file.path for file in log.files())])


def some(pond: Pond, *, seconds: float, seed: int = 0) -> Iterator[Trial]:
    """Flip bytes anywhere in a pond until the time is over."""
    random = Random(seed)  # noqa: S311 -- no secret
    ends = time.monotonic() + seconds
    contents = {path: path.stat().st_size for path in content_files(pond)}
    delta = {path: path.stat().st_size for path in delta_files(pond)}
    while time.monotonic() < ends:
        yield from flip_contents(pond, {p: random.randrange(size) for p, size in contents.items()})
        for path, size in delta.items():
            yield from flip_delta(pond, path, [random.randrange(size)], random=random)


def every(pond: Pond, *, seed: int = 0) -> Iterator[Trial]:
    """Flip every byte of every file, once."""
    random = Random(seed)  # noqa: S311 -- no secret
    contents = {path: path.stat().st_size for path in content_files(pond)}
    for position in range(max(contents.values())):
        yield from flip_contents(pond, {p: position for p, n in contents.items() if position < n})
    for path in delta_files(pond):
        yield from flip_delta(pond, path, range(path.stat().st_size), random=random)


def main(asked: str) -> None:
    """Flip bytes for so many seconds, or all of them, and end with counts."""
    logging.disable()  # the pond warns of what is cut short, again and again
    counts: Counter[str] = Counter()
    missed = []
    with tempfile.TemporaryDirectory() as place:
        pond = make(Path(place) / "pond")
        for trial in every(pond) if asked == "all" else some(pond, seconds=float(asked)):
            kind = "Delta's own" if "_delta_log" in trial.path else "objects and log files"
            counts[f"{kind}: {trial.came}"] += 1
            if trial.is_missed:
                missed.append(trial)
    print(*(f"{kind} {count}" for kind, count in sorted(counts.items())), sep="\n")  # noqa: T201
    print(f"missed {len(missed)}", *missed, sep="\n")  # noqa: T201
    sys.exit(bool(missed))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "60")
