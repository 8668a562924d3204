"""What is left of a log: the log files that are whole, and what the Delta log can still tell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pond_core.errors import CorruptionError, Finding, StoreError
from pond_core.oplog import delta_log
from pond_core.oplog.chain import measured
from pond_core.oplog.identity import Identity
from pond_core.oplog.listing import Listing, after_commit, read_listing
from pond_core.oplog.parquet import LogFile
from pond_core.oplog.schema import COLD, HOT
from pond_core.oplog.shown import Shown
from pond_core.storage import Durability, digest_of

_NAME = re.compile(r"[0-9a-f]{64}\.parquet")


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a log.

    Attributes:
        files: Log files whose bytes are those that were written; those that the Delta log names,
            as far as it can be read, come first.
        damaged: Files that are not what their names say.
        findings: Why they are not.
        identity: Who the pond is, as far as the Delta log still tells it.
        shown: Which txns can be shown, if it still tells that.
        committed: Transactions of which it still tells, and their UUIDs.
        listed: Files that it still names as the newest ones.
    """

    files: Sequence[LogFile]
    damaged: Sequence[Path]
    findings: Sequence[Finding]
    identity: Identity = field(default_factory=lambda: Identity(""))
    shown: Shown = field(default_factory=Shown)
    committed: Mapping[int, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()


def remains(table: Path, durability: Durability | None = None) -> Remains:
    """Look at every file of a log; nothing is changed."""
    durability = durability or Durability()
    listing, committed = _told(table / "_delta_log")
    files, damaged, findings = [], [], []
    paths = {path.relative_to(table).as_posix(): path for path in log_files(table, durability)}
    if Identity.of(listing.settings).is_replica and listing.files.keys() <= paths.keys():
        # What a pull left was never committed here, and comes again with the next one.
        paths = {name: path for name, path in paths.items() if name in listing.files}
    for name, path in paths.items():
        try:
            durability.fetch([path])
            if digest_of(path) != path.stem or not _NAME.fullmatch(path.name):
                msg = "its bytes do not have its name"
                raise CorruptionError(msg)
            files.append(measured(table, name))
        except StoreError as exc:
            damaged.append(path)
            findings.append(Finding("log file damaged", name, str(exc)))
    files.sort(key=lambda file: (file.path not in listing.files, file.path))
    return Remains(
        files=files,
        damaged=damaged,
        findings=findings,
        identity=Identity.of(listing.settings),
        shown=Shown.of(listing.settings),
        committed=committed,
        listed=frozenset(listing.files),
    )


def log_files(table: Path, durability: Durability | None = None) -> Iterator[Path]:
    """Iterate over the files that lie where log files do, whether the table names them or not."""
    for tier in (HOT, COLD):
        yield from (durability or Durability()).found(table / f"tier={tier}")


def _told(log: Path) -> tuple[Listing, dict[int, str]]:
    """Return what the newest readable part of a Delta log says, and the txns in any part."""
    now, newest = Listing(), Listing()
    committed: dict[int, str] = {}
    commits, checkpoints = set(delta_log.commits(log)), set(delta_log.checkpoints(log))
    for version in sorted(commits | checkpoints):
        follows = now.version == version - 1
        try:
            if version in commits:
                commit = delta_log.read_commit(log, version)
                if commit is not None and commit.txn is not None:
                    committed[commit.txn] = commit.txn_uuid
                found = after_commit(now if follows else Listing(), log, version)
                now = found if follows else now
        except StoreError:
            now = Listing(-2)  # nothing follows from it
        if version in checkpoints and now.version != version:
            try:
                now = read_listing(log, version)
            except CorruptionError:
                continue
            # It names no `txn_uuid`, only the number of the newest transaction.
            committed.setdefault(now.txn, "")
        if now.settings:
            newest = now
    return newest, committed
