"""Whether a backup is complete, and whether each byte of it is what was sent."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import ENDS, FIRST, POINTS, Point, Segment, file_of
from pond_core.backup.points import Points
from pond_core.backup.progress import Fetched
from pond_core.errors import CorruptionError, Finding
from pond_core.oplog import Proof

_AT_ONCE = 8
"""Objects that are looked at together: each look waits for an answer."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was looked at, and what is wrong.

    Attributes:
        points: Points that were looked at.
        segments: Segments that these name.
        objects: Objects that the rows of these refer to.
        bytes: What segments and objects come to, as far as their sizes are told.
        findings: What is wrong; empty when all is well.
    """

    points: int
    segments: int
    objects: int
    bytes: int
    findings: tuple[Finding, ...]

    def __add__(self, other: "Inspection") -> "Inspection":
        return Inspection(
            self.points + other.points,
            self.segments + other.segments,
            self.objects + other.objects,
            self.bytes + other.bytes,
            (*self.findings, *other.findings),
        )

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.findings


def inspect(files: Files, *, full: bool, temporary: Path, told: Fetched) -> Inspection:
    """Look at the points of a pond, and at all that they need.

    Args:
        files: The files of its backup.
        full: Read every byte of every point, instead of comparing sizes of what the newest needs.
        temporary: A directory for what is fetched to be looked at.
        told: Is told how many objects and bytes were looked at.
    """
    points, findings = _points(files, full=full)
    # What only points before these name may be on its way out.
    first = max((point.first for point in points), default=FIRST)
    ends = set(Points(files).numbers(ENDS))
    needed = {
        each.sha256: each
        for point in points
        if point.number >= first or point.number in ends
        for each in point.segments
    }
    there = {**files.sizes("segments"), **files.sizes("objects")}
    objects: dict[str, int | None] = {}
    done = 0
    for each in needed.values():
        findings.extend(_segment(files, each, objects, there, full=full))
        done += each.size
        told(0, done, 0)
    total = done + sum(size or 0 for size in objects.values())
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        look = partial(_object, files, there, full=full, temporary=temporary)
        found = pool.map(look, objects, objects.values())
        for count, (size, finding) in enumerate(zip(objects.values(), found, strict=True), start=1):
            findings.extend([finding] if finding else [])
            done += size or 0
            told(count, done, total)
    if full and not findings:
        # Older points have the same rows in other files.
        findings.extend(finding for point in points[:1] for finding in _chain(files, point))
    return Inspection(len(points), len(needed), len(objects), total, tuple(findings))


def _points(files: Files, *, full: bool) -> tuple[list[Point], list[Finding]]:
    """Return the newest point, or all of them, and what is wrong with those that cannot be read."""
    points = Points(files)
    found: list[Point] = []
    findings: list[Finding] = []
    if not full:
        try:
            newest = points.newest()
        except CorruptionError as exc:
            return [], [Finding("point damaged", files.label, str(exc))]
        return ([] if newest is None else [newest]), []
    for folder in (POINTS, ENDS):
        numbers = points.numbers(folder)
        for number in sorted(numbers, reverse=True):
            try:
                point = points.find(number, folder)
            except CorruptionError as exc:
                where = files.where(file_of(number, folder=folder))
                findings.append(Finding("point damaged", where, str(exc)))
                continue
            if point is None:
                numbers.remove(number)  # deleted since; `_gaps` says whether it may be
            else:
                found.append(point)
        if folder == POINTS:
            findings.extend(_gaps(files, found, numbers))
            findings.extend(_hint(points, found))
            # Not of ends: an expiry writes them anew.
            findings.extend(
                Finding("point damaged", files.where(file_of(after.number)), "follows another one")
                for after, before in pairwise(found)
                if after.number == before.number + 1 and after.previous != before.digest
            )
    return found, findings


def _hint(points: Points, found: Sequence[Point]) -> Iterator[Finding]:
    """Say whether what tells where to look was changed; one that is lost does no harm."""
    try:
        points.check_hint(found)
    except CorruptionError as exc:
        yield Finding("hint damaged", "newest", str(exc))


def _gaps(files: Files, found: Sequence[Point], numbers: Sequence[int]) -> Iterator[Finding]:
    """Say which points are missing of those that have to be there."""
    first = max((point.first for point in found), default=1)
    for number in range(first, max(numbers, default=0)):
        if number not in numbers:
            name = files.where(file_of(number))
            yield Finding("point missing", name, "a later one is there")


def _segment(
    files: Files,
    each: Segment,
    objects: dict[str, int | None],
    sizes: Mapping[str, int],
    *,
    full: bool,
) -> Iterator[Finding]:
    name = segment.file_of(each.sha256)
    if sizes.get(name) != each.size:
        yield _finding("segment", name, sizes.get(name))
        return
    try:
        if full:
            files.read_content(name, digest=each.sha256)
        with files.open(name) as file:
            objects.update(segment.objects_in(segment.references(name, file)))
    except CorruptionError as exc:
        yield Finding("segment damaged", name, str(exc))


def _object(
    files: Files,
    sizes: Mapping[str, int],
    digest: str,
    size: int | None,
    *,
    full: bool,
    temporary: Path,
) -> Finding | None:
    name = segment.object_file_of(digest)
    there = sizes.get(name)
    if there is None or (size is not None and there != size):
        return _finding("object", name, there)
    try:
        is_right = not full or files.has_digest(name, digest, temporary=temporary)
    except CorruptionError as exc:  # where it is sealed
        return Finding("object damaged", name, str(exc))
    return None if is_right else Finding("object damaged", name, "it does not have its digest")


def _chain(files: Files, point: Point) -> Iterator[Finding]:
    """Follow the chain of headers up to a point."""
    proof = Proof(horizon=point.horizon)
    where = f"txn {point.txn} of {point.pond}"
    try:
        for each in point.segments:
            name = segment.file_of(each.sha256)
            rows = segment.decode(name, files.read_content(name, digest=each.sha256))
            proof.add(rows.drop_columns(["object"]))
    except CorruptionError as exc:
        yield Finding("chain broken", where, str(exc))
        return
    if (proof.txn, proof.hash) != (point.txn, point.hash):
        yield Finding("chain broken", where, "its rows do not lead to it")


def _finding(what: str, name: str, there: int | None) -> Finding:
    if there is None:
        return Finding(f"{what} missing", name, "a point needs it")
    return Finding(f"{what} damaged", name, f"it has {there} bytes, which is not its size")
