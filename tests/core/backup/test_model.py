"""Whatever happens to a pond, a backup restores each moment that was in it when it was pushed."""

import shutil
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import initialize, rule
from typing_extensions import override

from pond_core import Backups, Keep, Pond
from pond_core.backup import cleanup, expiry, push
from pond_core.oplog import Shown
from tests.core.test_model import PondMachine, assert_same, portrait


class BackupMachine(PondMachine):
    """The pond of `PondMachine`, pushed and restored now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.backups = Backups(self.directory / "backup", durability="process")
        self.expired = 0
        self.staying: list[int] = []

    @initialize(
        merged=st.sampled_from([2, 3, 16]),
        rows=st.sampled_from([1, 20_000]),
        small=st.sampled_from([0, 3_000, 2**23]),
        part_s=st.sampled_from([0, 3_600]),
    )
    def begin_backups(self, merged: int, rows: int, small: int, part_s: int) -> None:
        self.patch.setattr(push, "MERGED", merged)
        self.patch.setattr(push, "_PART_S", part_s)
        self.patch.setattr(push, "_SEGMENT_ROWS", rows)
        self.patch.setattr(cleanup, "WAIT", timedelta(0))
        self.patch.setattr(expiry, "_SMALL_BYTES", small)

    @rule(which=st.integers(0, 1))
    def push(self, which: int) -> None:
        point = self.ponds[which].push(self.backups).point
        assert point.txn == max(self.past)
        assert point.horizon <= max(self.horizon, self.expired)

    @rule(step=st.integers(1, 3))
    def expire(self, step: int) -> None:
        self.patch.setattr(Keep, "chosen", lambda _, found: {*sorted(found)[::-step]})
        if self.backups.ponds():
            done = self.backups.expire(Keep(daily=1))
            self.expired = done.point.txn
            self.staying = [each.txn for each in done.moments]

    @rule()
    def clean_up(self) -> None:
        if self.backups.ponds():
            self.backups.clean_up()

    @rule(back=st.integers(0, 6))
    def restore(self, back: int) -> None:
        for point in self.backups.points()[-1:]:
            self.check_restored(max(point.horizon, point.txn - back), shown=point.shown)
            for txn in point.kept[:1]:
                self.check_restored(txn, shown=point.shown)

    @rule(which=st.integers(0, 1))
    def follow(self, which: int) -> None:
        for point in self.backups.points()[-1:]:
            place = self.directory / f"replica-{which}"
            self.backups.pull(place)
            replica = Pond.open(place, durability="process")
            assert replica.verify().findings == ()
            for past in (past for past in range(point.txn + 1) if past in point.shown):
                assert_same(portrait(replica.snapshot(past)), self.past[past])

    @rule(which=st.integers(0, 1))
    def maintain_replica(self, which: int) -> None:
        if Pond.exists(self.directory / f"replica-{which}"):
            Pond.open(self.directory / f"replica-{which}", durability="process").maintain()

    @rule(at=st.integers(0, 6))
    def restore_what_is_kept(self, at: int) -> None:
        for txn in self.staying[at : at + 1]:
            self.check_restored(txn, shown=Shown(txn))

    def check_restored(self, txn: int, *, shown: Shown) -> None:
        place = self.directory / "restored"
        self.backups.restore(place, as_of=txn)
        restored = Pond.open(place, durability="process")
        assert restored.verify().findings == ()
        for past in (past for past in range(txn + 1) if past in shown):
            assert_same(portrait(restored.snapshot(past)), self.past[past])
        shutil.rmtree(place)

    @override
    def teardown(self) -> None:
        try:
            if self.backups.ponds():
                assert self.backups.verify(full=True).findings == ()
        finally:
            super().teardown()


TestBackupMachine = BackupMachine.TestCase
TestBackupMachine.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
