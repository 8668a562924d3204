"""What a pond holds, as any other program finds it: paths of objects, bytes on disk."""

import os
from pathlib import Path

from pond_core import Snapshot, Window


def object_path(pond: Path, sha256: str) -> Path:
    """Return where an object lies."""
    return pond / "objects" / sha256[:2] / sha256


def objects(
    pond: Path, snapshot: Snapshot, series: str, window: Window | None = None
) -> list[Path]:
    """Return the objects that a series, or a window of it, is made of; small windows have none."""
    found = (
        object_path(pond, piece.sha256)
        for piece in snapshot.node(series).pieces
        if window is None or piece.window.overlaps(window)
    )
    return list(dict.fromkeys(path for path in found if path.is_file()))


def files(pond: Path) -> dict[Path, int]:
    """Return the size in bytes of every file below a pond."""
    walked = (Path(folder, name) for folder, _, names in os.walk(pond) for name in names)
    return {path: path.stat().st_size for path in walked}
