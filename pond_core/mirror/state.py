"""What a mirror knows of its folder: which files it made or took, and from what.

It is one JSON document, written whole at the end of a run. While a run goes on, a line is added to
a journal before a file takes its name: so a run that is killed leaves no file of which nobody
knows who made it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pond_core.errors import CorruptionError, FormatTooNewError
from pond_core.host_file import Stamp
from pond_core.storage import Durability, storage_errors

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A file of the folder that is in step with the pond, or was.

    Attributes:
        key: Which content of the pond it is; see `content_key`.
        stamp: The file on the host.
        sha256: The digest of its bytes.
        is_placeholder: Whether it only says what is not there.
    """

    key: str
    stamp: Stamp
    sha256: str
    is_placeholder: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What stays as it is from one run to the next.

    Attributes:
        pond: The pond's UUID.
        path: Which directory of it is mirrored.
        lazy: Whether what is not wanted is a placeholder.
        wanted: Patterns of pond paths whose content is wanted all the same.
    """

    pond: str
    path: str
    lazy: bool = False
    wanted: tuple[str, ...] = ()


@dataclass(slots=True)
class State:
    """Everything that is known.

    Attributes:
        settings: What stays.
        files: By name below the folder.
        directories: Their names.
    """

    settings: Settings
    files: dict[str, Record] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)


class StateFiles:
    """Where the state is kept.

    Attributes:
        folder: The directory of the two files.
    """

    def __init__(self, folder: Path, *, durability: Durability) -> None:
        self.folder = folder
        self._state = folder / "state.json"
        self._journal = folder / "journal"
        self._durability = durability

    def load(self, stamp_of: Callable[[str], Stamp | None]) -> State | None:
        """Return what is known; None if the folder is no mirror yet.

        Args:
            stamp_of: Looks at a file of the mirror; needed only after a run that was killed.

        Raises:
            CorruptionError: The state is damaged.
            FormatTooNewError: A newer DuckPond wrote it.
        """
        with storage_errors(self._state):
            if not self._state.exists():
                return None
            text = self._state.read_bytes()
        try:
            state = _decode(json.loads(text))
        except (ValueError, KeyError, TypeError) as exc:
            msg = f"{self._state} is damaged: {exc}"
            hint = f"delete {self.folder}: files that are as in the pond are then found again"
            raise CorruptionError(msg, hint=hint) from exc
        for name, record in self._noted():
            # What was noted is true of the file that has the stamp, and of no other.
            if stamp_of(name) == record.stamp:
                state.files[name] = record
        return state

    def save(self, state: State) -> None:
        """Write what is known; the journal ends there.

        Raises:
            StorageError: The disk refuses; what was known before is still there.
        """
        text = json.dumps(_encode(state), indent=1).encode()
        with storage_errors(self._state):
            if not self._state.exists() or self._state.read_bytes() != text:
                unfinished = self._state.with_suffix(".part")
                unfinished.write_bytes(text)
                self._durability.sync_file(unfinished)
                unfinished.replace(self._state)
                self._durability.sync_file(self.folder)
            self._journal.unlink(missing_ok=True)

    def note(self, records: Mapping[str, Record]) -> None:
        """Add to the journal what files are about to be.

        Raises:
            StorageError: The disk refuses.
        """
        lines = [json.dumps([name, *_row(record)]) + "\n" for name, record in records.items()]
        with storage_errors(self._journal):
            with self._journal.open("a", encoding="utf-8") as journal:
                journal.writelines(lines)
            self._durability.sync_file(self._journal)

    def _noted(self) -> Iterable[tuple[str, Record]]:
        with storage_errors(self._journal):
            if not self._journal.exists():
                return
            lines = self._journal.read_text(encoding="utf-8", errors="replace").splitlines()
        for line in lines:
            try:
                name, *row = json.loads(line)
                yield name, _record(row)
            except (ValueError, TypeError):
                continue  # the last line, if it was cut off: its file did not take its name


def _encode(state: State) -> Mapping[str, object]:
    return {
        "format": _FORMAT,
        **asdict(state.settings),
        "directories": sorted(state.directories),
        "files": {name: _row(state.files[name]) for name in sorted(state.files)},
    }


def _decode(document: Any) -> State:  # noqa: ANN401 -- JSON of anybody's
    if document["format"] > _FORMAT:
        msg = f"this mirror was made by a newer DuckPond: format {document['format']}"
        raise FormatTooNewError(msg, hint="use that DuckPond")
    settings = Settings(
        pond=document["pond"],
        path=document["path"],
        lazy=document["lazy"],
        wanted=tuple(document["wanted"]),
    )
    files = {name: _record(row) for name, row in document["files"].items()}
    return State(settings, files, set(document["directories"]))


def _row(record: Record) -> Sequence[object]:
    stamp = record.stamp
    facts = [record.key, stamp.size, stamp.mtime_ns, stamp.inode, record.sha256]
    return [*facts, record.is_placeholder]


def _record(row: Sequence[Any]) -> Record:
    key, size, mtime_ns, inode, sha256, is_placeholder = row
    return Record(key, Stamp(size, mtime_ns, inode), sha256, is_placeholder)


def with_settings(state: State, *, lazy: bool | None, want: Sequence[str]) -> Settings:
    """Return the settings of a mirror with what a run says; None and nothing leave them."""
    settings = state.settings
    wanted = tuple(dict.fromkeys((*settings.wanted, *want)))
    return replace(settings, lazy=settings.lazy if lazy is None else lazy, wanted=wanted)
