"""Points: what a backup says it holds, as JSON that is named by its own digest."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from pond_core.errors import FormatTooNewError
from pond_core.oplog import Shown, dump_facts
from pond_core.storage import sha256_of

FORMAT = 1
"""The format of backups that this version writes, and the newest that it reads."""

_NAME = re.compile(r"(?P<txn>[0-9]{20})-(?P<digest>[0-9a-f]{64})\.json")


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
    """A moment that a pond can be restored to, and every one before it back to the horizon.

    Attributes:
        pond: The pond's UUID.
        txn: The newest transaction.
        hash: The hash of its header, which proves all before it.
        ts_us: When it committed, microseconds since the epoch; 0 in an empty pond.
        horizon: The txn from which on all can be restored from this point.
        objects: How many objects were sent for it and the points before it.
        bytes: How many bytes were sent for it and the points before it, points not counted.
        segments: The rows of the log, without a hole from txn 1 on.
        kept: Txns before the horizon that can be restored, too.
    """

    pond: str
    txn: int
    hash: str
    ts_us: int
    horizon: int
    objects: int
    bytes: int
    segments: tuple[Segment, ...]
    kept: tuple[int, ...] = ()

    @property
    def shown(self) -> Shown:
        """Which txns can be restored, of those up to its own."""
        return Shown(self.horizon, self.kept)


def folder_of(pond: str) -> str:
    """Return where the points of a pond are."""
    return f"ponds/{pond}"


def txn_of(name: str) -> int | None:
    """Return the txn of the point that a file is, by its name; None if it is no point."""
    found = _NAME.fullmatch(PurePosixPath(name).name)
    return int(found["txn"]) if found else None


def digest_in(name: str) -> str:
    """Return the digest that a point's file must have, by its name."""
    return PurePosixPath(name).stem.partition("-")[2]


def encode(point: Point) -> tuple[str, bytes]:
    """Return the name of a point's file, and the file's bytes."""
    data = dump_facts({"format": FORMAT, **asdict(point)}).encode()
    return f"{folder_of(point.pond)}/{point.txn:020}-{sha256_of(data)}.json", data


def decode(name: str, data: bytes) -> Point:
    """Return the point that a file is, whose bytes have its name.

    Raises:
        FormatTooNewError: A newer DuckPond wrote it.
    """
    facts = json.loads(data)
    if facts["format"] > FORMAT:
        msg = f"{name} has format {facts['format']}, this DuckPond reads up to {FORMAT}"
        raise FormatTooNewError(msg, hint="install a newer duckpond")
    del facts["format"]
    segments = tuple(Segment(**each) for each in facts.pop("segments"))
    kept = tuple(facts.pop("kept", ()))
    return Point(**facts, segments=segments, kept=kept)
