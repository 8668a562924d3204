"""Files of this machine, kept bit for bit, with a verdict on each: what it holds, or what is wrong.

What is kept already is told by its stamp, and not read again. What differs is read and handed on
in batches of bounded size.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial

import polars as pl

from pond_core import ReadFS, to_us
from pond_pipeline.errors import ExportError
from pond_pipeline.laketech import Export, read_export
from pond_pipeline.plan import FilesStep, InboxStep, LakeTechSource
from pond_pipeline.steps.folder import Listing, Seen, list_folder, read_seen
from pond_pipeline.steps.request import Request
from pond_pipeline.steps.verdict import Held, Verdict, stored_verdicts

_BATCH_BYTES = 64 * 2**20
_BATCH_FILES = 1000

_FIRST_US = to_us(datetime(1, 1, 1, tzinfo=UTC))
_LAST_US = to_us(datetime(9999, 12, 31, tzinfo=UTC))

Judge = Callable[[str, bytes], tuple[tuple[Held, ...], str]]
"""From a file's name and bytes to what it holds, or to the problem with it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that differs from what is kept.

    Attributes:
        verdict: On the file; one with a problem goes into quarantine.
        data: What it holds; None where these bytes are there already and the verdict is new.
        is_newest: Whether it is what the folder had last under this name: what is in quarantine
            under the name is settled then.
    """

    verdict: Verdict
    data: bytes | None
    is_newest: bool = True


@dataclass(slots=True)
class CheckedFiles:
    """What a folder holds; `pond_pipeline.deposit` keeps it.

    Attributes:
        batches: What differs. Each is committed as one transaction. May be lazy: then the other
            attributes are complete when the last batch was taken.
        verdicts: On every file that is kept and can be read, by name.
        problems: By the name of a file that is in the folder now, why it is not taken.
        waiting: What is perhaps still being written: it is left for the next look.
        quarantine: The pond directory for files that cannot be read; None where any file can.
    """

    batches: Iterable[Sequence[Arrival]] = ()
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    quarantine: str | None = None

    def undeclared(self, declared: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Return the verdicts on files with a location that no declared glob matches."""
        patterns = [pattern for _, pattern in declared]
        return [
            verdict
            for verdict in self.verdicts.values()
            if any(not any(fnmatchcase(name, p) for p in patterns) for name in verdict.locations)
        ]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a look at a folder would bring.

    Attributes:
        has_news: Whether something there differs from what is kept.
        problems: The names of files that are known not to be taken.
    """

    has_news: bool
    problems: tuple[str, ...] = ()


def list_source(
    step: FilesStep | InboxStep, environ: Mapping[str, str], *, now: datetime
) -> Listing:
    """Return what is in a step's folder; no file is read.

    Raises:
        ConfigError: A variable of the pattern is not set.
        SourceError: The folder is not there, or cannot be read.
    """
    return list_folder(step.source.folder.host_pattern(environ), now=now)


def collect(step: FilesStep | InboxStep, fs: ReadFS, request: Request) -> CheckedFiles:
    """Look at a folder and return what differs from the pond, and what is known of all.

    A file that is gone from the folder stays in the pond. Of exports, one that cannot be read goes
    into quarantine, and what was kept under its name stays: it may be half a copy.

    Raises:
        ConfigError: A variable of the pattern is not set.
        SourceError: The folder is not there, or cannot be read.
    """
    listing = list_source(step, request.environ(), now=request.now)
    raw, *aside = step.outputs
    files = CheckedFiles(
        verdicts=stored_verdicts(fs, raw),
        problems=dict(listing.problems),
        waiting=list(listing.waiting),
        quarantine=next(iter(aside), None),
    )
    collection = _Collection(step, fs, files)
    files.batches = _in_batches(collection.arrivals(listing))
    return files


def foresee(step: FilesStep | InboxStep, fs: ReadFS, listing: Listing) -> Outlook:
    """Return what a look at a folder would bring; no file is read."""
    wanted = read_as(step)
    newest: dict[str, Verdict] = {}
    is_outdated = False
    # The quarantine comes last: what is in it came after what is kept under the same name.
    for path in step.outputs:
        verdicts = stored_verdicts(fs, path)
        newest |= verdicts
        is_outdated |= any(each.read_as != wanted for each in verdicts.values())
    there = [(seen, newest.get(name)) for name, seen in listing.files.items()]
    is_new = any(known is None or not _is_known(known, seen, wanted) for seen, known in there)
    bad = [known.name for _, known in there if known is not None and known.problem]
    return Outlook(is_new or is_outdated, tuple(sorted([*listing.problems, *bad])))


def read_stored(source: LakeTechSource, name: str, data: bytes) -> list[Export]:
    """Return what a file holds, read as its source says.

    Raises:
        ExportError: It is no export, or a damaged one.
    """
    return read_export(
        data, name=name, timezone=source.timezone, subtract_offset=source.subtract_offset
    )


def read_as(step: FilesStep | InboxStep) -> str:
    """Return what a verdict depends on beside the bytes; another text judges all files anew."""
    if isinstance(step, InboxStep):
        return ""
    return f"timezone={step.source.timezone} subtract_offset={step.source.subtract_offset}"


class _Collection:
    """The look of one step at its folder."""

    def __init__(self, step: FilesStep | InboxStep, fs: ReadFS, files: CheckedFiles) -> None:
        self._step = step
        self._fs = fs
        self._files = files
        self._read_as = read_as(step)
        self._judge = _judge_of(step)
        self._aside = {} if files.quarantine is None else stored_verdicts(fs, files.quarantine)
        self._folders = {
            folder for name in (*files.verdicts, *self._aside) for folder in _parents(name)
        }

    def arrivals(self, listing: Listing) -> Iterator[Arrival]:
        """Yield what differs from the pond, and note what is told of all files."""
        for arrival in self._found(listing):
            verdict = arrival.verdict
            if verdict.problem:
                self._aside[verdict.name] = verdict
            else:
                self._files.verdicts[verdict.name] = verdict
                if arrival.is_newest:
                    self._aside.pop(verdict.name, None)
            yield arrival
        for name in listing.files:
            if name in self._aside:
                self._files.problems[name] = self._aside[name].problem

    def _found(self, listing: Listing) -> Iterator[Arrival]:
        yield from self._judged_anew()
        for seen in listing.files.values():
            arrival = self._look_at(seen)
            if arrival is not None:
                yield arrival

    def _judged_anew(self) -> Iterator[Arrival]:
        """Yield files that are read in another way now, from the bytes that are kept."""
        for known in self._outdated(self._aside):
            data = self._fs.read_data(f"{self._files.quarantine}/{known.name}")
            verdict = self._verdict(known, data)
            yield Arrival(verdict, None if verdict.problem else data)
        for known in self._outdated(self._files.verdicts):
            data = self._fs.read_data(f"{self._step.outputs[0]}/{known.name}")
            verdict = self._verdict(known, data)
            if verdict.problem:
                self._files.problems[known.name] = verdict.problem
            else:
                yield Arrival(verdict, None, is_newest=False)

    def _outdated(self, verdicts: Mapping[str, Verdict]) -> list[Verdict]:
        return [each for each in verdicts.values() if each.read_as != self._read_as]

    def _look_at(self, seen: Seen) -> Arrival | None:
        kept, aside = self._files.verdicts.get(seen.name), self._aside.get(seen.name)
        newest = aside or kept
        if newest is not None and _is_known(newest, seen, self._read_as):
            return None
        if kept is not None and _is_known(kept, seen, self._read_as):
            return Arrival(kept, None)  # the good version is back
        if newest is None and (problem := self._clash(seen.name)) is not None:
            self._files.problems[seen.name] = problem
            return None
        try:
            data = read_seen(seen)
        except OSError as exc:
            hint = "make it readable, or move it away"
            self._files.problems[seen.name] = f"{seen.name}: {exc.strerror}; {hint}"
            return None
        if data is None:
            self._files.waiting.append(seen.name)
            return None
        return self._arrival(seen, data, kept, aside)

    def _arrival(
        self, seen: Seen, data: bytes, kept: Verdict | None, aside: Verdict | None
    ) -> Arrival | None:
        digest = hashlib.sha256(data).hexdigest()
        for known in (aside, kept):
            if known is not None and known.sha256 == digest and known.read_as == self._read_as:
                return Arrival(replace(known, stamp=seen.stamp), None)
        verdict = self._verdict(Verdict(seen.name, digest, seen.stamp), data)
        self._folders.update(_parents(seen.name))
        if verdict.problem and kept is not None and kept.sha256 == digest:
            self._files.problems[seen.name] = verdict.problem
            return None  # kept already, and readable under other settings
        return Arrival(verdict, data)

    def _verdict(self, known: Verdict, data: bytes) -> Verdict:
        held, problem = self._judge(known.name, data)
        return replace(known, held=held, problem=problem, read_as=self._read_as)

    def _clash(self, name: str) -> str | None:
        """Return why the pond has no place for a new name; what is gone from the folder stays."""
        for folder in _parents(name):
            if folder in self._files.verdicts or folder in self._aside:
                return f"{name}: the pond has a file {folder}; call the folder otherwise"
        if name in self._folders:
            return f"{name}: the pond has a folder of this name; call the file otherwise"
        return None


def _is_known(verdict: Verdict, seen: Seen, wanted: str) -> bool:
    return (verdict.stamp, verdict.read_as) == (seen.stamp, wanted)


def _parents(name: str) -> list[str]:
    """Return the folders on the way to a file, below the one that is looked at."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _judge_of(step: FilesStep | InboxStep) -> Judge:
    match step:
        case FilesStep(source=source):
            return partial(_judge_export, source)
        case InboxStep():
            return lambda _name, _data: ((), "")


def _judge_export(source: LakeTechSource, name: str, data: bytes) -> tuple[tuple[Held, ...], str]:
    try:
        exports = read_stored(source, name, data)
    except ExportError as exc:
        return (), f"{exc}; {exc.hint}" if exc.hint else str(exc)
    return tuple(map(_held, exports)), ""


def _held(export: Export) -> Held:
    stamps = pl.Series(export.readings["timestamp"]).cast(pl.Int64)
    if stamps.is_empty():
        return Held(export.location)
    # A wrong clock may show a year that no calendar has.
    dated = stamps.filter(stamps.is_between(_FIRST_US, _LAST_US)).cast(pl.Datetime("us", "UTC"))
    months = dated.dt.strftime("%Y-%m").value_counts(sort=False)
    return Held(export.location, int(stamps[0]), int(stamps[-1]), dict(sorted(months.rows())))


def _in_batches(arrivals: Iterable[Arrival]) -> Iterator[Sequence[Arrival]]:
    batch: list[Arrival] = []
    size = 0
    for arrival in arrivals:
        batch.append(arrival)
        size += len(arrival.data or b"")
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
