"""Flips bytes of a small pond, one at a time, and says which of them nobody would notice.

The short form is in `test_flips.py`. The long one takes every byte, with every bit:

    .venv/bin/python -m tests.integrity.flips [SECONDS]

or `trials(place, seconds=...)` from another program.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from pond_core import Pond, PondError, Provenance, Transaction, Window
from pond_core.oplog import Durability, LogFile, OpLog, maintenance
from pond_core.tlogfs import condensing
from tests.conformance.filesystem import readings

LARGE = bytes(range(256)) * 300
"""More than what is kept inside the log."""

PROCESS = Durability(full=False)


@dataclass(frozen=True)
class Face:
    """What opening a pond gives; whatever is read from it follows from this and the log files."""

    pond_id: str
    head: int
    horizon: int
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
        pond = Pond.init(place, durability="process")
        for number in range(11):
            with pond.transaction(Provenance(author="ada", message=f"step {number}")) as tx:
                _step(tx, number)
        pond.maintain(forget_before=2)
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
    return Face(log.pond_id, log.head(), log.horizon, frozenset(log.files()))


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


def flip_content(pond: Pond, path: Path, positions: Sequence[int]) -> Iterator[Trial]:
    """Flip all bits of each of these bytes in turn, in an object or a log file."""
    data = path.read_bytes()
    for position in positions:
        altered = bytearray(data)
        altered[position] ^= 0xFF
        path.write_bytes(altered)
        named = {finding.where.rpartition("/")[2] for finding in pond.verify().findings}
        came = "differs"
        yield Trial(
            path.relative_to(pond.path).as_posix(), position, 0xFF, came, path.name in named
        )
    path.write_bytes(data)


def delta_files(pond: Pond) -> list[Path]:
    """Return the files of the Delta log: commits, checkpoints, the pointer."""
    return sorted((pond.path / "oplog" / "_delta_log").iterdir())


def content_files(pond: Pond) -> list[Path]:
    """Return the objects and the log files that the table names."""
    log = OpLog(pond.path, durability=PROCESS)
    objects = (pond.path / "objects").glob("*/*")
    return sorted([*objects, *(log.table.path / file.path for file in log.files())])


def trials(place: Path, *, seconds: float, seed: int = 0) -> Iterator[Trial]:
    """Flip bytes anywhere in a pond until the time is over, each at most once per round."""
    random = Random(seed)  # noqa: S311 -- no secret
    pond = make(place)
    ends = time.monotonic() + seconds
    while True:
        for path in delta_files(pond):
            for position in random.sample(range(path.stat().st_size), path.stat().st_size):
                yield from flip_delta(pond, path, [position], random=random)
                if time.monotonic() > ends:
                    return
        for path in content_files(pond):
            size = path.stat().st_size
            for position in random.sample(range(size), min(size, 100)):
                yield from flip_content(pond, path, [position])
                if time.monotonic() > ends:
                    return


def main() -> None:
    """Flip bytes for as long as the command line says, and end with counts."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    counts: dict[str, int] = {}
    missed = []
    with tempfile.TemporaryDirectory() as place:
        for trial in trials(Path(place) / "pond", seconds=seconds):
            counts[trial.came] = counts.get(trial.came, 0) + 1
            if trial.is_missed:
                missed.append(trial)
    print(*(f"{count} {came}" for came, count in sorted(counts.items())), sep="\n")  # noqa: T201
    print(f"missed {len(missed)}", *missed, sep="\n")  # noqa: T201
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
