"""What a pond's machine knows of the backups without asking them: when each was last spoken to.

It is news and never truth: it may be deleted at any time, and a file of it that cannot be read is
as good as none. What rests on it is a question: whether a place that has lost all was unplugged.
"""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from pond_core.errors import PondError, StoreError
from pond_core.storage import Durability, Folder, sha256_of

CONTACTS = "contacts"
"""Where in a pond's directory they are; of a pond in a bucket, in that of its copies."""

Way = Literal["push", "pull"]
"""Whether the pond is brought there, or comes from there."""


@dataclass(frozen=True, slots=True)
class Contact:
    """The newest that is known of a backup. Instants are microseconds since the epoch.

    Attributes:
        place: What the backup is called in messages; nothing secret.
        way: `push`: this pond is backed up there. `pull`: it follows the pond whose backup it is.
        tried_us: When that was last tried.
        done_us: When it last succeeded; None if it never did.
        txn: The newest transaction that was there then; None if it never succeeded.
        ts_us: When that transaction committed, by the clock of who committed it.
        error: Why the newest try failed; empty if it succeeded.
    """

    place: str
    way: Way
    tried_us: int
    done_us: int | None = None
    txn: int | None = None
    ts_us: int | None = None
    error: str = ""


class Contacts:
    """The contacts of a pond: one file each, so that nobody writes over another's.

    Args:
        pond: The pond's directory; of a pond in a bucket, that of its copies.

    Attributes:
        folder: The directory of the files.
    """

    def __init__(self, pond: Path) -> None:
        self.folder = pond / CONTACTS
        # Who reads them after a power loss does without: nobody waits for the disk.
        self._files = Folder(self.folder, durability=Durability(full=False))

    def all(self) -> list[Contact]:
        """Return them by place; what cannot be read is left out."""
        found = [self._read(path.name) for path in self.folder.glob("*.json")]
        return sorted((each for each in found if each), key=lambda each: (each.place, each.way))

    def of(self, place: str, way: Way) -> Contact | None:
        """Return what is known of one; None where nothing is."""
        return self._read(self.file(place, way).name)

    def succeeded(self, place: str, way: Way, *, txn: int, ts_us: int) -> None:
        """Note that a backup and the pond are in step; where that cannot be noted, it is not.

        Args:
            place: What the backup is called in messages.
            way: `push` or `pull`.
            txn: The newest transaction that is there.
            ts_us: When that committed, microseconds since the epoch.
        """
        now_us = _now_us()
        self._note(Contact(place, way, now_us, done_us=now_us, txn=txn, ts_us=ts_us))

    def failed(self, place: str, way: Way, error: str) -> None:
        """Note why that did not succeed; what is known of the last success stays."""
        self._note(Contact(place, way, _now_us(), error=error))

    @contextlib.contextmanager
    def noting_failure(self, place: str, way: Way) -> Iterator[None]:
        """Note why what is done meanwhile does not succeed, if it does not."""
        try:
            yield
        except PondError as exc:
            self.failed(place, way, str(exc))
            raise

    def file(self, place: str, way: Way) -> Path:
        """Return where it is kept what is known of a backup."""
        named = f"{way} {place}".encode(errors="surrogatepass")
        return self.folder / f"{sha256_of(named)}.json"

    def _note(self, contact: Contact) -> None:
        # A pond that may only be read can be pushed all the same.
        with contextlib.suppress(StoreError):
            self._files.prepare()
            name = self.file(contact.place, contact.way).name
            with self._files.writing():
                before = self._read(name)
                if contact.error and before is not None:
                    contact = replace(before, tried_us=contact.tried_us, error=contact.error)
                self._files.write(name, json.dumps(asdict(contact), indent=1).encode())

    def _read(self, name: str) -> Contact | None:
        try:
            return _decoded(json.loads(self._files.read(name) or b""))
        except (StoreError, ValueError, KeyError, TypeError, RecursionError):
            return None


def _decoded(facts: Mapping[str, Any]) -> Contact:
    """Return a contact; what a newer DuckPond may say besides is left out.

    Raises:
        KeyError: Something is missing.
        TypeError: Something is of another type.
        ValueError: It is no contact.
    """
    told = {each.name: facts[each.name] for each in fields(Contact)}
    numbers = [told[name] for name in ("done_us", "txn", "ts_us")]
    is_one = (
        all(isinstance(told[name], str) for name in ("place", "error"))
        and told["way"] in get_args(Way)
        and isinstance(told["tried_us"], int)
        and (all(isinstance(each, int) for each in numbers) or numbers == [None] * 3)
    )
    if not is_one:
        msg = "no contact"
        raise ValueError(msg)
    return Contact(**told)


def _now_us() -> int:
    return time.time_ns() // 1000
