"""Names in a mirror that stand for something else than the content of a file of the pond."""

import re

STATE_FOLDER = ".pond-mirror"
"""What the mirror knows of itself lies there, in its folder."""

PLACEHOLDER = ".pond"
"""What is added to the name of a file whose content is not there: no program takes it for data."""

_CONFLICT = re.compile(r"\.conflict-[0-9a-f]{12}(\.[^./]*)?$")


def conflict_name(name: str, sha256: str) -> str:
    """Return what a file is called that was changed on both sides.

    >>> conflict_name("a/wharf.csv", "0123456789abcdef")
    'a/wharf.conflict-0123456789ab.csv'
    """
    folder, slash, last = name.rpartition("/")
    stem, dot, suffix = last.rpartition(".")
    if not stem:
        stem, dot, suffix = last, "", ""
    # 255 bytes are the most that a name may have.
    added = f".conflict-{sha256[:12]}{dot}{suffix}"
    room = 255 - len(added.encode())
    stem = stem.encode()[:room].decode(errors="ignore")
    return f"{folder}{slash}{stem}{added}"


def is_conflict(name: str) -> bool:
    """Say whether a name is one that `conflict_name` makes."""
    return _CONFLICT.search(name) is not None


def parent(name: str) -> str:
    """Return the directory of a name below the folder; empty for the folder itself."""
    return name.rpartition("/")[0]


def ancestors(name: str) -> list[str]:
    """Return the directories above a name, the outermost first, without the folder itself."""
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
