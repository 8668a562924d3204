"""The files of `_delta_log`: found, read, judged, set aside and cleared away.

delta-rs writes commits and checkpoints. We read commits ourselves: asking delta-rs what is new
took 2 ms each time, three times a commit. And we judge what a power loss left of the newest ones:
delta-rs opens a table whose last commit was cut short, without the rows that it had.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core.errors import CorruptionError, StorageError
from pond_core.oplog.parquet import LogFile
from pond_core.oplog.schema import APP_ID
from pond_core.storage import Durability, storage_errors

_COMMIT = ".json"
_CHECKPOINT = ".checkpoint.parquet"
_POINTER = "_last_checkpoint"
_DIGITS = 20
"""A version as Delta writes it in file names."""

REPAIR = "`pond repair` makes a new Delta log from the log files"
"""What to do about one that cannot be read."""

Place = tuple[tuple[int, int], tuple[int, int]]
"""The inodes of a log's directory, with its device, and of a commit in it, with its time."""

KEPT_CHECKPOINTS = 2
"""So that who opens the table by the older one is not disturbed when a newer one comes."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One Delta commit.

    Attributes:
        version: Its Delta version.
        txn: The transaction that it makes visible; None for a merge.
        txn_uuid: That transaction's, or the merge's; empty in a commit of another program.
        added: Files that the table has since.
        removed: Paths of files that it has no more.
        is_metadata: Whether it changes the table's properties.
    """

    version: int
    txn: int | None
    txn_uuid: str
    added: tuple[LogFile, ...]
    removed: tuple[str, ...]
    is_metadata: bool


def place(log: Path, version: int) -> Place | None:
    """Return what tells a log from another of the same name: its directory, and a commit in it.

    A file system may give the number of a directory that was deleted to the next one.
    """
    directory = inode(log)
    try:
        commit = commit_path(log, version).stat()
    except FileNotFoundError:
        return None
    return directory, (commit.st_ino, commit.st_mtime_ns)


def inode(directory: Path) -> tuple[int, int]:
    """Return what tells a directory from any other that is there; 0, 0 if it is gone."""
    try:
        status = directory.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_dev, status.st_ino


def commit_path(log: Path, version: int) -> Path:
    """Return where a commit lies in a `_delta_log`."""
    return log / f"{version:0{_DIGITS}}{_COMMIT}"


def checkpoint_path(log: Path, version: int) -> Path:
    """Return where a checkpoint lies in a `_delta_log`."""
    return log / f"{version:0{_DIGITS}}{_CHECKPOINT}"


def pointer(log: Path) -> Path:
    """Return where a `_delta_log` says which checkpoint is the newest."""
    return log / _POINTER


def version_of(name: str) -> tuple[int, bool] | None:
    """Return a file's version, and whether it is a checkpoint; None if it is neither."""
    stem, _, ending = name.rpartition("/")[2].partition(".")
    if len(stem) != _DIGITS or not stem.isdigit() or f".{ending}" not in {_COMMIT, _CHECKPOINT}:
        return None
    return int(stem), f".{ending}" == _CHECKPOINT


def is_there(log: Path) -> bool:
    """Say whether a table was made there; a directory that a crash left empty is none."""
    return bool(commits(log) or checkpoints(log))


def newest(log: Path) -> int:
    """Return the version of the newest commit that is there; -1 if there is none."""
    return max(commits(log), default=-1)


def commits(log: Path, *, after: int = -1) -> list[int]:
    """Return the versions of the commits that are there, in order, from the next one on."""
    return [version for version in _versions(log, _COMMIT) if version > after]


def checkpoints(log: Path) -> list[int]:
    """Return the versions that have a checkpoint, in order."""
    return _versions(log, _CHECKPOINT)


def read_commit(log: Path, version: int) -> Commit | None:
    """Return a commit; None if it was cleared away.

    Raises:
        CorruptionError: It cannot be read, or is not whole.
    """
    path = commit_path(log, version)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        msg = f"{path}: {exc.strerror}"
        raise StorageError(msg) from exc
    try:
        return _parsed(version, data)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as exc:
        msg = f"{path} is damaged: {exc}"
        raise CorruptionError(msg, hint=REPAIR) from exc


def read_commits(log: Path, *, after: int) -> list[Commit]:
    """Return the commits after a version, in order.

    Raises:
        CorruptionError: One of them is missing, or damaged.
    """
    found: list[Commit] = []
    for version, _ in enumerate(commits(log, after=after), start=after + 1):
        commit = read_commit(log, version)
        if commit is None:
            msg = f"{commit_path(log, version)} is missing, though there are later ones"
            raise CorruptionError(msg, hint=REPAIR)
        found.append(commit)
    return found


def torn(log: Path) -> list[Path]:
    """Return what a power loss has cut short: the newest commit, checkpoints, their pointer.

    None of it was acknowledged: a writer reports success after it has synced its commit, and
    clears nothing away before a checkpoint is synced.
    """
    found = []
    versions = commits(log)
    if versions and _is_cut(commit_path(log, versions[-1])):
        found.append(commit_path(log, versions[-1]))
    there = checkpoints(log)
    broken: list[int] = []
    for version in reversed(there):
        if _is_parquet(checkpoint_path(log, version)):
            break  # nobody needs those before it
        broken.append(version)
    found.extend(checkpoint_path(log, version) for version in broken)
    if pointer(log).exists() and _pointed(pointer(log)) not in set(there) - set(broken):
        found.append(pointer(log))
    return found


def set_aside(paths: Sequence[Path], place: Path, *, durability: Durability) -> None:
    """Move files out of the way into a directory, where a person may look at them."""
    durability.make_directory(place)
    for path in paths:
        with storage_errors(path):
            path.replace(place / path.name)
    for directory in {place, *(path.parent for path in paths)}:
        durability.sync_file(directory)


def sync_checkpoint(log: Path, *, durability: Durability) -> None:
    """Wait until the newest checkpoint and its pointer are on disk."""
    for version in checkpoints(log)[-1:]:
        durability.sync_file(checkpoint_path(log, version))
    if pointer(log).exists():
        durability.sync_file(pointer(log))
    durability.sync_file(log)


def clear(log: Path) -> int:
    """Delete commits and checkpoints that nobody needs to open the table; return how many.

    Two checkpoints stay, and every commit since the older one. The caller holds the pond's lock
    and has synced the newer one.
    """
    kept = checkpoints(log)[-KEPT_CHECKPOINTS:]
    whole = [version for version in kept if _is_parquet(checkpoint_path(log, version))]
    if len(whole) < KEPT_CHECKPOINTS:
        return 0
    old = [commit_path(log, v) for v in commits(log) if v < kept[0]]
    old += [checkpoint_path(log, v) for v in checkpoints(log) if v < kept[0]]
    for path in old:
        with storage_errors(path):
            path.unlink(missing_ok=True)
    return len(old)


def strangers(log: Path) -> list[Path]:
    """Return files that are neither commit, checkpoint nor pointer: delta-rs's temporaries."""
    known = {commit_path(log, v) for v in commits(log)}
    known |= {checkpoint_path(log, v) for v in checkpoints(log)} | {pointer(log)}
    return [path for path in log.iterdir() if path not in known]


def _parsed(version: int, data: bytes) -> Commit:
    lines = b",".join(line for line in data.splitlines() if line.strip())
    actions = json.loads(b"[" + lines + b"]")  # at once: line by line it takes twice as long
    if not actions or "commitInfo" not in actions[0]:
        msg = "it does not begin with what it is"
        raise ValueError(msg)
    declared = _declared(actions)
    if declared is not None and declared != len(actions) - 1:
        msg = f"it has {len(actions) - 1} actions and says {declared}"
        raise ValueError(msg)
    info = actions[0]["commitInfo"]
    txn_uuid = str(info.get("txn_uuid", ""))
    txns = [a["txn"]["version"] for a in actions if a.get("txn", {}).get("appId") == APP_ID]
    if txn_uuid and info.get("operation") == "WRITE" and not txns:
        msg = "it has a transaction and not its number"
        raise ValueError(msg)
    return Commit(
        version=version,
        txn=int(txns[-1]) if txns else None,
        txn_uuid=txn_uuid,
        added=tuple(added_file(a["add"]) for a in actions if "add" in a),
        removed=tuple(str(a["remove"]["path"]) for a in actions if "remove" in a),
        is_metadata=any("metaData" in a or "protocol" in a for a in actions),
    )


def added_file(add: Mapping[str, Any]) -> LogFile:
    """Return the file that an `add` action is about; KeyError and the like for what is none."""
    statistics = json.loads(add["stats"])
    low, high = statistics["minValues"], statistics["maxValues"]
    return LogFile(
        path=str(add["path"]),
        part=int(add["partitionValues"]["part"]),
        size=int(add["size"]),
        rows=int(statistics["numRecords"]),
        min_txn=int(low["txn"]),
        max_txn=int(high["txn"]),
        max_until=int(high.get("until", 0)),
        parents=_told(low, high, "parent_id"),
        nodes=_told(low, high, "node_id"),
    )


def _told(low: Mapping[str, Any], high: Mapping[str, Any], name: str) -> tuple[str, str] | None:
    bounds = low[name], high[name]
    if bounds == (None, None):
        return None
    if not all(isinstance(bound, str) for bound in bounds):
        msg = f"the bounds of {name} are {bounds}"
        raise TypeError(msg)
    return bounds


def _is_cut(path: Path) -> bool:
    """Say whether a commit ends before its end. One that is whole but altered is not cut."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False  # who opened the pond a moment before has set it aside
    if b'"synced":true' in data.partition(b"\n")[0]:
        return False  # it was whole when it got its name: what is missing is damage
    if not data or b"\0\0" in data:  # a block that was never written reads as NULs; JSON has none
        return True
    *lines, last = data.splitlines()
    try:
        actions = [json.loads(line) for line in lines]
    except ValueError:
        return False
    try:
        actions.append(json.loads(last))
    except ValueError as exc:
        return _is_beginning(last, exc)
    return _lacks_actions(actions)


def _lacks_actions(actions: Sequence[Any]) -> bool:
    """Say whether a commit was cut between two lines."""
    try:
        if "commitInfo" not in actions[0]:  # it comes first
            return False
        declared = _declared(actions)
    except (ValueError, TypeError, AttributeError):
        return False
    if declared is None:  # by deltalake itself: the table's making, or a change of its properties
        is_ours = "txn_uuid" in actions[0]["commitInfo"]
        kinds = {kind for action in actions for kind in action}
        return not is_ours and kinds <= {"commitInfo", "protocol"}
    # The number of the transaction is what comes last.
    return len(actions) - 1 < declared and not any("txn" in action for action in actions)


def _is_beginning(line: bytes, error: ValueError) -> bool:
    """Say whether text that is no JSON would be if it went on; if not, it was altered."""
    if isinstance(error, UnicodeDecodeError):
        return error.reason == "unexpected end of data"  # cut in the middle of a character
    if not isinstance(error, json.JSONDecodeError):
        return False
    if error.msg.startswith("Unterminated string"):
        # What follows a quote that was altered looks like the beginning of a text, to its end.
        ends = b"}}}" if line.startswith(b'{"metaData"') else b"}}"
        is_plain = line.startswith((b'{"txn"', b'{"add"', b'{"remove"', b'{"metaData"'))
        return not (is_plain and line.endswith(ends))
    rest = error.doc[error.pos :].rstrip()
    return any(word.startswith(rest) for word in ("true", "false", "null"))


def _declared(actions: Sequence[Any]) -> int | None:
    """Return how many actions besides `commitInfo` a commit says that it has."""
    for action in actions:
        if "commitInfo" in action:
            said = action["commitInfo"].get("actions")
            return None if said is None else int(said)
    return None


def _is_parquet(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except (pa.ArrowException, OSError, ValueError):  # the last: names that are no UTF-8
        return False
    return True


def _pointed(pointer: Path) -> int | None:
    try:
        return int(json.loads(pointer.read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _versions(log: Path, suffix: str) -> list[int]:
    try:
        names = os.listdir(log)  # noqa: PTH208 -- each commit lists four times; names are enough
    except (FileNotFoundError, NotADirectoryError):
        return []
    stems = [name.removesuffix(suffix) for name in names if name.endswith(suffix)]
    return sorted(int(stem) for stem in stems if len(stem) == _DIGITS and stem.isdigit())
