"""A pond and a dictionary, driven with the same calls, agree about every transaction for ever.

The machine does what users and upkeep do, in any order, with every threshold so small that merges,
condensing, cold rows and clean-ups happen all the time. The dictionary is `MemoryBackend`, copied
at each transaction.
"""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from typing_extensions import override

from pond_core import (
    FS,
    EntryType,
    MemoryBackend,
    NodePath,
    PathError,
    Pond,
    ReadFS,
    Snapshot,
    SnapshotForgottenError,
    Transaction,
    Window,
)
from pond_core.oplog import maintenance, parquet, reader
from pond_core.tlogfs import condensing, content, leaving, objects, upkeep
from tests.conformance.filesystem import readings

Rows = Mapping[int, float | None]
Order = Literal["forwards", "backwards", "every other one empty"]
Portrait = Mapping[str, tuple[object, ...]]
"""All that can be read of a tree, by path."""

INSTANT = pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)
PATHS = st.sampled_from(["/a", "/b", "/s", "/d", "/d/a", "/d/s", "/d/e", "/d/e/s", "/l/s", "/l"])
TARGETS = st.sampled_from(["/d", "d", "s", "../s", "/d/e", "l"])
INSTANTS = st.integers(0, 11)
WINDOWS = st.builds(
    lambda start, size: Window(start, start + size), INSTANTS, st.integers(1, 4)
) | st.builds(Window, st.none() | st.integers(0, 5), st.none() | st.integers(6, 12))
ROWS = st.dictionaries(INSTANTS, st.none() | st.sampled_from([0.0, 1.5, 2.0]), max_size=5)
COLUMNS = st.sampled_from(["value", "value", "value", "depth"])
FACTS = st.dictionaries(st.sampled_from(["unit", "é"]), st.integers(0, 3) | st.text(max_size=2))


class Model(FS):
    """The tree as it should be, in memory; a transaction that can be copied."""

    def twin(self) -> "Model":
        """Return a tree with the same nodes that goes its own way from here."""
        twin = MemoryBackend()
        for name, held in vars(self.backend).items():
            vars(twin)[name] = {k: dict(v) if isinstance(v, dict) else v for k, v in held.items()}
        return Model(twin)

    def replace_window(self, path: str, table: pa.Table, window: Window) -> None:
        if not self.exists(path):
            self.create_series(path, attributes={"key": ["timestamp"]})
        self.write_window(path, table, window)

    def merge_window(self, path: str, table: pa.Table, window: Window) -> None:
        if self.exists(path):
            stored = self.read_series(path, window)
            rows = {**rows_of(stored), **rows_of(table)}
            columns = dict.fromkeys([*table.column_names, *stored.column_names])
            fields = [pa.unify_schemas([table.schema, stored.schema]).field(c) for c in columns]
            table = pa.Table.from_pylist([rows[us] for us in sorted(rows)], pa.schema(fields))
        self.replace_window(path, table, window)


SIZES = st.fixed_dictionaries(
    {
        "merged files": st.sampled_from([2, 3, 5]),
        "sealed bytes": st.sampled_from([6_000, 8 * 1024**2]),
        "windows": st.sampled_from([2, 3]),
        "windows in one": st.sampled_from([3, 1000]),
        "inline bytes": st.sampled_from([0, 400, 65_536]),
        # Clocks differ by less than an hour: at once, or not in this test.
        "kept for seconds": st.sampled_from([-3600, 3600]),
    }
)
"""Thresholds, each small enough to be passed all the time, and as they are."""

Action = Callable[[Model | Transaction], object]


def rows_of(table: pa.Table) -> dict[int, dict[str, object]]:
    instants = table.column("timestamp").cast(pa.int64()).to_pylist()
    return dict(zip(instants, table.to_pylist(), strict=True))


def portrait(fs: ReadFS) -> Portrait:
    """Return all that can be read of a tree."""
    return {node.path: (held(node), *facts(node)) for node in fs.walk("/")}


def held(node: NodePath) -> object:
    match node.entry_type:
        case EntryType.DIRECTORY:
            return None
        case EntryType.SYMLINK:
            return node.readlink()
        case EntryType.DATA:
            return node.read_bytes()
        case EntryType.TABLE:
            return node.read_table()
        case EntryType.SERIES:
            pieces = node.node.pieces
            assert all(
                before.window.end_us is not None
                and after.window.start_us is not None
                and before.window.end_us <= after.window.start_us
                for before, after in itertools.pairwise(pieces)
            )
            return [node.read_series(), node.read_series(Window(3, 7)), covered(node)]


def facts(node: NodePath) -> tuple[object, ...]:
    return dict(node.node.attributes), {w: dict(m) for w, m in node.node.marks.items()}


def covered(node: NodePath) -> list[Window]:
    """Return the ranges in which a series is known, those that touch as one."""
    joined: list[Window] = []
    for window in (piece.window for piece in node.node.pieces):
        if joined and joined[-1].end_us == window.start_us:
            joined[-1] = Window(joined[-1].start_us, window.end_us)
        else:
            joined.append(window)
    return joined


ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(lambda p: lambda fs: fs.mkdir(p, parents=True), PATHS),
    st.builds(lambda p, d: lambda fs: fs.write_data(p, d * 90), PATHS, st.binary(max_size=9)),
    st.builds(lambda p, n: lambda fs: fs.write_table(p, pa.table({"n": [n]})), PATHS, INSTANTS),
    st.builds(lambda p, t: lambda fs: fs.symlink(p, t), PATHS, TARGETS),
    st.builds(lambda s, d: lambda fs: fs.rename(s, d), PATHS, PATHS),
    st.builds(lambda p: lambda fs: fs.remove(p, recursive=True), PATHS),
    st.builds(lambda s, d: lambda fs: fs.copy(s, d, recursive=True), PATHS, PATHS),
    st.builds(lambda p, f, w: lambda fs: fs.mark(p, f, w), PATHS, FACTS, st.none() | WINDOWS),
)


def window_action(verb: str, path: str, rows: Rows, window: Window, column: str) -> Action:
    table = readings({us: v for us, v in rows.items() if window.contains(us)}, column)
    table = table.cast(pa.schema([INSTANT, table.schema.field(1)]))
    return lambda fs: getattr(fs, verb)(path, table, window)


SERIES = st.sampled_from(["/s", "/s", "/s", "/d/s", "/d/e/s", "/l/s", "/b"])
WINDOW_ACTIONS = st.builds(
    window_action,
    st.sampled_from(["write_window", "replace_window", "merge_window"]),
    SERIES,
    ROWS,
    WINDOWS,
    COLUMNS,
)


class PondMachine(RuleBasedStateMachine):
    """Two long-lived ponds on one place and a model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.directory = Path(tempfile.mkdtemp())
        self.place = self.directory / "pond"
        self.model = Model(MemoryBackend())
        self.past: dict[int, Portrait] = {0: portrait(self.model)}
        self.horizon = 0
        self.kept: set[int] = set()
        self.held: list[Snapshot] = []
        self.keeps_files = False

    @initialize(sizes=SIZES)
    def begin(self, sizes: Mapping[str, int]) -> None:
        self.keeps_files = sizes["kept for seconds"] > 0
        patch = self.patch.setattr
        patch(maintenance, "MERGE_FILES", sizes["merged files"])
        patch(maintenance, "CHECKPOINT_EVERY", sizes["merged files"] + 1)
        patch(maintenance, "SEALED_BYTES", sizes["sealed bytes"])
        patch(maintenance, "_REPLACED_S", sizes["kept for seconds"])
        patch(maintenance, "_CLEARED_EVERY_S", 0)
        patch(parquet, "_ROW_GROUP_ROWS", 2)
        patch(reader, "_REMEMBERED_ROWS", 2)
        patch(reader, "_RECENT_ROWS", 10)
        patch(reader, "_OPEN_RUNS", 3)
        patch(condensing, "_WINDOWS", sizes["windows"])
        patch(condensing, "_CHUNK_WINDOWS", sizes["windows in one"])
        patch(upkeep, "_LEFT_S", sizes["kept for seconds"])
        patch(objects, "_FRESH_S", sizes["kept for seconds"])
        patch(leaving, "_STAYS", timedelta(seconds=sizes["kept for seconds"]))
        patch(content, "INLINE_BYTES", sizes["inline bytes"])
        self.ponds = [self.made(), self.opened()]

    def made(self) -> Pond:
        return Pond.init(self.place, durability="process")

    def opened(self) -> Pond:
        return Pond.open(self.place, durability="process")

    @rule(
        which=st.integers(0, 1),
        actions=st.lists(WINDOW_ACTIONS | ACTIONS, min_size=1, max_size=4),
        fails=st.sampled_from([False, False, False, True]),
    )
    def transact(self, which: int, actions: Sequence[Action], fails: bool) -> None:  # noqa: FBT001  # Hypothesis passes by name
        after = self.model.twin()
        txn, seen = max(self.past), self.past[0]
        with contextlib.suppress(ZeroDivisionError), self.ponds[which].transaction() as changes:
            for action in actions:
                both(action, after, changes)
            seen = portrait(changes)
            assert_same(told(seen), told(portrait(after)))
            if fails:
                raise ZeroDivisionError
        if changes.header is not None:
            assert changes.header.txn == txn + 1
            self.model = after
            self.past[txn + 1] = seen
        assert changes.header is None or not fails

    @rule(
        which=st.integers(0, 1),
        path=SERIES,
        start=INSTANTS,
        sizes=st.lists(st.integers(1, 3), min_size=2, max_size=6),
        order=st.sampled_from(["forwards", "backwards", "every other one empty"]),
    )
    def pull(self, which: int, path: str, start: int, sizes: Sequence[int], order: Order) -> None:
        """Write windows side by side, each in a transaction of its own."""
        windows = [
            Window(*pair) for pair in itertools.pairwise(itertools.accumulate([start, *sizes]))
        ]
        for number, window in enumerate(windows[:: -1 if order == "backwards" else 1]):
            is_empty = order == "every other one empty" and number % 2
            rows = {} if is_empty else {window.start_us or 0: float(number)}
            action = window_action("write_window", path, rows, window, "value")
            self.transact(which, [action], fails=False)

    @rule(which=st.integers(0, 1), dry_run=st.booleans())
    def maintain(self, which: int, dry_run: bool) -> None:  # noqa: FBT001 -- as above
        before = self.files()
        self.ponds[which].maintain(dry_run=dry_run)
        assert not dry_run or self.files() == before

    def files(self) -> Collection[object]:
        return {path for path in self.place.rglob("*") if path.name != "lock"}

    @rule(which=st.integers(0, 1), back=st.integers(0, 4), keep=st.sets(st.integers(0, 9)))
    def forget(self, which: int, back: int, keep: set[int]) -> None:
        txn = max(self.horizon, max(self.past) - back)
        kept = {past for past in self.past if txn - past in keep and self.is_shown(past)}
        self.ponds[which].maintain(forget_before=txn, keep=kept)
        self.horizon, self.kept = txn, kept - {txn}

    @rule()
    def repair(self) -> None:
        Pond.repair(self.place, durability="process")

    def is_shown(self, txn: int) -> bool:
        return txn >= self.horizon or txn in self.kept

    @rule(which=st.integers(0, 1))
    def reopen(self, which: int) -> None:
        self.ponds[which] = self.opened()

    @rule(which=st.integers(0, 1), back=st.integers(0, 30))
    def look_back(self, which: int, back: int) -> None:
        self.check(self.ponds[which], max(0, max(self.past) - back))

    @rule(which=st.integers(0, 1), looks=st.booleans())
    def hold(self, which: int, looks: bool) -> None:  # noqa: FBT001 -- as above
        """Keep a snapshot for later, as a program does that works for hours."""
        self.held.append(self.ponds[which].snapshot())
        if looks:
            [node.node for node in self.held[-1].walk("/")]

    @rule()
    def look_at_what_is_held(self) -> None:
        # What only forgotten snapshots need is deleted after a day; here, maybe at once.
        if self.keeps_files or not self.horizon:
            for snapshot in self.held:
                if self.is_shown(snapshot.txn):
                    assert_same(portrait(snapshot), self.past[snapshot.txn])

    @rule()
    def verify(self) -> None:
        report = self.opened().verify()
        assert report.ok, report.findings

    @invariant()
    def all_see_the_present(self) -> None:
        for pond in getattr(self, "ponds", ()):
            assert_same(portrait(pond.snapshot()), self.past[max(self.past)])

    def check(self, pond: Pond, txn: int) -> None:
        if not self.is_shown(txn):
            with pytest.raises(SnapshotForgottenError):
                portrait(pond.snapshot(txn))
        else:
            assert_same(portrait(pond.snapshot(txn)), self.past[txn])

    @override
    def teardown(self) -> None:
        try:
            if hasattr(self, "ponds"):
                self.look_at_what_is_held()
                for txn in self.past:
                    for pond in (*self.ponds, self.opened()):
                        self.check(pond, txn)
        finally:
            self.patch.undo()
            shutil.rmtree(self.directory)


def both(action: Action, model: Model, changes: Transaction) -> None:
    """Do one thing to both; both succeed, or fail alike."""
    try:
        action(model)
    except PathError as error:
        with pytest.raises(type(error)):
            action(changes)
    else:
        action(changes)


def told(tree: Portrait) -> Mapping[str, object]:
    """Return what a portrait says, whatever the order of columns, and without empty ones.

    What `replace_window` does not write keeps the columns that it was written with.
    """
    return {
        path: [
            [{k: v for k, v in row.items() if v is not None} for row in part.to_pylist()]
            if isinstance(part, pa.Table)
            else part
            for part in (content if isinstance(content, list) else [content])
        ]
        + list(facts)
        for path, (content, *facts) in tree.items()
    }


def assert_same(found: Mapping[str, object], expected: Mapping[str, object]) -> None:
    assert found.keys() == expected.keys()
    for path, what in expected.items():
        assert found[path] == what, f"{path}: {found[path]} is not {what}"


TestPondMachine = PondMachine.TestCase
TestPondMachine.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
