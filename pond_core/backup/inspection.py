"""Whether a backup is complete, and whether each byte of it is what was sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pond_core.backup import segment
from pond_core.backup.files import Files
from pond_core.backup.point import Point, Segment
from pond_core.errors import CorruptionError, Finding
from pond_core.oplog import Proof


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

    @property
    def ok(self) -> bool:
        """True when nothing is wrong."""
        return not self.findings


def inspect(
    files: Files, points: Iterable[Point], damaged: Iterable[Finding], *, full: bool
) -> Inspection:
    """Look at points, and at all that they need.

    Args:
        files: The folder.
        points: The points that can be read, those of a pond by their txn.
        damaged: What is known of those that cannot.
        full: Read every byte, instead of comparing sizes alone.
    """
    points = list(points)
    needed = {each.sha256: each for point in points for each in point.segments}
    objects: dict[str, int | None] = {}
    findings = [*damaged]
    for each in needed.values():
        findings.extend(_segment(files, each, objects, full=full))
    for digest, size in objects.items():
        findings.extend(_object(files, digest, size, full=full))
    if full and not findings:
        # Older points have the same rows in other files.
        newest = {point.pond: point for point in points}
        findings.extend(finding for point in newest.values() for finding in _chain(files, point))
    total = sum(each.size for each in needed.values()) + sum(size or 0 for size in objects.values())
    return Inspection(len(points), len(needed), len(objects), total, tuple(findings))


def _segment(
    files: Files, each: Segment, objects: dict[str, int | None], *, full: bool
) -> Iterator[Finding]:
    name = segment.file_of(each.sha256)
    if files.size(name) != each.size:
        yield _finding("segment", name, files.size(name))
        return
    try:
        if full:
            files.read(name, digest=each.sha256)
        with files.open(name) as file:
            objects.update(segment.objects_in(segment.references(name, file)))
    except CorruptionError as exc:
        yield Finding("segment damaged", name, str(exc))


def _object(files: Files, digest: str, size: int | None, *, full: bool) -> Iterator[Finding]:
    name = segment.object_file_of(digest)
    there = files.size(name)
    if there is None or (size is not None and there != size):
        yield _finding("object", name, there)
    elif full and not files.has_digest(name, digest):
        yield Finding("object damaged", name, "its bytes do not have its name")


def _chain(files: Files, point: Point) -> Iterator[Finding]:
    """Follow the chain of headers up to a point."""
    proof = Proof(horizon=point.horizon)
    where = f"txn {point.txn} of {point.pond}"
    try:
        for each in point.segments:
            name = segment.file_of(each.sha256)
            rows = segment.decode(name, files.read(name, digest=each.sha256))
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
