"""What is remembered of alerts from look to look: a file beside the pond, and no transaction.

Whoever wants to know what was told reads it; only the look that has the lock writes it, whole. One
that is damaged is as good as none: what still lasts is told once more.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from pond_pipeline.alerts.failure import FailedRun
from pond_pipeline.alerts.incident import Ongoing, encodable
from pond_pipeline.alerts.level import Level
from pond_pipeline.alerts.outbox import Owed
from pond_pipeline.errors import AlertError

_LOGGER = logging.getLogger(__name__)

_FOLDER, _BOOK, _RUNS, _LOCK = "alerts", "incidents.json", "failed-runs", "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What is known.

    Attributes:
        ongoing: The incidents that last.
        owed: What has to be told yet, in order.
        runs: Failed runs that nobody has made again.
        levels: How far the columns with a threshold were judged, by alert and subject.
    """

    ongoing: tuple[Ongoing, ...] = ()
    owed: tuple[Owed, ...] = ()
    runs: tuple[FailedRun, ...] = ()
    levels: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)


_AS_JSON = TypeAdapter(Book)
_RUN_AS_JSON = TypeAdapter(FailedRun)


class Shelf:
    """Where the book of a pond is.

    Args:
        pond: The pond's directory; of a pond in a bucket, that of its copies.
    """

    def __init__(self, pond: Path) -> None:
        self._folder = pond / _FOLDER
        self._runs = self._folder / _RUNS

    def read(self) -> Book:
        """Return the book; an empty one where there is none that can be read."""
        path = self._folder / _BOOK
        try:
            return _AS_JSON.validate_json(path.read_bytes())
        except FileNotFoundError:
            return Book()
        except (OSError, ValidationError):
            _LOGGER.warning("%s is damaged: what lasts is told once more", path)
            return Book()

    def write(self, book: Book) -> None:
        """Write the book.

        Raises:
            AlertError: It cannot be written: who would tell of anything would tell it for ever.
        """
        self._write(self._folder / _BOOK, _AS_JSON.dump_json(book, indent=1))

    def note(self, run: FailedRun) -> None:
        """Note a failed run for the next look, which may be going on just now.

        Raises:
            AlertError: It cannot be noted.
        """
        told = replace(run, reason=encodable(run.reason))
        self._write(self._runs / f"{run.run_id}.json", _RUN_AS_JSON.dump_json(told))

    @contextlib.contextmanager
    def noted(self) -> Iterator[list[FailedRun]]:
        """Yield the runs that were noted; they are forgotten when the block ends well."""
        found, files = [], sorted(self._runs.glob("*.json"))
        for file in files:
            with contextlib.suppress(OSError, ValidationError):  # damaged: the log has told of it
                found.append(_RUN_AS_JSON.validate_json(file.read_bytes()))
        yield found
        with self._refusing():
            for file in files:
                file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def looking(self) -> Iterator[bool]:
        """Be the only one that looks; yields False where somebody is looking already.

        Raises:
            AlertError: The directory cannot be written.
        """
        with self._refusing():
            self._folder.mkdir(exist_ok=True)
            held = (self._folder / _LOCK).open("ab")
        with held:
            with self._refusing():
                is_ours = _locked(held)
            yield is_ours

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file so that after a crash it is as it was before, or whole."""
        partial = path.with_name(f"{path.name}.part")
        with self._refusing():
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            msg = f"what was told cannot be kept in {self._folder}: {exc.strerror}"
            hint = "the daemon has to be able to write there, and the disk must not be full"
            raise AlertError(msg, hint=hint) from exc


def _locked(file: BinaryIO) -> bool:
    """Take the lock of a file, unless somebody else has it; it goes when the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
