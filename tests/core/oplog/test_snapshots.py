"""Every snapshot reads the same, whatever was merged, cleared away, reopened or asked before."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from typing_extensions import override

from pond_core.oplog import HEADERS, Operation, OpLog, PartState, maintenance, parquet
from pond_core.storage import Durability
from tests.core.oplog.rows import (
    PART,
    ROWS,
    amount,
    amount_of,
    append,
    bare,
    mark,
    reopened,
    versioned,
)

HANDLES = st.integers(0, 1)


class Snapshots(RuleBasedStateMachine):
    """A log with two handles, as two processes have them, beside a plain list of its rows."""

    @initialize(
        merge_files=st.sampled_from([2, 3, 5]),
        group_rows=st.sampled_from([1, 3, 8192]),
        small_bytes=st.sampled_from([0, 4_500, 65_536]),
    )
    def begin(self, merge_files: int, group_rows: int, small_bytes: int) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(maintenance, "MERGE_FILES", merge_files)
        self.patch.setattr(maintenance, "CHECKPOINT_EVERY", 4)
        self.patch.setattr(maintenance, "_SMALL_BYTES", small_bytes)
        self.patch.setattr(maintenance, "_REPLACED_S", -1)
        self.patch.setattr(parquet, "_ROW_GROUP_ROWS", group_rows)
        self.place = tempfile.TemporaryDirectory()
        first = OpLog.create(Path(self.place.name) / "pond", durability=Durability(full=False))
        self.logs = [first, reopened(first)]
        self.rows: list[Operation] = []
        self.written: dict[str, int] = {}
        self.views: list[tuple[int, PartState]] = []

    @rule(which=HANDLES, rows=st.lists(ROWS, min_size=1, max_size=4))
    def commit(self, which: int, rows: Sequence[Operation]) -> None:
        chosen = self.logs[which]
        header = append(chosen, *versioned(rows, self.written))
        again = chosen.operations(after=header.txn - 1, upto=header.txn)
        self.rows += [bare(row) for row in again]

    @rule(which=HANDLES, many=st.integers(5, 60))
    def commit_much(self, which: int, many: int) -> None:
        rows = [mark("{}", start_us, None, node_id="7c") for start_us in range(many)]
        header = append(self.logs[which], *rows)
        again = self.logs[which].operations(after=header.txn - 1, upto=header.txn)
        self.rows += [bare(row) for row in again]

    @rule(which=HANDLES)
    def merge_thoroughly(self, which: int) -> None:
        chosen = self.logs[which]
        with chosen.exclusive():
            chosen.head()
            for part in (PART, HEADERS):
                chosen.upkeep.thorough(part, gone=())

    @rule(which=HANDLES)
    def delete_replaced(self, which: int) -> None:
        chosen = self.logs[which]
        with chosen.exclusive():
            chosen.head()
            for path in list(chosen.upkeep.replaced()):
                path.unlink()

    @rule(which=HANDLES)
    def reopen(self, which: int) -> None:
        self.logs[which] = reopened(self.logs[1 - which])

    @rule(which=HANDLES, data=st.data())
    def hold(self, which: int, data: st.DataObject) -> None:
        head = self.logs[which].head()
        txn = data.draw(st.integers(0, head))
        state = self.logs[which].state(PART, txn=txn)
        self.views.append((txn, state))

    @rule(which=HANDLES, back=st.integers(0, 100))
    def look(self, which: int, back: int) -> None:
        head = self.logs[which].head()
        txn = max(0, head - back)
        expected = amount(self.rows, upto=txn)
        assert amount_of(self.logs[which].state(PART, txn=txn), expected) == expected

    @rule()
    def look_at_old_views(self) -> None:
        for txn, state in self.views:
            expected = amount(self.rows, upto=txn)
            assert amount_of(state, expected) == expected

    @rule(which=HANDLES)
    def read_all(self, which: int) -> None:
        head = self.logs[which].head()
        found = self.logs[which].operations(after=0, upto=head)
        assert [bare(row) for row in found] == self.rows
        assert [h.txn for h in self.logs[which].headers()] == list(range(1, head + 1))

    @rule(which=HANDLES, rows=st.lists(ROWS, min_size=1, max_size=2))
    def commit_from_a_new_process(self, which: int, rows: Sequence[Operation]) -> None:
        """A process that has just begun knows no part yet."""
        self.reopen(which)
        self.commit(which, rows)

    @override
    def teardown(self) -> None:
        if hasattr(self, "place"):
            self.patch.undo()
            self.place.cleanup()


TestSnapshots = Snapshots.TestCase
TestSnapshots.settings = settings(max_examples=8, stateful_step_count=20)
