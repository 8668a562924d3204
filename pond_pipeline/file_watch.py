"""Noticing that a file was changed."""

from pathlib import Path


class FileWatch:
    """Looks at a file when it is asked to; what was there first is no change.

    A change is told once two looks saw the same: whoever writes the file may not be done at the
    first. A file that comes or goes has changed.

    Args:
        file: The file; it need not be there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = self._told = _state(file)

    def has_changed(self) -> bool:
        """Look, and say whether there is a change that was not told yet."""
        state = _state(self._file)
        settled, self._seen = state == self._seen, state
        if not settled or state == self._told:
            return False
        self._told = state
        return True


def _state(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
