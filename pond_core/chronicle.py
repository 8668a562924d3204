"""Looking back: what a pond tells of its transactions."""

from abc import ABC, abstractmethod

from pond_core.oplog import Header
from pond_core.tlogfs import AsOf, Difference, History, LogFilter, LoggedTransaction


class Chronicle(ABC):
    """What was done to a pond, when, by whom, and what it changed."""

    def log(
        self,
        *,
        limit: int | None = None,
        as_of: AsOf | None = None,
        wanted: LogFilter | None = None,
    ) -> list[Header]:
        """Return the headers of the transactions, newest first.

        Args:
            limit: How many at most.
            as_of: The newest that is given, as in `snapshot`.
            wanted: Which ones; None is all.

        Raises:
            NotFoundError: There is no such moment, or no such path.
        """
        upto = self._history.txn(as_of)
        return self._history.headers(upto=upto, limit=limit, wanted=wanted)

    def show(self, as_of: AsOf | None = None) -> LoggedTransaction:
        """Return what one transaction did; of a run or until an instant, the last one.

        Raises:
            NotFoundError: There is no such transaction.
            SnapshotForgottenError: Some of what it did was dropped.
        """
        return self._history.show(self._history.txn(as_of))

    def changes_of(
        self,
        path: str,
        *,
        limit: int | None = None,
        as_of: AsOf | None = None,
        wanted: LogFilter | None = None,
    ) -> list[LoggedTransaction]:
        """Return what was done to the node at a path, newest first, whatever its name was then.

        Args:
            path: The node; a symlink is not followed. Of a directory, the names that came into it
                and went are told as well. Of a pattern, all nodes that it matches.
            limit: How many transactions at most.
            as_of: When the node is at that path, and the newest transaction that is given.
            wanted: Which transactions; its `path` says nothing here.

        Raises:
            NotFoundError: Nothing is there.
        """
        upto = self._history.txn(as_of)
        return self._history.of_path(path, upto=upto, limit=limit, wanted=wanted)

    def diff(self, before: AsOf, after: AsOf | None = None) -> Difference:
        """Return what differs between two moments, the later of which is now if left out.

        Raises:
            PondError: `before` is the later one.
            NotFoundError: There is no such moment.
        """
        return self._history.difference(self._history.txn(before), self._history.txn(after))

    def month_ends(self, before: AsOf) -> list[int]:
        """Return the last txn of each month (UTC) before a moment, as far as it can be shown.

        A month without transactions has none: the pond was as the one before had left it.

        Raises:
            NotFoundError: There is no such moment.
        """
        return self._history.month_ends(self._history.any_txn(before))

    @property
    @abstractmethod
    def _history(self) -> History:
        """The pond's history, as of a fresh look."""
