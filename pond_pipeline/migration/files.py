"""Files of an original pond, brought bit for bit into ours: those of an Inbox, and what is odd."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pond_core import PondError, StoreError, Transaction
from pond_pipeline.migration.deposit import add_file, is_stored
from pond_pipeline.migration.folder import Folder
from pond_pipeline.migration.listing import FileType, Item
from pond_pipeline.migration.remark import Remarks
from pond_pipeline.migration.report import FilesReport
from pond_pipeline.migration.resource import OldResource
from pond_pipeline.migration.target import Target

_BATCH_BYTES = 64 * 2**20
_BATCH_FILES = 1000


@dataclass(slots=True)
class _Counts:
    files: int = 0
    bytes: int = 0
    added: int = 0
    equal: int = 0
    other: int = 0


def bring_files(
    files: Iterable[tuple[str, bytes]], top: str, *, old: str, target: Target, remarks: Remarks
) -> FilesReport:
    """Bring files into the pond, some at a time; what is there stays.

    Args:
        files: The name of each below `top`, and what it holds.
        top: A directory of the pond.
        old: Where they come from in the old pond.
        target: The pond.
        remarks: What cannot be taken is noted there.
    """
    counts = _Counts()
    for batch in _batches(files):
        counts.files += len(batch)
        counts.bytes += sum(map(len, batch.values()))
        fs = target.read()
        absent = {}
        for below, data in batch.items():
            path = f"{top}/{below}"
            match is_stored(fs, path, data):
                case True:
                    counts.equal += 1
                case False:
                    counts.other += 1
                    remarks.noted("another file", path, "the pond has other bytes, which stay")
                case None:
                    absent[path] = data
        if target.dry_run:
            counts.added += len(absent)
        elif absent:
            counts.added += _add(absent, target, remarks, path=top)
    return FilesReport(
        path=top,
        old=old,
        files=counts.files,
        bytes=counts.bytes,
        added=counts.added,
        equal=counts.equal,
        other=counts.other,
    )


def _add(files: dict[str, bytes], target: Target, remarks: Remarks, *, path: str) -> int:
    """Store files; return how many of them the pond holds afterwards, read back from it."""

    def change(tx: Transaction) -> dict[str, str]:
        refused = {}
        for each, data in files.items():
            try:
                add_file(tx, each, data)
            except StoreError:
                raise
            except PondError as exc:
                refused[each] = str(exc)
        return refused

    refused, _ = target.change(change, message=f"{len(files)} files", path=path)
    fs = target.read()
    stored = 0
    for each, data in files.items():
        if is_stored(fs, each, data):
            stored += 1
        else:
            why = refused.get(each, "it is not in the pond")
            remarks.failed("file not taken", each, why)
    return stored


def inbox_files(resource: OldResource) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an Inbox by their names below it; what else is in it is noted."""
    top = resource.folder
    if top is None:
        return
    names: set[str] = set()
    for folder in top.walk():
        for item in folder.items:
            if item.file_type not in (FileType.DATA, FileType.TREE):
                folder.tell_foreign(item)
        for name in folder.names(FileType.DATA):
            data = _newest(folder, folder.versions(name, FileType.DATA))
            path = f"{folder.path}/{name}"
            below = unicodedata.normalize("NFC", path.removeprefix(f"{top.path}/"))
            if data is None:
                continue
            if below in names:
                folder.remarks.failed("two files of one name", path, "the pond has the other one")
                continue
            names.add(below)
            yield below, data


def _batches(files: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    """Yield files by their names, so many at a time as fit into memory."""
    batch: dict[str, bytes] = {}
    size = 0
    for below, data in files:
        batch[below] = data
        size += len(data)
        if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def _newest(folder: Folder, versions: Sequence[Item]) -> bytes | None:
    """Return what the newest version holds; earlier ones are checked and noted."""
    for earlier in versions[:-1]:
        folder.remarks.left("earlier version", folder.where(earlier), "a later one replaced it")
    return folder.read(versions[-1])
