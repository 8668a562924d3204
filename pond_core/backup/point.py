"""Points: what a backup says it holds, as JSON that has its own digest in it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from pond_core.errors import CorruptionError, FormatTooNewError, FormatTooOldError
from pond_core.oplog import Shown, dump_facts
from pond_core.storage import sha256_of

FORMAT = 2
"""The format of backups that this version writes and reads."""

FIRST = 1
"""The number of a pond's first point."""

POINTS = "points"
"""Where points are."""

ENDS = "ends"
"""Where those are once more whose moments no later point has."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of the log, immutable: one Parquet file.

    Attributes:
        sha256: The digest of its bytes, which is its name.
        size: Bytes.
        after: The txn before its first one.
        upto: Its last txn.
        pushes: Of how many pushes it has the rows; such of as many are written anew as one. 0 if
            it is full.
    """

    sha256: str
    size: int
    after: int
    upto: int
    pushes: int


@dataclass(frozen=True, slots=True)
class Point:
    """A moment that a pond can be restored to, with all that can be restored besides.

    Attributes:
        number: 1, 2, 3 ... without holes: two who push at once cannot both make one.
        previous: The digest of the point before it; empty of the first.
        pond: The pond's UUID.
        txn: The newest transaction.
        hash: The hash of its header, which proves all before it.
        ts_us: When it committed, microseconds since the epoch; 0 in an empty pond.
        horizon: The txn from which on all can be restored from this point.
        first: The first point that has to be there: it has all that those before it could give.
        thinned_us: When it was last looked which moments expire: when the newest of then
            committed; 0 if it never was.
        objects: How many objects were sent for it and the points before it.
        bytes: How many bytes were sent for it and the points before it, points not counted.
        segments: The rows of the log, without a hole from txn 1 on.
        kept: Txns before the horizon that can be restored, too.
        kept_us: When these committed.
    """

    number: int
    previous: str
    pond: str
    txn: int
    hash: str
    ts_us: int
    horizon: int
    objects: int
    bytes: int
    segments: tuple[Segment, ...]
    kept: tuple[int, ...] = ()
    kept_us: tuple[int, ...] = ()
    first: int = FIRST
    thinned_us: int = 0

    @property
    def shown(self) -> Shown:
        """Which txns can be restored, of those up to its own."""
        return Shown(self.horizon, self.kept)

    def followed(self, **facts: Any) -> "Point":  # noqa: ANN401 -- its own fields
        """Return the point after this one, which says something else besides."""
        return replace(self, number=self.number + 1, previous=self.digest, **facts)

    @property
    def digest(self) -> str:
        """What the next point knows it by."""
        return _digest(asdict(self))


def file_of(number: int, *, folder: str = POINTS) -> str:
    """Return where among the pond's own files a point is."""
    return f"{folder}/{number:020}.json"


def encode(point: Point) -> bytes:
    """Return the bytes of a point's file."""
    return dump_facts({"format": FORMAT, "sha256": point.digest, "point": asdict(point)}).encode()


def decode(where: str, data: bytes) -> Point:
    """Return the point that a file is.

    Raises:
        CorruptionError: It is not what was written.
        FormatTooNewError: A newer DuckPond wrote it.
        FormatTooOldError: So old a DuckPond wrote it that this one does not know it.
    """
    try:
        facts = json.loads(data)
        number, digest, told = int(facts["format"]), facts["sha256"], facts["point"]
    except (ValueError, KeyError, TypeError):
        number, digest, told = FORMAT, "", {}
    if number > FORMAT:
        msg = f"{where} has format {number}, this DuckPond reads {FORMAT}"
        raise FormatTooNewError(msg, hint="install a newer duckpond")
    if number < FORMAT:
        msg = f"{where} has format {number}, this DuckPond reads {FORMAT}"
        raise FormatTooOldError(msg, hint="push to a new place")
    try:
        if _digest(told) == digest:
            told["segments"] = tuple(Segment(**each) for each in told["segments"])
            told |= {name: tuple(told[name]) for name in ("kept", "kept_us")}
            return Point(**told)
    except (KeyError, TypeError):
        pass  # whoever keeps the file can give it any digest
    msg = f"{where} is damaged"
    raise CorruptionError(msg, hint="docs/backup.md says what can be done about it")


def _digest(facts: Mapping[str, Any]) -> str:
    return sha256_of(dump_facts(facts).encode())
