"""Make the golden pond of the format that this version writes.

To be run by hand, once per format:

    .venv/bin/python -m tests.golden.make tests/golden

It writes `format-<N>.tar.xz`, a pond with everything in it that the format knows, and
`format-<N>.json`, what each of its snapshots reads as. Both are kept for ever: a later version
that cannot read them has a bug. What is in the pond is always the same but for ids and times.
"""

import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from pond_core import (
    ALWAYS,
    EntryType,
    NodePath,
    Pond,
    Provenance,
    ReadFS,
    Recipe,
    Transaction,
    Window,
)
from pond_core.oplog.schema import FORMAT
from tests.golden.telling import Range, Told, joined

HOUR_US = 3_600_000_000
LONG_NAME = "é" * 127 + "."
ODD_NAMES = (".hidden", "a'b\"c;--", "duck \U0001f986", "..a", "a\nb", "ｚ*[?]", LONG_NAME)
INSTANT = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)

Step = Callable[[Transaction], object]


def readings(instants: range, **columns: list[object]) -> pa.Table:
    """Return rows at these instants; without columns, numbers that no compression makes small."""
    if not columns:
        columns = {"value": [us * 0x9E3779B97F4A7C15 % 2**53 / 7 for us in instants]}
    fields = [INSTANT, *(pa.field(name, pa.array(held).type) for name, held in columns.items())]
    return pa.table({"timestamp": instants, **columns}, schema=pa.schema(fields))


def _tree(changes: Transaction) -> None:
    for name in ("raw", "tables", "odd", "many", "gone"):
        changes.mkdir(f"/{name}")
    for number in range(12):
        changes.mkdir(f"/many/{number}")
        changes.write_data(f"/many/{number}/f", str(number).encode())
    for name in ODD_NAMES:
        changes.write_data(f"/odd/{name}", name.encode())
    changes.write_data("/gone/f", b"not for long")
    changes.mkdir("/gone/below")
    changes.write_table("/gone/below/t", pa.table({"a": [1]}))


def _files(changes: Transaction) -> None:
    changes.write_data("/empty", b"")
    changes.write_data("/large", bytes(range(256)) * 300)
    changes.symlink("/absolute", "/raw")
    changes.symlink("/raw/relative", "../large")
    changes.symlink("/nowhere", "no/such")
    settings = {"start": "2024-01-01T00:00Z", "end": "2024-01-03T00:00Z"}
    changes.write_recipe("/computed", Recipe(EntryType.SERIES, "scribble", settings))
    changes.mark("/large", {"é": [1, None, {"a": 0.5}], "unit": "µS/cm"})


def _tables(changes: Transaction) -> None:
    fields = [
        pa.field("text", pa.string(), nullable=False, metadata={"unit": "m", b"\xff": b"\0"}),
        pa.field("at.utc", pa.timestamp("us", tz="UTC")),
        pa.field("number", pa.float64()),
        pa.field("list", pa.list_(pa.int16())),
    ]
    schema = pa.schema(fields, metadata={"made": "by hand"})
    rows = {
        "text": ["µ", "", "\0"],
        "at.utc": [0, None, -1],
        "number": [-0.0, None, float("inf")],
        "list": [[1], None, []],
    }
    changes.write_table("/tables/plain", pa.table(rows, schema=schema))
    changes.write_table("/tables/no rows", schema.empty_table())
    encoded = pa.array(["a", None, "b", "a"]).dictionary_encode()
    changes.write_table("/tables/dictionary", pa.table({"d": encoded, "n": [1, 2, 3, 4]}))
    changes.write_table("/tables/large", readings(range(0, 36_000, 4)))
    seconds = pa.array([1, None], pa.timestamp("s"))
    changes.write_table("/tables/seconds", pa.table({"s": pa.chunked_array([seconds] * 9_000)}))


def _series(changes: Transaction) -> None:
    changes.create_series("/raw/new", attributes={"key": ["timestamp"]})
    changes.write_window("/raw/cut", readings(range(0, 100, 10)), Window(0, 100))
    changes.write_window("/raw/cut", None, Window(100, 200))
    changes.mark("/raw/cut", {"state": "asked"}, Window(0, 100))
    changes.mark("/raw/cut", {"state": "late"}, Window(50, None))
    changes.write_window("/raw/open", readings(range(-3, 3)), ALWAYS)
    changes.write_window("/raw/large", readings(range(0, 36_000, 4)), Window(0, 36_000))


def _cuts(changes: Transaction) -> None:
    changes.write_window(
        "/raw/cut", readings(range(30, 50, 5), depth=[1, 2, None, 4]), Window(25, 55)
    )
    changes.write_window("/raw/cut", None, Window(70, 75))
    changes.mark("/raw/cut", {"state": "asked again"}, Window(0, 100))
    changes.write_window("/raw/large", None, Window(8_000, 9_000))
    changes.write_data("/many/3/f", b"a second version")


def _moves(changes: Transaction) -> None:
    changes.rename("/many/4", "/odd/moved")
    changes.rename("/many/5/f", "/many/6/g")
    changes.remove("/gone", recursive=True)
    changes.remove("/empty")
    changes.copy("/raw/cut", "/raw/copied")


def _anew(changes: Transaction) -> None:
    changes.mkdir("/gone")
    changes.write_data("/empty", b"no more")


def _hour(number: int) -> Step:
    window = Window(number * HOUR_US, (number + 1) * HOUR_US)
    rows = readings(range(number * HOUR_US, (number + 1) * HOUR_US, HOUR_US // 4))
    return lambda changes: changes.write_window("/raw/hourly", rows if number % 9 else None, window)


def _corrected(changes: Transaction) -> None:
    at = 7 * HOUR_US
    changes.replace_window("/raw/hourly", readings(range(at, at + 9)), Window(at, at + HOUR_US))
    changes.merge_window("/raw/new", readings(range(9)), Window(0, 20))


def _last(changes: Transaction) -> None:
    changes.write_data("/many/3/f", b"a third version")
    changes.remove("/many/7", recursive=True)


def write(place: Path) -> None:
    """Write the pond: many transactions, upkeep, and some more, so that rows lie everywhere."""
    pond = Pond.init(place, durability="process")
    for step in (_tree, _files, _tables, _series, _cuts, _moves, _anew):
        _commit(pond, step)
    for number in range(80):
        _commit(pond, _hour(number))
    _commit(pond, _corrected)
    pond.maintain()
    for path in place.rglob("*"):
        os.utime(path, (0, 0))  # replaced files are old enough to be deleted
    Pond.open(place, durability="process").maintain()
    pond = Pond.open(place, durability="process")
    _commit(pond, _last)
    _commit(pond, lambda changes: changes.mark("/raw/hourly", {"done": True}, Window(0, HOUR_US)))


def _commit(pond: Pond, step: Step) -> None:
    name = step.__name__.strip("_")
    provenance = Provenance("golden", f"{name} ½", "run-1", f"/{name}", ("2024-01", "a/b"))
    pond.transact(step, provenance)


def told(fs: ReadFS) -> dict[str, Told]:
    """Return all that a filesystem holds, by path."""
    return {node.path: _told(node) for node in fs.walk("/")}


def _told(node: NodePath) -> Told:
    known = node.node
    if known.recipe is not None:
        recipe = (known.recipe.factory, dict(known.recipe.config))
        return Told(node.entry_type, attributes=dict(known.attributes), recipe=recipe)
    marks: dict[Range, object] = {(w.start_us, w.end_us): dict(m) for w, m in known.marks.items()}
    attributes = dict(known.attributes)
    match node.entry_type:
        case EntryType.DIRECTORY:
            return Told("directory", None, attributes, marks)
        case EntryType.SYMLINK:
            return Told("symlink", node.readlink(), attributes, marks)
        case EntryType.DATA:
            return Told("data", node.read_bytes(), attributes, marks)
        case EntryType.TABLE:
            return Told("table", node.read_table(), attributes, marks)
        case EntryType.SERIES:
            windows = [(p.window.start_us, p.window.end_us) for p in known.pieces]
            return Told("series", node.read_series(), attributes, marks, joined(windows))


def expected(place: Path) -> dict[str, object]:
    """Return what each snapshot reads as, and what the log says."""
    pond = Pond.open(place, durability="process")
    head = pond.log()[0].txn
    return {
        "pond": pond.id,
        "log": [
            [h.txn, h.ts_us, h.provenance.message, h.provenance.asset, h.operations, h.hash]
            for h in pond.log()
        ],
        "snapshots": {
            txn: {path: node.digest for path, node in told(pond.snapshot(txn)).items()}
            for txn in (0, 1, 3, 4, 5, 6, 40, head - 3, head - 2, head)
        },
    }


def main(target: Path) -> None:
    """Write the archive and what it reads as."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "pond"
        write(place)
        text = json.dumps(expected(place), indent=1, ensure_ascii=False)
        (target / f"format-{FORMAT}.json").write_text(text + "\n")
        with tarfile.open(target / f"format-{FORMAT}.tar.xz", "w:xz", preset=9) as archive:
            archive.add(place, arcname="pond", filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    main(Path(sys.argv[1]))
