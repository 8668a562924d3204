"""The listing of one directory of an original pond, `dir.<N>.parquet`, as values.

A listing is whole, not a change to the one before. Its columns are known by their places:

    0 prefix    text                  the name
    1 number    int32                 of files from 1 on, one more for each version
    2 size      uint64                bytes
    3 ftype     uint8                 see `FileType`
    4 sha256    32 bytes              of the file; of a tree, of its own newest listing
    5 contents  bytes, may be null    what a symlink leads to
"""

from dataclasses import dataclass
from enum import IntEnum

import pyarrow as pa
import pyarrow.types as kinds

from pond_pipeline.errors import MigrationError
from pond_pipeline.migration.parquet import read_parquet

_DIGEST_BYTES = 32


class FileType(IntEnum):
    """What an item is."""

    TREE = 1
    TABLE = 2
    SERIES = 3
    DATA = 4
    RECIPE = 5
    SYMLINK = 6


_EXTENSIONS = {
    FileType.TABLE: "parquet",
    FileType.SERIES: "parquet",
    FileType.DATA: "data",
    FileType.RECIPE: "synth",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One version of one thing in a directory.

    Attributes:
        name: Any name that a file may have.
        number: Which version; of a tree, that of its own listing.
        size: In bytes.
        file_type: What it is.
        sha256: Of its bytes.
        target: What a symlink leads to, a name in the same directory; empty for all else.
    """

    name: str
    number: int
    size: int
    file_type: FileType
    sha256: bytes
    target: str = ""

    @property
    def file_name(self) -> str:
        """What its file is called; trees and symlinks have none."""
        return f"{self.name}.{self.number}.{_EXTENSIONS[self.file_type]}"

    @property
    def has_file(self) -> bool:
        """Say whether there is a file of its own."""
        return self.file_type in _EXTENSIONS


@dataclass(frozen=True, slots=True)
class Listing:
    """What a directory holds.

    Attributes:
        items: All versions of all that can be understood, without repeats.
        problems: By the name of what cannot: why not.
    """

    items: tuple[Item, ...]
    problems: tuple[tuple[str, str], ...]


def read_listing(data: bytes) -> Listing:
    """Read a listing.

    Raises:
        MigrationError: It is none.
    """
    columns = _columns(read_parquet(data))
    items: dict[Item, None] = {}
    problems = []
    for name, number, size, file_type, sha256, contents in zip(*columns, strict=True):
        if file_type not in list(FileType):
            problems.append((name, f"it is of the unknown type {file_type}"))
        elif not _is_name(name):
            problems.append((name, "no file can have this name"))
        else:
            target = "" if contents is None else contents.decode(errors="replace")
            items[Item(name, number, size, FileType(file_type), sha256, target)] = None
    return Listing(tuple(items), tuple(problems))


def _is_name(name: str) -> bool:
    """Say whether a name stays in its directory: a listing must not lead anywhere else."""
    return name not in ("", ".", "..") and "/" not in name and "\0" not in name


def _columns(table: pa.Table) -> list[list[object]]:
    """Return the values of the six columns by place.

    Raises:
        MigrationError: There are fewer, of other types, or with nulls.
    """
    checks = (
        lambda kind: kinds.is_string(kind) or kinds.is_large_string(kind),
        kinds.is_integer,
        kinds.is_integer,
        kinds.is_integer,
        lambda kind: kinds.is_fixed_size_binary(kind) or kinds.is_binary(kind),
        lambda kind: kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_null(kind),
    )
    if table.num_columns < len(checks):
        msg = f"a listing has {len(checks)} columns, and this file {table.num_columns}"
        raise MigrationError(msg)
    for place, is_right in enumerate(checks):
        column = table.column(place)
        if not is_right(column.type):
            msg = f"column {place} of a listing is not {column.type}"
            raise MigrationError(msg)
        if column.null_count and place < len(checks) - 1:
            raise MigrationError(f"column {place} of a listing is null in places")
    columns = [table.column(place).to_pylist() for place in range(len(checks))]
    if any(len(digest) != _DIGEST_BYTES for digest in columns[4]):
        raise MigrationError(f"a digest is not {_DIGEST_BYTES} bytes long")
    return columns
