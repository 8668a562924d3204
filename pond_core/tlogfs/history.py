"""The past of a pond: which txn a moment means, what transactions did, and to what.

The newest are looked at first, so that a question about lately costs little in a long log.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pond_core.errors import (
    CorruptionError,
    DataError,
    InvalidPathError,
    NotFoundError,
    PondError,
    SnapshotForgottenError,
)
from pond_core.oplog import Header, OpLog
from pond_core.tinyfs import Backend, Pattern
from pond_core.tinyfs import path as paths
from pond_core.tinyfs.place import find, locate
from pond_core.tinyfs.walk import glob
from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.change import Difference
from pond_core.tlogfs.difference import difference
from pond_core.tlogfs.life import Life
from pond_core.tlogfs.location import Locations, Tree
from pond_core.tlogfs.logged import LoggedTransaction, logged
from pond_core.tlogfs.objects import ObjectStore
from pond_core.tlogfs.scan import scan
from pond_core.tlogfs.trail import Trail
from pond_core.window import from_us, to_us

AsOf = int | datetime | str
"""A moment: a txn, an aware instant, or the id of a Dagster run, which means its last txn."""

_STRETCH = 64
_GROWTH = 4
"""How many txns are looked at first, and how many times more each next time."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which transactions are asked for; what is None does not matter.

    Attributes:
        path: Those that touched what is there, what had that name before, or what is or was below.
            Of a pattern, what it matches as of the newest transaction that is asked for.
        run_id: Those of a Dagster run.
        asset: Those that persisted an asset; a pond path or a pattern.
        partition: Those that persisted a partition; of a month or a year also those of its days
            and months: `2026` is `2026-11` and `2026-11-05`, too.
        since: Those committed at this instant or later.
        until: Those committed before this instant.
    """

    path: str | None = None
    run_id: str | None = None
    asset: str | None = None
    partition: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class History:
    """The past of one pond."""

    def __init__(self, log: OpLog, objects: ObjectStore) -> None:
        self._log = log
        self._objects = objects

    def txn(self, as_of: AsOf | None) -> int:
        """Return the txn that a moment means; the newest for None, 0 before the first.

        Raises:
            DataError: It is True or False.
            NotFoundError: There is no such txn, or no transaction of that run.
            SnapshotForgottenError: What was there then was dropped.
        """
        txn = self.any_txn(as_of)
        self._log.shown.check(txn, pond=self._log.label)
        return txn

    def any_txn(self, as_of: AsOf | None) -> int:
        """Return the txn that a moment means, whether or not it can be shown.

        Raises:
            DataError: It is True or False.
            NotFoundError: There is no such txn, or no transaction of that run.
        """
        head = self._log.head()
        match as_of:
            case None:
                return head
            case datetime():
                txn = self._txn_at(to_us(as_of), head)
            case str():
                txn = self._last_txn_of(as_of, head)
            case bool():
                msg = f"{as_of} is no moment"
                raise DataError(msg, hint="give a txn, an aware instant, or the id of a run")
            case _:
                txn = as_of
        if not 0 <= txn <= head:
            msg = f"there is no txn {txn}; the newest is {head}"
            raise self._not_found(msg)
        return txn

    def month_ends(self, before: int) -> list[int]:
        """Return the last txn of each month (UTC) before a txn, of those that can be shown."""
        shown = self._log.shown
        found = [
            header
            for txn in shown.kept
            for header in self._log.headers(after=txn - 1, upto=txn + 1)
        ]
        found.extend(self._log.headers(after=max(shown.horizon - 1, 0), upto=before))
        return [
            one.txn
            for one, other in pairwise(found)
            if one.txn < before and one.txn in shown and _month(one) != _month(other)
        ]

    def headers(
        self, *, upto: int, limit: int | None = None, wanted: LogFilter | None = None
    ) -> list[Header]:
        """Return the headers of transactions up to a txn, newest first.

        Raises:
            NotFoundError: Nothing is or was at the path asked for.
            SnapshotForgottenError: A path is asked for, and what was done until then was dropped.
        """
        trail = None if wanted is None else self._trail(wanted.path, upto)
        found: list[Header] = []
        if limit == 0:
            return found
        start = limit or upto if wanted is None else _STRETCH
        floor = 0 if trail is None else self._floor(upto)
        first, newest = self._bounds(wanted, upto)
        for after, last in _stretches(newest, start, floor=max(floor, first)):
            headers: Iterable[Header] = self._log.headers(after=after, upto=last)[::-1]
            if wanted is not None:
                headers = _matching(headers, wanted)
            if trail is not None:
                touched = trail.touched(scan(self._log, after=after, upto=last))
                headers = [header for header in headers if header.txn in touched]
            found.extend(headers)
            if limit is not None and len(found) >= limit:
                break
        return found[:limit]

    def show(self, txn: int) -> LoggedTransaction:
        """Return what a transaction did, each operation with its path of that moment.

        Raises:
            NotFoundError: There is no such transaction.
            SnapshotForgottenError: Some of what it did was dropped.
        """
        if self.txn(txn) == 0:
            raise self._not_found("there is no transaction 0: the pond was empty before the first")
        before = self._view(self.txn(txn - 1))
        headers = self._log.headers(after=txn - 1, upto=txn)
        if not headers:
            msg = f"txn {txn} has no header"
            raise CorruptionError(msg, hint="run `pond verify`")
        [header] = headers
        rows = self._log.operations(after=txn - 1, upto=txn)
        if txn <= self._log.shown.horizon and len(rows) != header.operations:
            msg = f"some of what txn {txn} did was dropped: no moment that can be shown needs it"
            raise SnapshotForgottenError(msg, path=self._log.label, hint="ask a backup for it")
        tree = Tree(self._log, before)
        tree.visit(header.provenance.asset)
        locations = Locations(tree)
        operations = []
        for row in rows:
            operations.append(logged(row, locations))
            locations.apply(row)
        return LoggedTransaction(header, tuple(operations))

    def of_path(
        self,
        path: str,
        *,
        upto: int,
        limit: int | None = None,
        wanted: LogFilter | None = None,
    ) -> list[LoggedTransaction]:
        """Return what was done to the node at a path, newest first, whatever its name was.

        For a directory also the names that came into it and went. A symlink is not followed. Of a
        pattern, what was done to all that it matches; `wanted.path` says nothing here.

        Raises:
            NotFoundError: Nothing is there as of that txn.
            SnapshotForgottenError: What was done until then was dropped.
        """
        floor = self._floor(upto)
        view = self._view(upto)
        tree = Tree(self._log, view)
        node_ids = []
        with _told_of_patterns(path):
            for each in _meant(view, paths.resolve(path, "/")):
                place, entry = find(view, each, follow=False)
                tree.visit(place.path)
                node_ids.append(entry.node_id)
        life = Life(self._log, node_ids, Locations(tree), as_of=self._view)
        first, newest = self._bounds(wanted, upto)
        found: list[LoggedTransaction] = []
        for after, last in _stretches(upto, _STRETCH, floor=max(floor, first)):
            # What a filter leaves out is told as well: names are followed back through all of it.
            left = None if limit is None or wanted is not None else limit - len(found)
            told = life.told(after=after, upto=last, limit=left)
            found.extend(
                each
                for each in told
                if wanted is None
                or (each.header.txn <= newest and _matching([each.header], wanted))
            )
            if life.is_over or (limit is not None and len(found) >= limit):
                break
        return found[:limit]

    def difference(self, before: int, after: int) -> Difference:
        """Return what differs between two txns.

        Raises:
            PondError: `before` is later.
        """
        if before > after:
            msg = f"txn {before} is later than txn {after}"
            raise PondError(msg, hint="name the earlier one first")
        assets = {each.provenance.asset for each in self._log.headers(after=before, upto=after)}
        return difference(self._log, self._view(before), self._view(after), likely=assets)

    def _txn_at(self, instant_us: int, head: int) -> int:
        return next((h.txn for h in self._newest_first(head) if h.ts_us <= instant_us), 0)

    def _last_txn_of(self, run_id: str, head: int) -> int:
        of_run = (h.txn for h in self._newest_first(head) if h.provenance.run_id == run_id)
        txn = next(of_run, None) if run_id else None
        if txn is None:
            msg = f"no transaction was made by a run {run_id!r}"
            raise self._not_found(msg, hint="a run that changed nothing makes none; see `pond log`")
        return txn

    def _newest_first(self, head: int) -> Iterator[Header]:
        for after, upto in _stretches(head, _STRETCH):
            yield from reversed(self._log.headers(after=after, upto=upto))

    def _trail(self, path: str | None, upto: int) -> Trail | None:
        if path is None or (real := paths.resolve(path, "/")) == "/":
            return None  # every transaction touched the root or what is below it
        view = self._view(upto)
        with _told_of_patterns(path):
            return Trail(view, _meant(view, real), as_of=self._view)

    def _bounds(self, wanted: LogFilter | None, upto: int) -> tuple[int, int]:
        """Return the txn after which, and the one up to which a filter's instants lie."""
        if wanted is None:
            return 0, upto
        bounds = [
            None if each is None else self._txn_at(to_us(each) - 1, upto)
            for each in (wanted.since, wanted.until)
        ]
        return bounds[0] or 0, upto if bounds[1] is None else bounds[1]

    def _floor(self, upto: int) -> int:
        """Return the txn up to which it is not known any more which paths were touched."""
        horizon = self._log.shown.horizon
        if upto < horizon:
            msg = f"what was done to which path up to txn {horizon} was dropped"
            hint = "`pond diff` tells what differs between moments that were kept"
            raise SnapshotForgottenError(msg, path=self._log.label, hint=hint)
        return horizon

    def _view(self, txn: int) -> OpLogBackend:
        return OpLogBackend(self._log, self._objects, txn=txn)

    def _not_found(self, msg: str, *, hint: str = "`pond log` lists them") -> NotFoundError:
        return NotFoundError(msg, path=self._log.label, hint=hint)


def _month(header: Header) -> tuple[int, int]:
    committed = from_us(header.ts_us)
    return committed.year, committed.month


def _stretches(upto: int, size: int, *, floor: int = 0) -> Iterator[tuple[int, int]]:
    """Yield ranges `(after, upto]` of txns, the newest first, each longer than the one before."""
    while upto > floor:
        after = max(floor, upto - size)
        yield after, upto
        upto, size = after, size * _GROWTH


def _matching(headers: Iterable[Header], wanted: LogFilter) -> list[Header]:
    asset = None if wanted.asset is None else Pattern.parse(wanted.asset, base="/")
    return [
        header
        for header in headers
        if wanted.run_id in (None, header.provenance.run_id)
        and (wanted.partition is None or _is_persisted(header, wanted.partition))
        and (asset is None or _is_matched(asset, header.provenance.asset))
    ]


def _is_persisted(header: Header, partition: str) -> bool:
    return any(
        each == partition or each.startswith(f"{partition}-")
        for each in header.provenance.partitions
    )


@contextmanager
def _told_of_patterns(path: str) -> Iterator[None]:
    """Say of a pattern that nothing matches it, and not that there is no such name."""
    try:
        yield
    except NotFoundError as error:
        with suppress(InvalidPathError):
            if Pattern.parse(path, base="/").wildcards:
                msg, hint = f"nothing matches {path}", error.hint or "list what is there: pond ls"
                raise NotFoundError(msg, path=path, hint=hint) from error
        raise


def _meant(view: Backend, path: str) -> list[str]:
    """Return what a pattern matches; else, and where something has that very name, the path."""
    if locate(view, path, follow=False).entry is None:
        with suppress(InvalidPathError):
            matched = [visit[0] for visit, _ in glob(view, Pattern.parse(path))]
            return matched or [path]
    return [path]


def _is_matched(pattern: Pattern, text: str) -> bool:
    try:
        return pattern.match(text) is not None
    except InvalidPathError:
        return False  # a program may call an asset whatever it likes
