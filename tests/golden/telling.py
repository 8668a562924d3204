"""What a node holds as one digest, made of plain values: no reader of ours has a say in it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

Range = tuple[int | None, int | None]
"""The start and the end of a window, in microseconds; None is open."""


@dataclass(frozen=True)
class Told:
    """All that a snapshot says of a node, but its id and its versions.

    Attributes:
        entry_type: What it is.
        content: Bytes of data, the target of a symlink, a table, the rows of a series; None for
            a directory.
        attributes: Facts about it.
        marks: Facts about ranges of it.
        covered: The ranges in which a series is known, in order, those that touch as one.
        recipe: What computes it, and with which settings.
    """

    entry_type: str
    content: bytes | str | pa.Table | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    marks: Mapping[Range, object] = field(default_factory=dict)
    covered: Sequence[Range] = ()
    recipe: tuple[str, Mapping[str, object]] | None = None

    @property
    def digest(self) -> str:
        """The begin of the SHA-256 of all of it."""
        marks = sorted(([*window], facts) for window, facts in self.marks.items())
        facts = [self.entry_type, self.attributes, marks, [list(w) for w in self.covered]]
        text = json.dumps([*facts, self.recipe, _plain(self.content)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def joined(ranges: Sequence[Range]) -> list[Range]:
    """Return ranges in order, those that touch as one."""
    found: list[Range] = []
    for start, end in ranges:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _plain(content: bytes | str | pa.Table | None) -> object:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    if not isinstance(content, pa.Table):
        return content
    columns = []
    for at, told in enumerate(content.schema):
        column = content.column(at)
        if pa.types.is_timestamp(told.type):
            column = column.cast(pa.int64())
        values = [v.hex() if isinstance(v, float | bytes) else v for v in column.to_pylist()]
        columns.append([told.name, str(told.type), told.nullable, _texts(told.metadata), values])
    return [content.num_rows, _texts(content.schema.metadata), columns]


def _texts(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    return {key.hex(): value.hex() for key, value in (metadata or {}).items()}
