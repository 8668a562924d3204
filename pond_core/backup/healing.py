"""Healing: what is missing or damaged in a backup is sent again by the pond that it is of."""

from collections.abc import Iterable
from dataclasses import replace

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import ENDS, POINTS, Point, Segment, file_of
from pond_core.backup.points import Points
from pond_core.errors import CorruptionError, Finding
from pond_core.oplog import OpLog
from pond_core.storage import sha256_of
from pond_core.tlogfs import ObjectStore


def drop_damaged_points(files: Files) -> None:
    """Do without points that cannot be read, so that the next push can make a newest one.

    Where one is lost in between, a new point says that nothing before it is needed. An end that
    cannot be read is taken from the point that it was, or goes.
    """
    points = Points(files)
    numbers = points.numbers()
    whole = {number for number in numbers if _is_whole(points, number)}
    for number in points.numbers(ENDS):
        if number in whole and not _is_whole(points, number, ENDS):
            points.end(points.get(number))
        elif not _is_whole(points, number, ENDS):
            points.drop_end(number)
    while numbers and numbers[-1] not in whole:
        files.delete([file_of(numbers.pop())])
    points.mend_hint()
    newest = points.newest()
    if newest is None:
        return
    lost = set(range(newest.first, newest.number)) - whole
    if lost:
        number = newest.number + 1
        beyond = replace(newest, number=number, previous=newest.digest, first=max(lost) + 1)
        if points.add(beyond):  # else another one pushed, and they are needed until the next time
            files.delete([file_of(number) for number in numbers if number <= max(lost)])


def send_again(files: Files, findings: Iterable[Finding], log: OpLog, objects: ObjectStore) -> None:
    """Send objects and segments again that are missing or damaged, as far as the pond has them.

    Args:
        files: The files of the backup.
        findings: What an inspection found.
        log: The pond's log.
        objects: Its objects.
    """
    segments = {
        segment.file_of(each.sha256): each for point in _readable(files) for each in point.segments
    }
    for name in {finding.where for finding in findings}:
        digest = name.rpartition("/")[2]
        if name in segments:
            _send_segment(files, segments[name], log)
        elif name == segment.object_file_of(digest) and objects.has(digest):
            objects.fetch([digest])
            files.send(objects.path(digest), name, digest=digest)


def _send_segment(files: Files, each: Segment, log: OpLog) -> None:
    """Make a segment anew, if the pond still has its rows, and an expiry did not take any away."""
    rows = segment.with_objects(log.transcript(after=each.after, upto=each.upto))
    data = segment.encode(rows)
    if sha256_of(data) == each.sha256:
        files.write(segment.file_of(each.sha256), data)


def _readable(files: Files) -> list[Point]:
    points = Points(files)
    whole = [number for number in points.numbers(POINTS) if _is_whole(points, number)]
    return [*(points.get(number) for number in whole), *points.ends()]


def _is_whole(points: Points, number: int, folder: str = POINTS) -> bool:
    try:
        points.get(number, folder)
    except CorruptionError:
        return False
    return True
