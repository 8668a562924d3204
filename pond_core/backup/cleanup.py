"""Clean-up: what no point needs is listed, and a day later it is deleted; see `condemned`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pond_core.backup import segment
from pond_core.backup.condemned import WAIT, Condemned, condemn, deleting, now
from pond_core.backup.files import SHARED, Files
from pond_core.backup.point import ENDS, POINTS, file_of
from pond_core.backup.points import Points
from pond_core.storage import Place, Stored

_OURS = re.compile(
    r"(?:ponds/[^/]+/)?(?:objects|segments)/[0-9a-f]{2}/[0-9a-f]{64}"
    r"|ponds/[^/]+/points/[0-9]{20}\.json"
)
"""Where files are that a push writes; whatever else lies beside them is not ours to delete."""

_AT_ONCE = 500
"""Files that are deleted between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """What a clean-up did.

    Attributes:
        deleted: Files that no point needs and that were deleted.
        freed: Their bytes.
        waiting: Files that no point needs, and that go a day after they were listed.
    """

    deleted: int
    freed: int
    waiting: int


def clean_up(place: Place, ponds: Sequence[Files]) -> CleanedUp:
    """Delete what was listed a day ago and is still not needed, and list what is not.

    Args:
        place: Where the backups are.
        ponds: The files of all ponds that have one there.

    Raises:
        CorruptionError: A point or a segment is damaged, so that nobody knows what is needed.
        StorageError: The place refuses, or somebody else is deleting.
    """
    deleted: list[Stored] = []
    for files in ponds:
        Points(files).mend_hint()
    listed = Condemned.read(place)
    if listed.since is not None:
        if now(place) - listed.since < WAIT:
            return CleanedUp(0, 0, len(listed.names))
        with deleting(place) as may_go_on:
            if Condemned.read(place) != listed:
                # Another one has deleted, and has made a list of its own since.
                return CleanedUp(0, 0, len(listed.names))
            going = [
                each
                for each in _unneeded(place, ponds)
                if each.name in listed.names and each.changed <= listed.since
            ]
            # Points before what they need; one that nobody needs may lack something for a while.
            going.sort(key=lambda each: (f"/{POINTS}/" not in each.name, each.name))
            while going and may_go_on():
                place.delete([each.name for each in going[:_AT_ONCE]])
                deleted += going[:_AT_ONCE]
                del going[:_AT_ONCE]
            if not going:
                condemn(place, ())
        if going:
            return CleanedUp(len(deleted), sum(each.size for each in deleted), len(going))
    waiting = [each.name for each in _unneeded(place, ponds)]
    condemn(place, waiting)
    return CleanedUp(len(deleted), sum(each.size for each in deleted), len(waiting))


def _unneeded(place: Place, ponds: Sequence[Files]) -> list[Stored]:
    """Return our files that no point needs. What is there is listed before points are read."""
    folders = {files.where(name) for files in ponds for name in (*SHARED, POINTS)}
    found = [each for folder in sorted(folders) for each in place.files(folder)]
    needed = {files.where(name) for files in ponds for name in _needed(files)}
    return [each for each in found if _OURS.fullmatch(each.name) and each.name not in needed]


def _needed(files: Files) -> Iterator[str]:
    points = Points(files)
    newest = points.newest()
    if newest is None:
        return
    staying = [points.get(n) for n in points.numbers() if n >= newest.first]
    yield from (file_of(point.number) for point in staying)
    yield from (file_of(number, folder=ENDS) for number in points.numbers(ENDS))
    segments = {each.sha256 for point in (*staying, *points.ends()) for each in point.segments}
    for digest in segments:
        name = segment.file_of(digest)
        yield name
        with files.open(name) as file:
            objects = segment.objects_in(segment.references(name, file))
        yield from map(segment.object_file_of, objects)
