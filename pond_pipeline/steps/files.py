"""Exported files, kept bit for bit, with a verdict on each: what it holds, or what is wrong.

A verdict is kept with the file, so that a file is parsed again only when its bytes changed.
"""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from pond_core import EntryType, ReadFS
from pond_pipeline.errors import ExportError, SourceError
from pond_pipeline.laketech import Export, read_export
from pond_pipeline.plan import FilesStep, LakeTechSource

_LOCATIONS = "locations"
_PROBLEM = "problem"
_SHA256 = "sha256"
_READ_AS = "read_as"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one file.

    Attributes:
        name: The file's path below its folder.
        sha256: Of its bytes.
        locations: The locations whose readings it holds.
        problem: Why it cannot be read, and what to do; empty when it can.
        read_as: The settings under which that was found.
    """

    name: str
    sha256: str
    locations: tuple[str, ...] = ()
    problem: str = ""
    read_as: str = ""

    def facts(self) -> dict[str, object]:
        """Return the verdict as the attributes of the file's node."""
        return {
            _SHA256: self.sha256,
            _LOCATIONS: list(self.locations),
            _PROBLEM: self.problem,
            _READ_AS: self.read_as,
        }


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """What a folder holds.

    Attributes:
        contents: New and changed files by name.
        verdicts: On every file that is kept or will be, by name.
        problems: By the name of a file that is in the folder now, why it cannot be read.
    """

    contents: Mapping[str, bytes]
    verdicts: Mapping[str, Verdict]
    problems: Mapping[str, str] = field(default_factory=dict)

    def undeclared(self, declared: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Return the verdicts on files with a location that no declared glob matches."""
        patterns = [pattern for _, pattern in declared]
        return [
            verdict
            for verdict in self.verdicts.values()
            if any(not any(fnmatchcase(name, p) for p in patterns) for name in verdict.locations)
        ]


def collect_files(step: FilesStep, fs: ReadFS, environ: Mapping[str, str]) -> CheckedFiles:
    """Look at the host's folder and return what differs from the pond, and what is known of all.

    A file that is gone from the folder stays in the pond. A version that cannot be read does not
    take the place of one that can: it may be half a copy.

    Raises:
        ConfigError: A variable of the pattern is not set.
        SourceError: A file cannot be read.
    """
    verdicts = stored_verdicts(fs, step.outputs[0])
    contents: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    read_as = f"timezone={step.source.timezone} subtract_offset={step.source.subtract_offset}"
    pattern = step.source.host_pattern(environ)
    for path in sorted(_matches(pattern)):
        name = _name(path, pattern)
        data = _read(path)
        digest = hashlib.sha256(data).hexdigest()
        known = verdicts.get(name)
        if known is not None and (known.sha256, known.read_as) == (digest, read_as):
            verdict = known
        else:
            verdict = _judge(step, name, data, digest, read_as)
        if verdict.problem:
            problems[name] = verdict.problem
        if known is not None and not known.problem and verdict.problem:
            continue
        verdicts[name] = verdict
        if known is None or known.sha256 != digest:
            contents[name] = data
    return CheckedFiles(contents, dict(sorted(verdicts.items())), problems)


def stored_verdicts(fs: ReadFS, directory: str) -> dict[str, Verdict]:
    """Return the verdicts that are kept with the files of a pond directory, by name."""
    if not fs.exists(directory):
        return {}
    verdicts = {}
    for file in fs.walk(directory):
        if file.entry_type is not EntryType.DATA:
            continue
        name = file.path.removeprefix(f"{directory}/")
        facts = file.node.attributes
        verdicts[name] = Verdict(
            name=name,
            sha256=str(facts[_SHA256]),
            locations=tuple(str(name) for name in _texts(facts[_LOCATIONS])),
            problem=str(facts[_PROBLEM]),
            read_as=str(facts[_READ_AS]),
        )
    return verdicts


def read_stored(source: LakeTechSource, name: str, data: bytes) -> list[Export]:
    """Return what a file holds, read as its source says.

    Raises:
        ExportError: It is no export, or a damaged one.
    """
    return read_export(
        data, name=name, timezone=source.timezone, subtract_offset=source.subtract_offset
    )


def _folder(pattern: Path) -> Path:
    """Return the folder that a pattern names without a wildcard."""
    fixed = Path(pattern.anchor)
    for part in pattern.parts[1:-1]:
        if any(wildcard in part for wildcard in "*?["):
            break
        fixed /= part
    return fixed


def _name(path: Path, pattern: Path) -> str:
    """Return a file's path below the pattern's folder."""
    # As the pond keeps names; macOS hands them out decomposed.
    return unicodedata.normalize("NFC", path.relative_to(_folder(pattern)).as_posix())


def _matches(pattern: Path) -> list[Path]:
    """Return the files that an absolute glob matches; hidden ones are work in progress."""
    folder = _folder(pattern)
    if not folder.is_dir():
        msg = f"there is no folder {folder}"
        raise SourceError(msg, hint="make it, or mend `pattern` in resources.yaml")
    found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        msg = f"{path}: {exc.strerror}"
        raise SourceError(msg, hint="make it readable, or move it away") from exc


def _judge(step: FilesStep, name: str, data: bytes, digest: str, read_as: str) -> Verdict:
    try:
        exports = read_stored(step.source, name, data)
    except ExportError as exc:
        problem = f"{exc}; {exc.hint}" if exc.hint else str(exc)
        return Verdict(name, digest, problem=problem, read_as=read_as)
    return Verdict(name, digest, tuple(each.location for each in exports), read_as=read_as)


def _texts(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []
