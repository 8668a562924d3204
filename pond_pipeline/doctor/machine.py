"""The machine: Python and its libraries, the time zones, room, directories."""

import platform
import shutil
import tempfile
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from pond_core import StorageError
from pond_pipeline.doctor.exam import Answer
from pond_pipeline.errors import ConfigError

_DISTRIBUTION = "duckpond"

_ENOUGH_BYTES = 2**30
_LEAST_BYTES = 64 * 2**20
"""Below this a commit refuses."""

_ZONE, _SUMMER = "America/Los_Angeles", datetime(2026, 7, 1)  # noqa: DTZ001 -- a zone is asked for its offset
_OFFSET = timedelta(hours=-7)
"""The difference from UTC there and then: what a zone database that can be trusted says."""


def python_version() -> Answer:
    """Compare Python with what is declared."""
    have = platform.python_version()
    wanted = SpecifierSet(*_declared().get_all("Requires-Python", []))
    if not wanted.contains(have, prereleases=True):
        msg = f"Python is {have}, and {wanted} is needed"
        raise ConfigError(msg, hint="`make setup` with a newer Python")
    return Answer(f"Python {have}")


def library_versions() -> Answer:
    """Compare all libraries that are declared with what is installed."""
    needed = [Requirement(each) for each in _declared().get_all("Requires-Dist", [])]
    needed = [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    wrong = [text for each in needed if (text := _wrong(each))]
    if wrong:
        raise ConfigError("; ".join(wrong), hint="`make setup` installs what is declared")
    return Answer(f"{len(needed)} libraries as declared")


def zones() -> Answer:
    """Ask the time zone database something that it must know."""
    try:
        offset = ZoneInfo(_ZONE).utcoffset(_SUMMER)
    except (ZoneInfoNotFoundError, OSError) as exc:
        msg = "there is no time zone database"
        raise ConfigError(msg, hint="install the package tzdata") from exc
    if offset != _OFFSET:
        msg = f"{_ZONE} is {offset} from UTC in July 2026, says the time zone database"
        raise ConfigError(msg, hint="install a newer tzdata")
    return Answer("time zones are known")


def room(directory: Path) -> Answer:
    """Look how much is free where a directory is, or will be."""
    free = shutil.disk_usage(existing(directory)).free
    told = f"{free >> 20} MiB are free"
    if free < _LEAST_BYTES:
        raise StorageError(told, hint="free some space: commits are refused below 64 MiB")
    return Answer(told, hint="" if free >= _ENOUGH_BYTES else "free some space: docs/operations.md")


def writable(directory: Path) -> Answer:
    """Write into a directory, or where it will be made."""
    there = existing(directory)
    with tempfile.TemporaryFile(dir=there) as file:
        file.write(b"x")
    return Answer(
        f"{directory} can be written" if there == directory else f"{there} can be written"
    )


def existing(directory: Path) -> Path:
    """Return a directory, or the nearest one above it that is there."""
    return next(each for each in (directory, *directory.parents) if each.is_dir())


def _declared() -> metadata.PackageMetadata:
    try:
        return metadata.metadata(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        msg = f"{_DISTRIBUTION} is not installed, so that nothing says what it needs"
        raise ConfigError(msg, hint="`make setup` installs it") from None


def _wrong(needed: Requirement) -> str:
    try:
        have = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return f"{needed.name} is missing"
    is_right = needed.specifier.contains(have, prereleases=True)
    return "" if is_right else f"{needed.name} is {have}, not {needed.specifier}"
