"""Versions of what is in the pond: other content has other versions, and nothing is read for it.

Equal content has equal versions, but for the beginning of a period, which has another one when it
was stored anew: that costs a look, and nothing goes unnoticed.
"""

import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import accumulate
from math import inf

from pond_core import EntryType, Node, ReadFS, Window
from pond_pipeline.record import EDGE, SHORT

Versions = Callable[[Window], str]
"""From a range to the version of an input's content in it."""


def input_versions(fs: ReadFS, path: str) -> Versions:
    """Return how to tell the version of an input in a range.

    A series answers from the marks of the periods that the range touches, and of the last, where
    only its beginning lies in the range, from what is stored there: a bucket that ends on the first
    of a month does not change with each reading of that month. A table or a file answers from its
    digest, a directory from all in it that has a version. What is absent, and a range of a series
    that was never made, have an empty version.
    """
    if not fs.exists(path):
        return lambda _window: ""
    match fs.entry_type(path):
        case EntryType.DIRECTORY:
            return _of_directory(fs, path, input_versions)
        case EntryType.SERIES:
            return _of_series(fs.node(path))
        case _:
            digest = digest_of([piece.sha256 for piece in fs.node(path).pieces])
            return lambda _window: digest


def edge_versions(fs: ReadFS, path: str, *, before: int, after: int) -> Versions:
    """Return how to tell the version of an input in a range and of some instants around it.

    Args:
        fs: The pond now.
        path: The input; a table or a file has no instants around.
        before: How many instants before the range count, at least.
        after: How many after it.
    """
    within = input_versions(fs, path)
    if not fs.exists(path) or not (before or after):
        return within
    match fs.entry_type(path):
        case EntryType.DIRECTORY:
            return _of_directory(fs, path, partial(edge_versions, before=before, after=after))
        case EntryType.SERIES:
            return _with_edges(fs.node(path), within, before=before, after=after)
        case _:
            return within


def _with_edges(node: Node, within: Versions, *, before: int, after: int) -> Versions:
    marks = sorted(node.marks.items(), key=lambda mark: start_of(mark[0]))
    starts, ends = ([side(window) for window, _ in marks] for side in (start_of, end_of))
    facts = [each for _, each in marks]

    def version(window: Window) -> str:
        earlier = reversed(facts[: bisect_right(ends, start_of(window))])
        later = facts[bisect_left(starts, end_of(window)) :]
        edges = [_edges(earlier, "tail", before), _edges(later, "head", after)]
        told = [within(window), *edges]
        return digest_of(told) if any(told) else ""

    return version


def _edges(marks: Iterable[Mapping[str, object]], end: str, instants: int) -> list[str]:
    """Return digests, nearest first, of the ends of periods that hold so many instants."""
    told: list[str] = []
    for facts in marks:
        if instants <= 0:
            break
        held = int(str(facts["instants"]))
        if held:
            told.append(str(facts[end if instants <= EDGE else "data_version"]))
        instants -= held
    return told


def digest_of(value: object) -> str:
    """Return a short digest, in hexadecimal, of a value that JSON can tell.

    Each mark keeps one of each input, for ever: they are told from that before, and no more.
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:SHORT]


def _of_directory(fs: ReadFS, path: str, of: Callable[[ReadFS, str], Versions]) -> Versions:
    inside = {each.name: of(fs, each.path) for each in fs.ls(path)}

    def version(window: Window) -> str:
        told = {name: version(window) for name, version in inside.items()}
        there = {name: each for name, each in told.items() if each}
        return digest_of(there) if there else ""

    return version


def _of_series(node: Node) -> Versions:
    marks = sorted(node.marks.items(), key=lambda mark: start_of(mark[0]))
    starts = [start_of(window) for window, _ in marks]
    # The latest end so far: none before the first mark whose latest end lies in a range touches it.
    ends = list(accumulate((end_of(window) for window, _ in marks), max))

    def version(window: Window) -> str:
        first = bisect_right(ends, start_of(window))
        last = bisect_right(starts, end_of(window))
        touched = [
            (str(facts["partition"]), _told(node, each, facts, window))
            for each, facts in marks[first:last]
            if each.overlaps(window)
        ]
        return digest_of(sorted(touched)) if touched else ""

    return version


def _told(node: Node, period: Window, facts: Mapping[str, object], asked: Window) -> str:
    """Return the version of a period, or of its beginning where no more was asked for."""
    part = period.intersect(asked)
    if part.end_us == period.end_us or part.start_us != period.start_us:
        return str(facts["data_version"])
    pieces = [(piece, piece.window.intersect(part)) for piece in node.within(part)]
    told = [(live.start_us, live.end_us, piece.sha256) for piece, live in pieces if piece.rows]
    return digest_of(told)


def start_of(window: Window) -> float:
    """Return where a window begins, in microseconds; an open one at minus infinity."""
    return -inf if window.start_us is None else window.start_us


def end_of(window: Window) -> float:
    """Return where a window ends, in microseconds; an open one at infinity."""
    return inf if window.end_us is None else window.end_us
