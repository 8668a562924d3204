"""Noticing that a file was changed."""

from collections.abc import Iterable
from pathlib import Path

_State = tuple[int, int, int] | None


class FileWatch:
    """Looks at files when it is asked to; what was there first is no change.

    A change is told once two looks saw the same: whoever writes a file may not be done at the
    first. A file that comes or goes has changed.

    Args:
        files: The files; they need not be there.
    """

    def __init__(self, *files: Path) -> None:
        self._told: dict[Path, _State] = {}
        self._seen: dict[Path, _State] = {}
        self.look_at(files)

    def look_at(self, files: Iterable[Path]) -> None:
        """Look at these files from now on; what was not told of one that it knows still is."""
        self._told = {
            file: self._told[file] if file in self._told else _state(file) for file in files
        }
        self._seen = {file: self._seen.get(file, state) for file, state in self._told.items()}

    def has_changed(self) -> bool:
        """Look, and say whether there is a change that was not told yet."""
        states = {file: _state(file) for file in self._told}
        settled, self._seen = states == self._seen, states
        if not settled or states == self._told:
            return False
        self._told = states
        return True


def _state(file: Path) -> _State:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
