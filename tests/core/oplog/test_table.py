"""The Delta log as it lies on the disk, read as plain JSON, and the handle on it."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

from pond_core.errors import (
    CorruptionError,
    FormatTooNewError,
    FormatTooOldError,
    NotAPondError,
    StorageError,
    StoreError,
)
from pond_core.oplog import OpLog
from pond_core.oplog.operation import encode
from pond_core.oplog.parquet import add_action, write_rows
from pond_core.oplog.repair import repair
from pond_core.oplog.schema import HOT, TABLE
from pond_core.oplog.table import LogTable
from pond_core.storage import Durability, sha256_of
from tests.core.oplog.rows import DIRECTORY, PART, append, delta_log, link, reopened, write

Action = dict[str, Any]


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), keys
    return dict(pairs)


def actions(log: OpLog, version: int) -> dict[str, list[Action]]:
    """Return the actions of a commit by kind; a key that comes twice fails."""
    lines = (delta_log(log) / f"{version:020}.json").read_text(encoding="utf-8").splitlines()
    found: dict[str, list[Action]] = {}
    for line in lines:
        for kind, action in json.loads(line, object_pairs_hook=unique).items():
            found.setdefault(kind, []).append(action)
    return found


def raise_format(log: OpLog, **properties: str) -> None:
    names = {f"pond.{name}": value for name, value in properties.items()}
    DeltaTable(str(log.table.path)).alter.set_table_properties(names, raise_if_not_exists=False)


def test_a_new_table_says_what_it_is(log: OpLog) -> None:
    (metadata,) = actions(log, 0)["metaData"]
    assert metadata["partitionColumns"] == ["tier", "part"]
    fields = json.loads(metadata["schemaString"])["fields"]
    assert [field["name"] for field in fields] == TABLE.names
    settings = metadata["configuration"]
    assert settings["delta.appendOnly"] == "true"
    assert str(uuid.UUID(settings["pond.id"])) == settings["pond.id"] == log.pond_id
    assert (settings["pond.format"], settings["pond.min_reader"], settings["pond.min_writer"]) == (
        "2",
        "2",
        "2",
    )


def test_a_table_needs_no_more_than_the_simplest_reader(log: OpLog) -> None:
    (protocol,) = actions(log, 0)["protocol"]
    assert protocol["minReaderVersion"] == 1
    assert "readerFeatures" not in protocol


def test_a_commit_carries_the_number_of_its_transaction(log: OpLog) -> None:
    for txn in (1, 2):
        append(log, link("a"))
        (action,) = actions(log, txn)["txn"]
        assert (action["appId"], action["version"]) == ("pond", txn)


def test_a_commit_carries_the_uuid_of_its_transaction(log: OpLog) -> None:
    header = append(log, link("a"))
    (info,) = actions(log, 1)["commitInfo"]
    assert info["txn_uuid"] == header.txn_uuid


def test_each_added_file_is_named_by_the_digest_of_its_bytes(log: OpLog) -> None:
    append(log, link("a"), write(b"content"))
    added = actions(log, 1)["add"]
    assert {add["partitionValues"]["part"] for add in added} == {"7", "16"}
    for add in added:
        data = (log.table.path / add["path"]).read_bytes()
        part = add["partitionValues"]["part"]
        assert add["path"] == f"tier=hot/part={part}/{sha256_of(data)}.parquet"
        assert add["partitionValues"]["tier"] == "hot"
        assert add["size"] == len(data)
        assert add["dataChange"] is True


def test_statistics_tell_snapshots_and_what_rows_are_about_apart(log: OpLog) -> None:
    append(log, link("a"))
    append(log, link("b"), link("c"))
    (stats,) = [
        json.loads(add["stats"])
        for add in actions(log, 2)["add"]
        if add["partitionValues"]["part"] == "7"
    ]
    assert stats == {
        "numRecords": 2,
        "minValues": {"txn": 2, "parent_id": DIRECTORY, "node_id": "7a"},
        "maxValues": {"txn": 2, "parent_id": DIRECTORY, "node_id": "7a"},
        "nullCount": {"txn": 0, "until": 2},
    }


def test_a_file_of_headers_says_that_it_has_neither_names_nor_nodes(log: OpLog) -> None:
    append(log, link("a"))
    (stats,) = [
        json.loads(add["stats"])
        for add in actions(log, 1)["add"]
        if add["partitionValues"]["part"] == "16"
    ]
    nothing = {"parent_id": None, "node_id": None}
    assert stats["minValues"] == stats["maxValues"] == {"txn": 1, **nothing}


@pytest.mark.parametrize("name", ["parent_id", "node_id"])
def test_bounds_that_are_not_told_are_no_bounds_of_nothing(log: OpLog, name: str) -> None:
    append(log, link("a"))
    commit = delta_log(log) / f"{1:020}.json"
    commit.write_bytes(commit.read_bytes().replace(name.encode(), b"other_id"))
    with pytest.raises(CorruptionError, match="is damaged"):
        reopened(log)


def test_a_reload_that_failed_is_tried_again(log: OpLog) -> None:
    for name in "abc":
        append(log, link(name))
    repair(log.pond, durability=log.durability)
    (first, *_) = sorted(delta_log(log).glob("*.json"))
    whole = first.read_bytes()
    first.write_bytes(b"no commit")
    with pytest.raises(StoreError):
        log.head()
    first.write_bytes(whole)
    assert append(log, link("d")).txn == 4
    assert reopened(log).head() == 4


def test_the_files_of_a_handle_are_those_of_its_version(log: OpLog) -> None:
    assert list(log.table.files) == []
    append(log, link("a"))
    other = reopened(log)
    append(log, link("b"))
    assert sorted((file.part, file.min_txn, file.max_txn) for file in log.table.files) == [
        (PART, 1, 1),
        (PART, 2, 2),
        (16, 1, 1),
        (16, 2, 2),
    ]
    assert {file.max_txn for file in other.table.files} == {1}
    other.table.refresh()
    assert {file.path for file in other.table.files} == {f.path for f in log.table.files}


def test_a_commit_on_a_handle_that_is_behind_is_refused(log: OpLog) -> None:
    other = reopened(log)
    append(log, link("a"))
    durability = Durability(full=False)
    rows = encode([link("b", txn=1, seq=1)])
    tmp = log.pond / "tmp"
    file = write_rows(log.table.path, rows, part=PART, tier=HOT, durability=durability, tmp=tmp)
    action = add_action(file, data_change=True)
    assert not other.table.commit([action], txn=1, txn_uuid="e" * 32)
    other.table.refresh()
    assert file.path not in {known.path for known in other.table.files}


def test_a_pond_of_a_newer_format_is_not_opened(log: OpLog) -> None:
    raise_format(log, min_reader="3")
    with pytest.raises(FormatTooNewError, match="has format 3, this DuckPond reads up to 2") as e:
        reopened(log)
    assert e.value.hint == "install a newer duckpond"


def test_a_pond_of_the_first_format_is_not_opened(log: OpLog) -> None:
    raise_format(log, format="1", min_reader="1", min_writer="1")
    with pytest.raises(FormatTooOldError, match="has format 1, this DuckPond reads 2") as e:
        reopened(log)
    assert e.value.hint == "make a new pond and run the pipeline"


def test_files_without_bounds_are_those_of_the_first_format(log: OpLog) -> None:
    append(log, link("a"))
    raise_format(log, format="1", min_reader="1", min_writer="1")
    commit = delta_log(log) / f"{1:020}.json"
    commit.write_bytes(commit.read_bytes().replace(b"node_id", b"another"))
    with pytest.raises(FormatTooOldError):
        reopened(log)


def test_a_format_raised_meanwhile_is_seen_at_the_next_look(log: OpLog) -> None:
    raise_format(log, min_reader="3")
    with pytest.raises(FormatTooNewError):
        log.head()


def test_a_format_that_only_writers_must_know_can_be_read(log: OpLog) -> None:
    append(log, link("a"))
    raise_format(log, format="3", min_writer="3")
    assert reopened(log).head() == 1


def test_a_format_that_writers_must_know_cannot_be_written(log: OpLog) -> None:
    raise_format(log, min_writer="3")
    with pytest.raises(FormatTooNewError, match="writes up to 2"):
        append(log, link("a"))
    assert reopened(log).head() == 0


def test_a_delta_table_that_is_no_pond_is_refused(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "oplog"), TABLE.empty_table())
    with pytest.raises(CorruptionError, match=r"no pond: it lacks pond\.min_reader"):
        OpLog(tmp_path, durability=Durability())


def test_a_directory_without_a_delta_log_holds_no_operations(tmp_path: Path) -> None:
    with pytest.raises(NotAPondError, match="holds no operation log"):
        LogTable(tmp_path, durability=Durability())


def test_a_place_that_deltalake_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="takes % in a path"):
        OpLog.create(tmp_path / "%41", durability=Durability(full=False))
    assert not (tmp_path / "A").exists()
