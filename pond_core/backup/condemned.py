"""What a clean-up is about to delete, and the order of events that makes it safe beside a push.

A clean-up takes two steps, at least a day apart by the clock of whoever keeps the files. First it
lists what no point needs. A day later it says that it is deleting, looks again at the points and at
the files, and deletes what is on the list, still not needed, and not written since.

A push uses a file that is there already, but sends again what is on the list. If nobody was
deleting after it had sent that, then whoever deletes later sees that it was written since. If
somebody was, the push waits until they are done, and looks whether what it needs is still there.
What came onto the list after a push began cannot go before it ends: a push that takes more than
half a day makes no point.
"""

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pond_core.errors import CorruptionError, StorageError
from pond_core.oplog import dump_facts
from pond_core.storage import Place, sha256_of

WAIT = timedelta(hours=24)
"""How long what is listed stays."""

PUSH_S = 12 * 3600
"""How long a push may take."""

_FOLDER = "condemned"
_LIST = f"{_FOLDER}/list.json"
_DELETING = f"{_FOLDER}/deleting"
_SUCCESSOR = f"{_FOLDER}/after-"
_CLOCK = f"{_FOLDER}/clock"

_DELETING_S = 1800
"""A clean-up stops deleting after so long, and goes on when it is asked for again."""

_DEAD = timedelta(seconds=2 * _DELETING_S)
"""One that said so long ago that it is deleting is dead."""

_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Condemned:
    """What is listed for deletion in a place.

    Attributes:
        names: Where the files are.
        since: When the list was made, by the place's clock; None if there is none.
    """

    names: frozenset[str] = frozenset()
    since: datetime | None = None

    @classmethod
    def names_in(cls, place: Place) -> frozenset[str]:
        """Return what is listed, at the cost of one request."""
        data = place.read(_LIST)
        if data is None:
            return frozenset()
        try:
            return frozenset(json.loads(data)["names"])
        except (ValueError, KeyError, TypeError) as exc:
            msg = f"{place.label}/{_LIST} is damaged"
            raise CorruptionError(
                msg, hint="`pond backup verify --repair` does without it"
            ) from exc

    @classmethod
    def read(cls, place: Place) -> "Condemned":
        """Return what is listed, and since when."""
        # In this order: a list that is made meanwhile must not be taken for an old one.
        names = cls.names_in(place)
        return cls(names, _changed(place).get(_LIST))


def clock_s() -> float:
    """Return seconds by a clock that goes on while the machine sleeps, as others do meanwhile."""
    # `time.monotonic` does not. Where Linux's clock is unknown, as on macOS, this one does.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def condemn(place: Place, names: Collection[str]) -> None:
    """List files for deletion, in place of those that were listed before."""
    if names:
        place.write(_LIST, dump_facts({"names": sorted(names)}).encode())
    else:
        place.delete([_LIST])


def drop_damaged_list(place: Place) -> None:
    """Do without a list that cannot be read; the next clean-up makes a new one.

    Raises:
        StorageError: Somebody is deleting by it.
    """
    try:
        Condemned.names_in(place)
    except CorruptionError:
        with deleting(place):
            condemn(place, ())


def now(place: Place) -> datetime:
    """Return the time by the clock of whoever keeps a place's files."""
    place.write(_CLOCK, b"")
    return _changed(place)[_CLOCK]


@contextlib.contextmanager
def deleting(place: Place) -> Iterator[Callable[[], bool]]:
    """Be the only one that deletes, and yield what says whether that may go on.

    It may not when it has taken too long, or another one took this one for dead.

    Raises:
        StorageError: Somebody else is deleting.
    """
    mine = secrets.token_hex().encode()

    def is_mine() -> bool:
        return place.read(_DELETING) == mine

    if not place.create(_DELETING, mine) and not is_mine():
        since = _changed(place).get(_DELETING)
        is_dead = since is None or now(place) - since >= _DEAD
        if not (is_dead and _succeed(place, mine)):
            msg = f"another clean-up is deleting in {place.label}"
            hint = "wait until it is done; one that was killed is forgotten after an hour"
            raise StorageError(msg, hint=hint)
    end_s = clock_s() + _DELETING_S
    try:
        yield lambda: clock_s() < end_s and is_mine()
    finally:
        if is_mine():
            claims = [name for name in _changed(place) if name.startswith(_SUCCESSOR)]
            place.delete([_DELETING, *claims])


def _succeed(place: Place, mine: bytes) -> bool:
    """Take the place of one that died; False if it is not dead, or another one has done so."""
    dead = place.read(_DELETING)
    if dead is None:
        return place.create(_DELETING, mine)
    # Named by whom it follows: of two who find the same one dead, one comes first.
    claim = f"{_SUCCESSOR}{sha256_of(dead)}"
    if not place.create(claim, mine) and place.read(claim) != mine:
        since = _changed(place).get(claim)
        if since is None or now(place) - since < _DEAD:
            return False
    if place.read(_DELETING) != dead:  # it has been succeeded, and the successor is done
        return False
    place.write(_DELETING, mine)
    return True


def await_deletion(place: Place, sleep: Callable[[float], None]) -> None:
    """Wait until nobody deletes."""
    while place.size(_DELETING) is not None:
        since = _changed(place).get(_DELETING)
        if since is None or now(place) - since >= _DEAD:
            return
        sleep(_LOOK_S)


def _changed(place: Place) -> Mapping[str, datetime]:
    return {each.name: each.changed for each in place.files(_FOLDER)}
