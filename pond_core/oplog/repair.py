"""A new Delta log, made from the log files that are there and proven by the chain of headers.

What Delta wrote is only a list of our files. Each of these names itself by its digest, each row
says to which transaction it belongs, and each header proves its rows and the header before. So the
list can be made again. Nothing is deleted: what is replaced or damaged is set aside.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pond_core.errors import (
    Finding,
    FormatTooNewError,
    FormatTooOldError,
    NotAPondError,
    StoreError,
)
from pond_core.oplog import delta_log
from pond_core.oplog.identity import Identity
from pond_core.oplog.parquet import LogFile, add_action
from pond_core.oplog.remains import Remains, log_files, remains
from pond_core.oplog.salvage import Salvage
from pond_core.oplog.table import LogTable
from pond_core.storage import Durability, exclusive, storage_errors


@dataclass(frozen=True, slots=True)
class Repaired:
    """What repair made, and what it could prove; with `dry_run`, what it would make.

    Attributes:
        pond_id: The pond's UUID.
        txns: The newest txn.
        proven: Transactions whose header is in the chain and whose rows are all there.
        horizon: The earliest txn that can be shown, as far as the old Delta log told it.
        log_files: Log files of the new list.
        set_aside: What was moved out of the way, relative to the pond.
        findings: What is lost, or could not be proven.
    """

    pond_id: str
    txns: int
    proven: int
    horizon: int
    log_files: int
    set_aside: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """True when everything was proven."""
        return not self.findings


def repair(pond: Path, *, durability: Durability, dry_run: bool = False) -> Repaired:
    """Make a new Delta log from the log files of a pond.

    Every snapshot reads as before, as far as its rows are there. A crash leaves the pond as it was,
    or without a Delta log; in both cases repair can be run again.

    Args:
        pond: The pond's directory.
        durability: Whether to wait for the disk.
        dry_run: Only say what would be made.

    Raises:
        NotAPondError: There is nothing of a pond.
        FormatTooNewError: The pond was written by a newer DuckPond.
        FormatTooOldError: It was written by DuckPond 0.1.
        StorageError: The disk refuses; the pond is as before.
    """
    table = pond / "oplog"
    if not is_pond(pond):
        msg = f"there is nothing of a pond at {pond}"
        raise NotAPondError(msg, hint=f"make one with `pond --pond {pond} init`")
    with exclusive(pond / "lock"):
        _check_format(table, durability)
        left = remains(table)
        salvage = Salvage(pond, left, durability=durability)
        identity, findings = _identity(salvage, left)
        doubtful = [table / path for path in sorted(salvage.doubtful)]
        files: Sequence[LogFile] = left.files
        if not dry_run:
            now = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
            place = pond / "set-aside" / now
            # First, since a whole file of the same name may be written now.
            _set_aside(left.damaged, table, place, durability)
            files = list(salvage.written())
            _replace_log(
                pond, _new_log(pond, salvage, identity, files, durability), place, durability
            )
            _set_aside(doubtful, table, place, durability)
            _keep_for_an_hour(table, files)
    return Repaired(
        pond_id=identity.pond,
        txns=salvage.head,
        proven=salvage.proven,
        horizon=salvage.shown.horizon,
        log_files=len(files),
        set_aside=tuple(p.relative_to(pond).as_posix() for p in (*left.damaged, *doubtful)),
        findings=(*left.findings, *findings, *salvage.findings),
    )


def is_pond(pond: Path, durability: Durability | None = None) -> bool:
    """Say whether there is a Delta log, or at least log files of one."""
    table = pond / "oplog"
    return delta_log.is_there(table / "_delta_log") or any(
        True for _ in log_files(table, durability)
    )


def _check_format(table: Path, durability: Durability) -> None:
    try:
        LogTable(table, durability=durability)
    except (FormatTooNewError, FormatTooOldError):
        raise
    except StoreError:
        return  # that is why we are here


def _identity(salvage: Salvage, left: Remains) -> tuple[Identity, Iterator[Finding]]:
    """Return who the pond is: headers tell it best, since they are proven."""
    headers = salvage.headers.values()
    told = {header.pond for header in headers if header.pond} - {h.parent for h in headers}
    newest = salvage.headers[max(salvage.headers)].pond if salvage.headers else ""
    pond_id = newest or left.identity.pond
    found = replace(left.identity, pond=pond_id) if pond_id else Identity.new()
    return found, _doubts(told, pond_id)


def _doubts(told: set[str], pond_id: str) -> Iterator[Finding]:
    if not pond_id:
        yield Finding("identity lost", "oplog", "nothing tells the pond's UUID: it has a new one")
    for other in sorted(told - {pond_id}):
        yield Finding("another pond's", "oplog", f"headers name {other!r} and {pond_id!r}")


def _new_log(
    pond: Path,
    salvage: Salvage,
    identity: Identity,
    files: Sequence[LogFile],
    durability: Durability,
) -> Path:
    """Make a Delta log that lists these files, where it is in nobody's way."""
    stage = pond / "tmp" / f"repair-{secrets.token_hex(8)}"
    durability.make_directory(stage)
    made = LogTable.create(stage, identity=identity, durability=durability)
    if salvage.head:
        header = salvage.headers.get(salvage.head)
        actions = [add_action(file, data_change=True) for file in files]
        made.commit(actions, txn=salvage.head, txn_uuid=header.txn_uuid if header else "")
    if salvage.shown.horizon:
        made.set(salvage.shown.properties)
    return stage / "_delta_log"


def _replace_log(pond: Path, new: Path, place: Path, durability: Durability) -> None:
    """Put a new Delta log in the place of the old one, which is set aside."""
    durability.make_directory(place)
    log = pond / "oplog" / "_delta_log"
    with storage_errors(log):
        if log.exists():
            log.replace(place / log.name)
            durability.sync_file(place)
        new.replace(log)
        durability.sync_file(log.parent)
        new.parent.rmdir()


def _set_aside(paths: Sequence[Path], table: Path, place: Path, durability: Durability) -> None:
    for path in paths:
        target = place / path.relative_to(table)
        durability.make_directory(target.parent)
        with storage_errors(path):
            path.replace(target)
        durability.sync_file(target.parent)


def _keep_for_an_hour(table: Path, files: Sequence[LogFile]) -> None:
    """Let those who still have the old list read on: replaced files go by their time."""
    known = {file.path for file in files}
    for path in log_files(table):
        if path.relative_to(table).as_posix() not in known:
            with storage_errors(path):
                os.utime(path)
