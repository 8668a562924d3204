"""Which transactions can still be shown, and so which superseded rows are needed.

All from the horizon on can be; of those before it the ones that were kept when it was raised.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from pond_core.errors import SnapshotForgottenError
from pond_core.oplog.operation import OpKind

_HORIZON = "pond.horizon"
_KEPT = "pond.kept"

PROPERTIES = (_HORIZON, _KEPT)
"""The table's properties that say it; missing as long as nothing was forgotten."""

_FOR_EVER = 2**63 - 1

NEEDED_BY = ("txn", "op", "until")
"""The columns by which a superseded row is needed, or not."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The transactions that can be shown.

    Attributes:
        horizon: The first one from which on all can be; 0 as long as nothing was forgotten.
        kept: Those before it that can be, too, in order.
    """

    horizon: int = 0
    kept: tuple[int, ...] = ()

    @classmethod
    def of(cls, properties: Mapping[str, str | None]) -> "Shown":
        """Return what a table's properties say.

        Raises:
            ValueError: They are no txns, or not in order.
        """
        horizon = int(properties.get(_HORIZON) or "0")
        kept = tuple(int(txn) for txn in (properties.get(_KEPT) or "").split(",") if txn)
        if list(kept) != sorted({*kept}) or any(txn >= horizon for txn in kept):
            msg = f"{_KEPT} {kept} are not in order, or not before {_HORIZON} {horizon}"
            raise ValueError(msg)
        return cls(horizon, kept)

    @property
    def properties(self) -> dict[str, str]:
        """What the table's properties should say; nothing where all can be shown."""
        if not self.horizon:
            return {}
        return {_HORIZON: str(self.horizon), _KEPT: ",".join(map(str, self.kept))}

    def __contains__(self, txn: int) -> bool:
        return txn >= self.horizon or txn in self.kept

    def without(self, txn: int, *, keep: Collection[int]) -> "Shown":
        """Return what can be shown once all before a txn is forgotten but `keep`.

        Nothing comes back: what is kept is some of what can be shown now.
        """
        horizon = max(self.horizon, txn)
        before = {each for each in (*self.kept, *keep) if each < horizon and each in self}
        return Shown(horizon, tuple(sorted(e for e in before if e >= txn or e in keep)))

    def upto(self, txn: int) -> "Shown":
        """Return what can be shown where one of these is the newest transaction."""
        return Shown(min(self.horizon, txn), tuple(each for each in self.kept if each < txn))

    def check(self, txn: int, *, pond: str) -> None:
        """Refuse a transaction that cannot be shown.

        Raises:
            SnapshotForgottenError: What the pond held then was dropped.
        """
        if txn in self:
            return
        near = self.around(txn)
        also = f", and of those before it txn {near} can be shown" if near else ""
        msg = f"what the pond held as of txn {txn} was dropped; {self.horizon} is the first{also}"
        raise SnapshotForgottenError(msg, path=pond, hint="ask a backup for it")

    def around(self, txn: int) -> str:
        """Return the kept ones next to one that cannot be shown, as text; empty without any."""
        at = bisect_left(self.kept, txn)
        return ", ".join(str(each) for each in self.kept[max(at - 1, 0) : at + 1])

    def needs(self, rows: pa.Table) -> pa.Array:
        """Say of each superseded row whether a transaction that can be shown needs it.

        Args:
            rows: Rows with `NEEDED_BY`, whose `until` is not null.
        """
        txn, op, until = (pl.Series(rows[name]) for name in NEEDED_BY)
        needed = until > self.horizon
        if self.kept:
            kept = pl.Series([*self.kept, _FOR_EVER], dtype=pl.Int64)
            needed |= kept.gather(kept.search_sorted(txn, side="left")) < until
            # An `unlink` says of what it hides that it counts no more. Where `until` is found out
            # anew, as in a copy, what is kept for a moment before it would be there for ever.
            needed |= (op == OpKind.UNLINK.value) & (txn > self.kept[0])
        return needed.to_arrow()
