"""Healing: what is missing or damaged in a backup is sent again by the pond that it is of."""

import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.inspection import Inspection, inspect
from pond_core.backup.point import ENDS, POINTS, Point, Segment, file_of
from pond_core.backup.points import Points
from pond_core.backup.progress import Fetched, silent
from pond_core.backup.sending import Sending
from pond_core.errors import CorruptionError
from pond_core.oplog import OpLog, Proof
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
        beyond = newest.followed(first=max(lost) + 1)
        if points.add(beyond):  # else another one pushed, and they are needed until the next time
            files.delete([file_of(number) for number in numbers if number <= max(lost)])


def heal(
    files: Files,
    log: OpLog,
    objects: ObjectStore,
    *,
    temporary: Path,
    told: Fetched,
) -> Inspection:
    """Send objects and segments again that are missing or damaged, as far as the pond has them.

    Args:
        files: The files of the backup.
        log: The pond's log.
        objects: Its objects.
        temporary: A directory for what is fetched to be looked at.
        told: Is told what was read.

    Returns:
        What is there afterwards.
    """
    found = inspect(files, full=True, temporary=temporary, told=told)

    def send_anew() -> bool:
        return _send_anew(files, _lost(found), log, Sending(files, silent, time.sleep), objects)

    def send_again() -> bool:
        return _send_again(files, _lost(found), log, objects)

    # Again at the end: only a segment that is there tells which objects it needs.
    for send in (send_again, send_anew, send_again):
        if not found.ok and send():
            found = inspect(files, full=True, temporary=temporary, told=told)
    return found


def _lost(found: Inspection) -> set[str]:
    return {finding.where for finding in found.findings}


def _send_again(files: Files, lost: Collection[str], log: OpLog, objects: ObjectStore) -> bool:
    """Send what would be the same bytes; False if nothing is."""
    segments = {
        segment.file_of(each.sha256): each for point in _readable(files) for each in point.segments
    }
    is_any = False
    for name in lost:
        digest = name.rpartition("/")[2]
        if name in segments:
            data = segment.encode(_rows(log, segments[name]))
            if sha256_of(data) == digest:
                files.write(name, data)
                is_any = True
        elif name == segment.object_file_of(digest) and objects.has(digest):
            objects.fetch([digest])
            files.send(objects.path(digest), name, digest=digest)
            is_any = True
    return is_any


def _send_anew(
    files: Files, lost: Collection[str], log: OpLog, sending: Sending, objects: ObjectStore
) -> bool:
    """Send segments of the newest point whose bytes would be others now; False if there are none.

    Another version of Arrow writes others; and what has lost rows to an expiry has them again. A
    new point names them, and says that those before it are not needed.
    """
    points = Points(files)
    newest = points.newest()
    if newest is None:
        return False
    shown = log.shown
    segments = list(newest.segments)
    for at, each in enumerate(newest.segments):
        # Before its horizon the pond does not have all rows.
        if segment.file_of(each.sha256) in lost and each.after >= log.shown.horizon:
            rows = _rows(log, each)
            last = log.header(each.after)
            Proof(horizon=log.shown.horizon, last=last).add(rows.drop_columns(["object"]))
            sending.send_objects(segment.objects_in(rows), objects)
            digest, size = sending.send_segment(rows)
            segments[at] = replace(each, sha256=digest, size=size)
    if segments == list(newest.segments):
        return False
    sending.finish()
    log.head()
    if log.shown != shown:
        return False  # rows may have been forgotten meanwhile: it is healed the next time
    sent = newest.bytes + sending.bytes
    beyond = newest.followed(first=newest.number + 1, bytes=sent, segments=tuple(segments))
    return points.add(beyond)  # else another one pushed: it is healed the next time


def _rows(log: OpLog, each: Segment) -> pa.Table:
    return segment.with_objects(log.transcript(after=each.after, upto=each.upto))


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
