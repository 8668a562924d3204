"""A log as somebody finds it who opens it now: its list, and each file that is listed."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pond_core.errors import CorruptionError, Finding, LockError, StorageError, StoreError
from pond_core.oplog import delta_log
from pond_core.oplog.chain import measured
from pond_core.oplog.listing import check_listing
from pond_core.oplog.parquet import LogFile, read_table
from pond_core.oplog.remains import log_files, remains
from pond_core.oplog.schema import HEADERS, HOT
from pond_core.oplog.shown import Shown
from pond_core.oplog.table import LogTable
from pond_core.storage import Durability, digest_of, exclusive


@dataclass(frozen=True, slots=True)
class Audit:
    """What looking at a log's list and files has found.

    Attributes:
        table: The table's directory.
        is_open: Whether the table can be opened; if not, `files` are those that are there.
        pond_id: The pond's UUID.
        head: The newest txn.
        shown: Which txns can be shown.
        listed: How many log files there should be.
        files: Those that can be read, and what they hold by their own account.
        left_over: Files that nothing refers to, relative to the pond: harmless.
        findings: What is wrong.
    """

    table: Path
    is_open: bool
    pond_id: str
    head: int
    shown: Shown
    listed: int
    files: Sequence[LogFile]
    left_over: Sequence[str]
    findings: Sequence[Finding]


def audit(pond: Path, *, durability: Durability) -> Audit:
    """Open a log afresh and look at every file of it; damage is a finding, never an error."""
    path = pond / "oplog"
    try:
        with exclusive(pond / "lock"):
            table, findings = _opened(path, durability)
    except (StorageError, LockError):  # nobody can write here, so that nobody has to be locked out
        table, findings = _opened(path, durability)
    if table is None:
        left = remains(path, durability)
        findings.extend(left.findings)
        count = len(left.files) + len(left.damaged)
        return Audit(path, False, "", 0, Shown(), count, left.files, (), findings)  # noqa: FBT003
    listed = list(table.files)
    with contextlib.suppress(CorruptionError, StorageError):  # what is wrong is told file by file
        table.fetch(listed)
    files = [f for each in listed for f in _readable(path, each, findings, durability)]
    highest = _highest_unlisted(path, listed, durability)
    # Somebody may have committed meanwhile; the list is read anew only where that matters.
    # What a pull left in a replica is in the backup, and is fetched again.
    is_source = not table.identity.is_replica
    if (
        is_source
        and highest > table.head + 1
        and highest > LogTable(path, durability=durability).head + 1
    ):
        # Nobody writes a header before the one before it was committed: that of the next txn may
        # be left over from a crash, a later one cannot.
        detail = f"log files that the Delta log does not name have headers up to txn {highest}"
        findings.append(Finding("commits missing", f"txn {table.head + 1}", detail))
    return Audit(
        table=path,
        is_open=True,
        pond_id=table.identity.pond,
        head=table.head,
        shown=table.shown,
        listed=len(listed),
        files=files,
        left_over=[p.relative_to(pond).as_posix() for p in _left_over(pond, listed, durability)],
        findings=findings,
    )


def _opened(path: Path, durability: Durability) -> tuple[LogTable | None, list[Finding]]:
    try:
        table = LogTable(path, durability=durability)
        return table, list(check_listing(table))
    except StoreError as exc:
        return None, [Finding("Delta log broken", "oplog/_delta_log", str(exc))]


def _readable(
    table: Path, listed: LogFile, findings: list[Finding], durability: Durability
) -> Iterator[LogFile]:
    path = table / listed.path
    try:
        durability.fetch([path])
    except (CorruptionError, StorageError) as exc:
        findings.append(Finding("log file missing or damaged", listed.path, str(exc)))
        return
    if not path.is_file():
        findings.append(Finding("log file missing", listed.path, "the Delta log names it"))
        return
    try:
        if digest_of(path) != listed.sha256:
            detail = "its bytes do not have its name"
            findings.append(Finding("log file damaged", listed.path, detail))
        found = measured(table, listed.path)
        _check_tier(table, found, findings)
    except (CorruptionError, StorageError) as exc:
        findings.append(Finding("log file unreadable", listed.path, str(exc)))
        return
    # What Delta says of a file decides who opens it.
    for name in (column.name for column in fields(LogFile)):
        said, held = getattr(listed, name), getattr(found, name)
        if said != held:
            detail = f"{name}: the Delta log says {said}, it is {held}"
            findings.append(Finding("statistics wrong", listed.path, detail))
    yield found


def _highest_unlisted(table: Path, listed: Sequence[LogFile], durability: Durability) -> int:
    """Return the newest txn of which an unlisted log file has the header; 0 if there is none."""
    known = {file.path for file in listed}
    highest = 0
    for path in durability.found(table / f"tier={HOT}" / f"part={HEADERS}"):
        name = path.relative_to(table).as_posix()
        if name not in known:
            with contextlib.suppress(CorruptionError, StorageError):
                durability.fetch([path])
                highest = max(highest, measured(table, name).max_txn)
    return highest


def _check_tier(table: Path, file: LogFile, findings: list[Finding]) -> None:
    counting = int(read_table(table, file, ("until",))["until"].null_count)
    if counting != (file.rows if file.is_hot else 0):
        detail = f"{counting} of {file.rows} rows count, in a file of the {file.tier} tier"
        findings.append(Finding("row in the wrong tier", file.path, detail))


def _left_over(pond: Path, listed: Sequence[LogFile], durability: Durability) -> Iterator[Path]:
    known = {file.path for file in listed}
    table = pond / "oplog"
    yield from (
        p for p in log_files(table, durability) if p.relative_to(table).as_posix() not in known
    )
    for name in ("tmp", "set-aside"):
        marker = pond / "tmp" / "cleared"
        yield from sorted(p for p in (pond / name).rglob("*") if p.is_file() and p != marker)
    yield from delta_log.strangers(table / "_delta_log")
