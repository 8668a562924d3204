"""The pond that a migration goes into; in a dry run it is only looked at."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pond_core import FS, MemoryBackend, Pond, Provenance, ReadFS, Transaction

T = TypeVar("T")

_AUTHOR = "pond migrate"


class Target:
    """A pond that is made when something is first written to it.

    Args:
        path: Its directory, or its URL.
        dry_run: Whether nothing may be written.
        now: The present instant.

    Attributes:
        dry_run: As given.
        now: As given.
        txn: The newest transaction of this migration; None before the first.
    """

    def __init__(self, path: str | Path, *, dry_run: bool, now: datetime) -> None:
        self._path = path
        self._pond = Pond.open(path) if Pond.exists(path) else None
        self.dry_run = dry_run
        self.now = now
        self.txn: int | None = None

    def read(self) -> ReadFS:
        """Return the pond as it is now; an empty tree where there is none."""
        return FS(MemoryBackend()) if self._pond is None else self._pond.snapshot()

    def change(
        self, change: Callable[[Transaction], T], *, message: str, path: str
    ) -> tuple[T, int | None]:
        """Change the pond in one transaction; return what `change` returned, and the txn."""
        if self._pond is None:
            self._pond = Pond.init(self._path, exist_ok=True)
        provenance = Provenance(author=_AUTHOR, message=message, asset=path)
        result, header = self._pond.transact(change, provenance)
        if header is None:
            return result, None
        self.txn = header.txn
        return result, header.txn
