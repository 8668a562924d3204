"""What is known of a kept file: where it came from, what it holds, or why it cannot be read.

A verdict is kept with its file, as attributes, so that a file is read and parsed again only when
it changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from pond_core import EntryType, ReadFS, Snapshot, Stamp

_NEVER = "never"
"""The settings under which a file was read that nobody read."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one file holds of one location.

    Attributes:
        location: The location's name in the file.
        first_us: Its first reading, in microseconds since the epoch; None without a reading.
        last_us: Its last.
        months: How many readings it has in each calendar month in UTC, by its key, `2025-03`.
    """

    location: str
    first_us: int | None = None
    last_us: int | None = None
    months: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one file.

    Attributes:
        name: The file's path below its folder.
        sha256: Of its bytes.
        stamp: As it was when it was read; None for what came into the pond in another way.
        held: The locations that it knows, and when they have readings in it.
        problem: Why it cannot be read, and what to do; empty when it can.
        read_as: The settings under which that was found.
    """

    name: str
    sha256: str
    stamp: Stamp | None = None
    held: tuple[Held, ...] = ()
    problem: str = ""
    read_as: str = ""

    @property
    def locations(self) -> tuple[str, ...]:
        """The names of the locations that it knows."""
        return tuple(each.location for each in self.held)

    def facts(self) -> dict[str, object]:
        """Return the verdict as the attributes of the file's node; the digest is a piece's."""
        stamp = self.stamp
        return {
            "stamp": None if stamp is None else [stamp.size, stamp.mtime_ns, stamp.inode],
            "locations": [
                [each.location, each.first_us, each.last_us, dict(each.months)]
                for each in self.held
            ],
            "problem": self.problem,
            "read_as": self.read_as,
        }

    @classmethod
    def of(cls, name: str, facts: Mapping[str, Any], *, sha256: str) -> "Verdict":
        """Return what the attributes of a file's node say.

        A file that came into the pond in another way has none: it counts as never read.
        """
        if "read_as" not in facts:
            return cls(name, sha256, read_as=_NEVER)
        stamp = facts["stamp"]
        return cls(
            name=name,
            sha256=sha256,
            stamp=None if stamp is None else Stamp(*stamp),
            held=tuple(Held(*each) for each in facts["locations"]),
            problem=facts["problem"],
            read_as=facts["read_as"],
        )


def versions_of(verdicts: Mapping[str, Verdict]) -> list[str]:
    """Return what tells the content of a folder: names and digests, in order."""
    return [f"{name} {verdicts[name].sha256}" for name in sorted(verdicts)]


def stored_verdicts(fs: ReadFS, directory: str) -> dict[str, Verdict]:
    """Return the verdicts that are kept with the files of a pond directory, by name."""
    if not isinstance(fs, Snapshot):
        return _read_verdicts(fs, directory)
    known = _BY_SNAPSHOT.setdefault(fs, {})
    if directory not in known:
        known[directory] = _read_verdicts(fs, directory)
    return dict(known[directory])


def _read_verdicts(fs: ReadFS, directory: str) -> dict[str, Verdict]:
    if not fs.exists(directory):
        return {}
    verdicts = {}
    for file in fs.walk(directory):
        if file.entry_type is EntryType.DATA:
            node, name = file.node, file.path.removeprefix(f"{directory}/")
            digest = next((piece.sha256 for piece in node.pieces), "")
            verdicts[name] = Verdict.of(name, node.attributes, sha256=digest)
    return verdicts


_BY_SNAPSHOT: WeakKeyDictionary[Snapshot, dict[str, dict[str, Verdict]]] = WeakKeyDictionary()
"""What was read of snapshots, which never change: each place of a folder asks for its files."""
