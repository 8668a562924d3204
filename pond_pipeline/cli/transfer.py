"""Copies between the host's files and the pond, and within the pond.

Into the pond a copy is one transaction, so all of it or nothing. On the host each file appears
whole under its name: it is written beside it and renamed. Nothing is overwritten unasked.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core import (
    DataError,
    EntryType,
    ExistsError,
    NodePath,
    NotFoundError,
    Pond,
    Provenance,
    Snapshot,
    Transaction,
    WrongTypeError,
    host_name,
    stream_rows,
)
from pond_pipeline.cli.apart import Apart
from pond_pipeline.cli.arrangement import inside
from pond_pipeline.cli.row_file import FileFormat, write_rows
from pond_pipeline.errors import ConfigError

_ROW_FILES = {".parquet": FileFormat.PARQUET, ".csv": FileFormat.CSV}


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy did.

    Attributes:
        source: As it was named.
        destination: Where the copy is.
        files: How many files were copied.
        bytes: How large they are on the host; within the pond, as stored.
        skipped: Pond paths of symlinks that were left out.
        txn: The transaction that made the copy; None for one on the host.
    """

    source: str
    destination: str
    files: int
    bytes: int
    skipped: tuple[str, ...] = ()
    txn: int | None = None


def import_files(
    pond: Pond, source: Path, destination: str, *, as_table: bool, recursive: bool, force: bool
) -> Copied:
    """Copy a host file, or a directory with all below it, into the pond.

    Args:
        pond: Where to.
        source: What to copy.
        destination: Its path there; what leads there is made. Into a directory, a copy goes under
            its own name.
        as_table: Store the table of a Parquet file instead of its bytes.
        recursive: Whether a directory may be copied.
        force: Whether to replace files that are there already.

    Raises:
        ExistsError: Something is there already.
        DataError: A file is no regular file, or not the Parquet file that it should be.
        WrongTypeError: It is a directory, or would replace what is of another type.
        OSError: The host refuses.
    """
    is_directory = source.is_dir()
    _check_recursive(str(source), is_directory=is_directory, recursive=recursive)
    files = list(_files(source)) if is_directory else [source]

    def change(tx: Transaction) -> tuple[str, int]:
        base = inside(tx, destination, source.absolute().name)
        size = 0
        for file in files:
            below = file.relative_to(source).parts if is_directory else ()
            target = "/".join((base.rstrip("/"), *below))
            if tx.exists(target) and not force:
                raise _exists(target)
            tx.mkdir(f"{target}/..", parents=True, exist_ok=True)
            if as_table:
                tx.write_table(target, _parquet_table(file))
            else:
                tx.write_data(target, _regular(file).read_bytes())
            size += file.stat().st_size
        return base, size

    message = f"{source} to {destination}"
    (base, size), header = pond.transact(change, Provenance(author="pond copy", message=message))
    txn = None if header is None else header.txn
    return Copied(str(source), base, len(files), size, txn=txn)


def export_node(
    snapshot: Snapshot, source: str, destination: Path, *, recursive: bool, force: bool
) -> Copied:
    """Copy a file of the pond, or a directory with all below it, to the host.

    A table or series becomes Parquet or CSV, as `destination` ends; below a directory Parquet.
    Symlinks below a directory are left out: their targets mean nothing on the host.

    Args:
        snapshot: Where from.
        source: What to copy.
        destination: Its path on the host; into a directory, a copy goes under its own name.
        recursive: Whether a directory may be copied.
        force: Whether to replace files that are there already.

    Raises:
        ExistsError: Something is there already, or two copies would have one name; where only the
            disk can tell that, those before the second one are made.
        NotFoundError: There is no directory for it.
        ConfigError: `destination` does not say as what a table or series is written.
        WrongTypeError: It is a directory, and `recursive` was not asked for.
        OSError: The host refuses.
    """
    node = snapshot.lookup(source)
    is_directory = node.entry_type is EntryType.DIRECTORY
    _check_recursive(node.path, is_directory=is_directory, recursive=recursive)
    if destination.is_dir():
        destination /= node.name if is_directory else host_name(node.entry)
    found = list(snapshot.walk(source)) if is_directory else [node]
    files = [each for each in found if each.entry_type is not EntryType.DIRECTORY]
    links = [each.path for each in files if each.entry_type is EntryType.SYMLINK]
    targets = {
        (_below(destination, each, node) if is_directory else destination): each
        for each in files
        if each.entry_type is not EntryType.SYMLINK
    }
    if len(targets) + len(links) < len(files):
        what = f"two of the files in {node.path} would have one name on the host"
        raise ExistsError(what, path=node.path, hint="copy them one by one")
    for target, each in targets.items():
        _check_target(target, each, force=force)
    if not destination.parent.is_dir():
        msg = f"there is no directory {destination.parent}"
        raise NotFoundError(msg, path=str(destination), hint="make it first")
    if is_directory:
        destination.mkdir(exist_ok=True)
    apart, size = Apart(), 0
    for target, each in targets.items():
        apart.check(target, each.path)
        size += _export(snapshot, each, target)
        apart.note(target, each.path)
    return Copied(node.path, str(destination), len(targets), size, tuple(links))


def copy_within(
    pond: Pond, source: str, destination: str, *, recursive: bool, force: bool
) -> Copied:
    """Copy a file of the pond, or a directory with all below it, within the pond.

    Args:
        pond: The pond.
        source: What to copy.
        destination: The path of the copy; what leads there is made. Into a directory, a copy goes
            under its own name.
        recursive: Whether a directory may be copied.
        force: Whether to replace a file that is there already.

    Raises:
        ExistsError: Something is there already.
        WrongTypeError: It is a directory, and `recursive` was not asked for.
    """

    def change(tx: Transaction) -> Copied:
        node = tx.lookup(source)
        is_directory = node.entry_type is EntryType.DIRECTORY
        _check_recursive(node.path, is_directory=is_directory, recursive=recursive)
        target = inside(tx, destination, node.name)
        if tx.exists(target):
            there = tx.lookup(target)
            replaceable = there.entry_type is not EntryType.DIRECTORY
            if not (force and replaceable) or there.node_id == node.node_id:
                raise _exists(there.path)
            tx.remove(there.path)
        tx.mkdir(f"{target}/..", parents=True, exist_ok=True)
        tx.copy(source, target, recursive=recursive)
        files = [n for n in tx.walk(source) if n.entry_type is not EntryType.DIRECTORY]
        size = sum(piece.size for each in files for piece in each.node.pieces)
        return Copied(node.path, target, len(files), size)

    made = Provenance(author="pond copy", message=f"{source} to {destination}")
    copied, header = pond.transact(change, made)
    txn = None if header is None else header.txn
    return Copied(copied.source, copied.destination, copied.files, copied.bytes, txn=txn)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name when it is complete and on disk, or never."""
    unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with unfinished.open("xb") as sink:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        unfinished.replace(path)
    except OSError as exc:
        if exc.filename == str(unfinished):  # a name that nobody gave
            exc.filename = str(path)
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def _files(directory: Path) -> Iterator[Path]:
    """Yield the files below a directory, in order; symlinks to directories are not followed."""
    for folder, folders, names in os.walk(directory, onerror=_refuse):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names))


def _refuse(error: OSError) -> None:
    raise error


def _below(destination: Path, node: NodePath, top: NodePath) -> Path:
    parts = node.path.removeprefix(top.path).strip("/").split("/")
    return destination.joinpath(*parts[:-1], host_name(node.entry))


def _check_target(target: Path, node: NodePath, *, force: bool) -> None:
    if target.is_dir() or (target.exists() and not force):
        raise _exists(str(target))
    if node.entry_type is not EntryType.DATA and target.suffix not in _ROW_FILES:
        what = (
            f"{node.path} is a {node.entry_type}: {str(target)!r} does not say as what to write it"
        )
        raise ConfigError(what, hint=f"name it {target.stem}.parquet or {target.stem}.csv")


def _export(snapshot: Snapshot, node: NodePath, target: Path) -> int:
    """Write one file to the host; return its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as sink:
        if node.entry_type is EntryType.DATA:
            sink.write(node.read_bytes())
        else:
            write_rows(sink, stream_rows(snapshot, node.path), _ROW_FILES[target.suffix])
        return sink.tell()


def _regular(file: Path) -> Path:
    """Refuse what would never end: pipes and devices."""
    if not stat.S_ISREG(file.stat().st_mode):
        raise DataError(f"{file} is no regular file", hint="leave it out")
    return file


def _parquet_table(file: Path) -> pa.Table:
    try:
        with pq.ParquetFile(_regular(file)) as opened:
            return opened.read()
    except pa.ArrowException as exc:
        raise DataError(f"{file} is no Parquet file: {exc}", hint="copy it as data") from exc


def _check_recursive(path: str, *, is_directory: bool, recursive: bool) -> None:
    if is_directory and not recursive:
        raise WrongTypeError(f"{path} is a directory", path=path, hint="copy it with -r")


def _exists(path: str) -> ExistsError:
    return ExistsError(f"{path} exists", path=path, hint="replace a file with --force")
