"""What a pond shows, in a form that can be compared and kept."""

import hashlib

from pond_core import NodePath, ReadFS

Portrait = dict[str, str]
"""By path: what is there."""


def portrait(fs: ReadFS) -> Portrait:
    """Return all that a snapshot shows."""
    return {each.path: _face(each) for each in fs.walk("/")}


def with_file(shown: Portrait, path: str, data: bytes) -> Portrait:
    """Return a portrait with one more data file."""
    return {**shown, path: f"data {_hash(data)} [] []"}


def _face(path: NodePath) -> str:
    marks = sorted((str(w), sorted(facts.items())) for w, facts in path.node.marks.items())
    facts = f"{sorted(path.node.attributes.items())} {marks}"
    return f"{path.entry_type} {_hash(_content(path))} {facts}"


def _content(path: NodePath) -> bytes:
    match path.entry_type.value:
        case "data":
            return path.read_bytes()
        case "symlink":
            return path.readlink().encode()
        case "table":
            return repr(path.read_table().to_pydict()).encode()
        case "series":
            return repr(path.read_series().to_pydict()).encode()
        case _:
            return b""


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
