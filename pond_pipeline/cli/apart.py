"""Files of the host that were written for different paths of the pond."""

import contextlib
from pathlib import Path

from pond_core import ExistsError


class Apart:
    """Sees to it that no file of an export takes the place of another one.

    Some disks take names for one that differ by capitals alone, or by how Unicode writes a letter,
    and a folder may be a link: only the disk knows which of two names are one.
    """

    def __init__(self) -> None:
        self._paths: dict[tuple[int, int], str] = {}

    def check(self, target: Path, path: str) -> None:
        """Refuse a target that was written for another path.

        Raises:
            ExistsError: It was.
        """
        with contextlib.suppress(FileNotFoundError):
            stat = target.stat()
            other = self._paths.get((stat.st_dev, stat.st_ino))
            if other is not None:
                msg = f"{path} would take the place of {other}: to this disk, {target} is both"
                raise ExistsError(msg, path=path, hint="export one of them elsewhere")

    def note(self, target: Path, path: str) -> None:
        """Note for which path a target was written."""
        stat = target.stat()
        self._paths[stat.st_dev, stat.st_ino] = path
