"""The drill: a pond lives, is backed up now and then, and its machine is lost. Is all there again?

Fifty times in two hundred transactions the newest backup is restored as of some txn, from a folder,
a bucket and a sealed bucket in turn, and compared byte for byte with what was there then.
"""

import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from pond_core import Backups, Pond, Transaction, Window
from tests.conformance.filesystem import readings
from tests.core.backup.histories import LARGE, shown
from tests.s3 import server as s3

DRILLS = 50
TXNS = 200
SEED = 20261122
NAMES = [f"/d{number}" for number in range(12)]


def write(changes: Transaction, chance: random.Random) -> None:
    path = chance.choice(NAMES)
    if changes.exists(path):
        changes.remove(path, recursive=True)
    changes.write_data(path, LARGE * chance.randint(0, 1) + chance.randbytes(chance.randint(0, 99)))


def dig(changes: Transaction, chance: random.Random) -> None:
    path = f"/s{chance.randint(0, 2)}"
    if not changes.exists(path):
        changes.create_series(path, attributes={"key": ["timestamp"]})
    start = chance.randint(0, 90)
    end = start + chance.randint(1, 30)
    instants = sorted(chance.sample(range(start, end), chance.randint(1, end - start)))
    rows = readings({instant: chance.random() for instant in instants})
    changes.write_window(path, rows, Window(start, end))
    changes.mark(path, {"seed": chance.random()}, Window(start, end))


def move(changes: Transaction, chance: random.Random) -> None:
    there = [path for path in NAMES if changes.exists(path)]
    free = [path for path in NAMES if path not in there]
    if there and free:
        changes.rename(chance.choice(there), chance.choice(free))
    write(changes, chance)


def grow(changes: Transaction, chance: random.Random) -> None:
    branch = f"/tree/{chance.choice('abc')}"
    if chance.random() < 0.2 and changes.exists(branch):
        changes.remove(branch, recursive=True)
    leaf = f"{branch}/{chance.randint(0, 9)}"
    changes.mkdir(leaf, parents=True, exist_ok=True)
    changes.write_data(f"{leaf}/{chance.random()}", chance.randbytes(20))


CHANGES: list[Callable[[Transaction, random.Random], None]] = [write, dig, move, grow]


def test_what_a_lost_machine_held_is_restored_byte_for_byte(
    tmp_path: Path, s3_server: s3.Server, bucket_url: str
) -> None:
    chance = random.Random(SEED)  # noqa: S311 -- no secret
    pond = Pond.init(tmp_path / "pond", durability="process")
    key = "of sixteen characters"
    places = [
        Backups(tmp_path / "backup", durability="process"),
        Backups(f"{bucket_url}/plain", access=s3_server.access, durability="process"),
        Backups(f"{bucket_url}/sealed", access=s3_server.access, key=key, durability="process"),
    ]
    history: list[Mapping[str, str]] = [shown(pond, 0)]
    for drill in range(DRILLS):
        for _ in range(TXNS // DRILLS):
            with pond.transaction() as changes:
                chance.choice(CHANGES)(changes, chance)
            history.append(shown(pond, len(history)))
            if chance.random() < 0.5:
                pond.push(chance.choice(places))
            if chance.random() < 0.1:
                pond.maintain()
        backups = places[drill % len(places)]
        newest = backups.newest(pond.id) or pond.push(backups).point
        txn = chance.randint(0, newest.txn)
        restored = restore(backups, tmp_path / "restored", txn)
        assert shown(restored, restored.snapshot().txn) == history[txn], f"drill {drill}"
        past = chance.randint(0, txn)
        assert shown(restored, past) == history[past], f"drill {drill}"
        assert restored.verify().findings == ()
    assert len(history) == TXNS + 1


def restore(backups: Backups, place: Path, txn: int) -> Pond:
    shutil.rmtree(place, ignore_errors=True)
    backups.restore(place, as_of=txn)
    return Pond.open(place, durability="process")
