"""What the Delta log says, replayed by plain means: from its oldest checkpoint, commit by commit.

deltalake reads the newest checkpoint and what came after. Each newer checkpoint, and the table as
deltalake has opened it, must say the same as the replay: so a byte that changed in either shows.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core.errors import CorruptionError, Finding
from pond_core.oplog import delta_log
from pond_core.oplog.delta_log import checkpoint_path, commit_path
from pond_core.oplog.identity import POND, REPLICA
from pond_core.oplog.parquet import LogFile
from pond_core.oplog.schema import APP_ID, FORMAT, OLDEST_FORMAT, PARTITION_COLUMNS, TABLE
from pond_core.oplog.shown import PROPERTIES, Shown
from pond_core.oplog.table import LogTable

_PATH = re.compile(r"tier=(hot|cold)/part=(\d+)/[0-9a-f]{64}\.parquet")

_PROTOCOL = (1, 2)
"""The versions of Delta's protocol that readers and writers must know."""

_SETTINGS = frozenset(
    {
        POND,
        REPLICA,
        "pond.format",
        "pond.min_reader",
        "pond.min_writer",
        *PROPERTIES,
        "delta.appendOnly",
        "delta.checkpointInterval",
        "delta.dataSkippingStatsColumns",
        "delta.deletedFileRetentionDuration",
    }
)

_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "long": pa.int64(),
    "integer": pa.int32(),
    "binary": pa.binary(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OSError, CorruptionError)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the table is as of one Delta version.

    Attributes:
        version: The Delta version.
        files: The log files, by path.
        txn: The newest txn.
        settings: The table's properties.
    """

    version: int = -1
    files: Mapping[str, LogFile] = field(default_factory=dict)
    txn: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)


def read_listing(log: Path, version: int) -> Listing:
    """Return what a checkpoint says.

    Raises:
        CorruptionError: It cannot be read, or says something that no checkpoint says.
    """
    path = checkpoint_path(log, version)
    columns = ["add", "txn", "metaData", "protocol"]
    try:
        rows = pq.read_table(path, columns=columns).to_pylist(maps_as_pydicts="strict")
        actions = [{kind: row[kind]} for row in rows for kind in columns if row[kind] is not None]
        return _after(Listing(), version, actions)
    except (*_UNREADABLE, pa.ArrowException) as exc:
        msg = f"{path} is damaged: {exc!r}"
        raise CorruptionError(msg) from exc


def after_commit(before: Listing, log: Path, version: int) -> Listing:
    """Return what the table is after one more commit.

    Raises:
        CorruptionError: It cannot be read, or says something that no commit says.
    """
    path = commit_path(log, version)
    try:
        delta_log.read_commit(log, version)
        lines = path.read_bytes().splitlines()
        return _after(before, version, [json.loads(line) for line in lines if line.strip()])
    except _UNREADABLE as exc:
        msg = f"{path} is damaged: {exc!r}"
        raise CorruptionError(msg) from exc


def check_listing(table: LogTable) -> Iterator[Finding]:
    """Check the files of the Delta log, and the table as it was opened against them."""
    log = table.log
    checkpoints = set(delta_log.checkpoints(log))
    commits = set(delta_log.commits(log))
    yield from _missing(log, commits, checkpoints)
    now: Listing | None = Listing()
    for version in sorted(commits | checkpoints):
        if version in commits:
            follows = now is not None and now.version == version - 1
            try:
                found = after_commit(now if now and follows else Listing(), log, version)
                now = found if follows else None
            except CorruptionError as exc:
                now = None
                yield Finding("commit damaged", _named(commit_path(log, version)), str(exc))
        if version in checkpoints:
            where = _named(checkpoint_path(log, version))
            try:
                said = read_listing(log, version)
            except CorruptionError as exc:
                yield Finding("checkpoint damaged", where, str(exc))
                continue
            if now is not None and now.version == version:
                yield from _differences(now, said, where=where)
            else:
                now = said
    if now is None or now.version != table.version:
        detail = "its newest version does not follow from its files"
        yield Finding("Delta log broken", "oplog/_delta_log", detail)
        return
    known = table.identity.properties | table.shown.properties
    files = {file.path: file for file in table.files}
    opened = Listing(table.version, files, table.head, {**now.settings, **known})
    yield from _differences(now, opened, where="oplog/_delta_log")


def _missing(log: Path, commits: set[int], checkpoints: set[int]) -> Iterator[Finding]:
    # What is older is cleared away, one by one.
    start = sorted(checkpoints)[-2:][0] if checkpoints else -1
    for version in range(start + 1, max(commits | checkpoints, default=-1) + 1):
        if version not in commits:
            where = _named(commit_path(log, version))
            yield Finding("commit missing", where, "what came after it cannot be checked")


def _differences(one: Listing, other: Listing, *, where: str) -> Iterator[Finding]:
    """Report what two accounts of one version do not agree on."""
    for path in sorted({*one.files, *other.files}):
        if one.files.get(path) != other.files.get(path):
            detail = f"not the same as in the commits: {path}"
            yield Finding("listing altered", where, detail)
    if one.txn != other.txn:
        yield Finding("listing altered", where, f"txn {other.txn}, {one.txn} in the commits")
    for name in sorted({*one.settings, *other.settings}):
        if one.settings.get(name) != other.settings.get(name):
            detail = f"{name} is {other.settings.get(name)}, {one.settings.get(name)} before"
            yield Finding("property altered", where, detail)


def _after(before: Listing, version: int, actions: Sequence[Mapping[str, Any]]) -> Listing:
    files, txn, settings = dict(before.files), before.txn, before.settings
    for action in actions:
        ((kind, value),) = action.items()
        match kind:
            case "add":
                file = _added(value)
                files[file.path] = file
            case "remove":
                # The replay may have begun after the file was added.
                files.pop(_checked(value["path"], value["partitionValues"]), None)
            case "txn":
                _expect("the application", value["appId"], APP_ID)
                txn = int(value["version"])
            case "metaData":
                settings = _settings(value)
            case "protocol":
                found = (value["minReaderVersion"], value["minWriterVersion"])
                _expect("the protocol", found, _PROTOCOL)
            case "commitInfo":
                _check_said(value, actions, settings)
            case _:
                msg = f"no commit of a pond has the action {kind!r}"
                raise ValueError(msg)
    return replace(before, version=version, files=files, txn=txn, settings=settings)


def _added(add: Mapping[str, Any]) -> LogFile:
    _checked(add["path"], add["partitionValues"])
    file = delta_log.added_file(add)
    counted = json.loads(add["stats"])["nullCount"]
    expected = {"txn": 0, "until": 0 if file.max_until else file.rows}
    _expect("the counts of nulls", counted, expected)
    return file


def _checked(path: str, values: Mapping[str, str]) -> str:
    found = _PATH.fullmatch(path)
    if found is None:
        msg = f"{path!r} is no log file's path"
        raise ValueError(msg)
    _expect("the partition", dict(values), {"tier": found[1], "part": found[2]})
    return path


def _settings(metadata: Mapping[str, Any]) -> Mapping[str, str]:
    _expect("the partition columns", metadata["partitionColumns"], list(PARTITION_COLUMNS))
    fields = json.loads(metadata["schemaString"])["fields"]
    columns = [(f["name"], _TYPES.get(f["type"]), f["nullable"]) for f in fields]
    _expect("the columns", columns, [(f.name, f.type, f.nullable) for f in TABLE])
    settings: dict[str, str] = metadata["configuration"]
    unknown = set(settings) - _SETTINGS
    if unknown:
        msg = f"no pond has the property {min(unknown)!r}"
        raise ValueError(msg)
    for name in ("pond.format", "pond.min_reader", "pond.min_writer"):
        if not OLDEST_FORMAT <= int(settings[name]) <= FORMAT:
            msg = f"{name} is {settings[name]}, and there is no such format"
            raise ValueError(msg)
    Shown.of(settings)
    return settings


def _check_said(
    info: Mapping[str, Any], actions: Sequence[Mapping[str, Any]], before: Mapping[str, str]
) -> None:
    """Compare a commit that changes the table with what it says that it does."""
    metadata = next((a["metaData"] for a in actions if "metaData" in a), None)
    if metadata is None:
        return
    said = info["operationParameters"]
    if info["operation"] == "CREATE TABLE":
        _expect("the metadata", metadata, json.loads(said["metadata"]))
        return
    changed = json.loads(said["properties"])
    settings = metadata["configuration"]
    _expect("what is set", {name: settings.get(name) for name in changed}, changed)
    if before:
        kept = {name: value for name, value in settings.items() if name not in changed}
        expected = {name: value for name, value in before.items() if name not in changed}
        _expect("what is not set", kept, expected)


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        msg = f"{what} {found!r} should be {expected!r}"
        raise ValueError(msg)


def _named(path: Path) -> str:
    return f"oplog/_delta_log/{path.name}"
