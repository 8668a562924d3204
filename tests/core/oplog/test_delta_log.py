"""The Delta log's files: what a power loss may leave is set aside, all other damage is an error."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pond_core.errors import CorruptionError, NotAPondError, PondError
from pond_core.oplog import HEADERS, OpLog, delta_log, maintenance
from pond_core.oplog.delta_log import (
    checkpoints,
    clear,
    commit_path,
    commits,
    read_commit,
    set_aside,
    strangers,
    torn,
)
from pond_core.storage import Durability
from tests.core.oplog.rows import PART, append, link, reopened, write

CHECKPOINT = "{:020}.checkpoint.parquet"
POINTER = "_last_checkpoint"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "pond"


@pytest.fixture
def two(log: OpLog) -> OpLog:
    """A log with two transactions."""
    append(log, link("a"), write(b"x"))
    append(log, link("b"))
    return log


@pytest.fixture
def checkpointed(log: OpLog, monkeypatch: pytest.MonkeyPatch) -> OpLog:
    """A log with checkpoints at 3, 6 and 9, of which the first was cleared away, and a commit."""
    monkeypatch.setattr(maintenance, "CHECKPOINT_EVERY", 3)
    monkeypatch.setattr(maintenance, "MERGE_FILES", 1000)
    for number in range(10):
        append(log, link(f"{number}"))
    return log


def newest(log: OpLog) -> Path:
    return commit_path(log.table.log, commits(log.table.log)[-1])


def cuts(path: Path, *, step: int = 1) -> Iterator[int]:
    """Cut a file at every so many bytes and at each end of a line; leave it whole in the end."""
    whole = path.read_bytes()
    sizes = {*range(0, len(whole), step), len(whole) - 1}
    sizes |= {at + near for at in range(len(whole)) if whole[at] == ord("\n") for near in (0, 1)}
    for size in sorted(sizes - {len(whole)}):
        path.write_bytes(whole[:size])
        yield size
    path.write_bytes(whole)


def names(log: OpLog) -> list[str | None]:
    return [row.name for row in log.operations(after=0, upto=log.head()) if row.name]


def test_a_commit_reads_back_as_what_it_did(two: OpLog) -> None:
    commit = read_commit(two.table.log, 1)
    assert commit is not None
    (header,) = two.headers(upto=1)
    assert (commit.version, commit.txn, commit.txn_uuid) == (1, 1, header.txn_uuid)
    assert {file.part for file in commit.added} == {PART, HEADERS}
    assert (commit.removed, commit.is_metadata) == ((), False)
    assert {file for file in two.files() if file.max_txn == 1} == set(commit.added)


def test_the_table_s_making_is_metadata(two: OpLog) -> None:
    commit = read_commit(two.table.log, 0)
    assert commit is not None
    assert (commit.txn, commit.added, commit.is_metadata) == (None, (), True)


def test_a_commit_that_was_cleared_away_is_none(two: OpLog) -> None:
    assert read_commit(two.table.log, 7) is None


def test_a_log_that_is_whole_has_nothing_torn(two: OpLog, checkpointed: OpLog) -> None:
    assert torn(two.table.log) == torn(checkpointed.table.log) == []


def test_a_place_without_a_log_has_nothing_torn(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert torn(tmp_path / "nothing") == torn(tmp_path / "file" / "below") == []


def test_a_commit_cut_at_any_byte_is_torn(two: OpLog) -> None:
    for size in cuts(newest(two)):
        assert torn(two.table.log) == [newest(two)], size
    assert torn(two.table.log) == []


def test_a_merge_cut_at_any_line_is_torn(log: OpLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "MERGE_FILES", 2)
    append(log, link("a"))
    append(log, link("b"))
    path = newest(log)
    assert b'"remove"' in path.read_bytes()
    lines = path.read_bytes().splitlines(keepends=True)
    for count in range(len(lines)):
        path.write_bytes(b"".join(lines[:count]))
        assert torn(log.table.log) == [path], count


def test_a_change_of_properties_that_is_cut_is_torn(two: OpLog) -> None:
    two.forget_before(1)
    for size in cuts(newest(two), step=41):
        assert torn(two.table.log) == [newest(two)], size
    assert torn(two.table.log) == []


@pytest.mark.parametrize("start", [0, 1, 500])
def test_a_commit_whose_blocks_were_never_written_is_torn(two: OpLog, start: int) -> None:
    whole = newest(two).read_bytes()
    newest(two).write_bytes(whole[:start] + bytes(len(whole) - start))
    assert torn(two.table.log) == [newest(two)]
    newest(two).write_bytes(bytes(len(whole) - start) + whole[len(whole) - start :])
    assert torn(two.table.log) == [newest(two)]


def test_a_torn_commit_is_set_aside_and_the_next_one_takes_its_number(
    two: OpLog, caplog: pytest.LogCaptureFixture
) -> None:
    path = newest(two)
    data = path.read_bytes()[:-9]
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING):
        again = reopened(two)
    assert names(again) == ["a"]
    assert (two.pond / "set-aside" / path.name).read_bytes() == data
    assert f"{path} is not whole, as after a power loss, and is set aside" in caplog.text
    assert append(again, link("c")).txn == 2
    assert names(reopened(again)) == ["a", "c"]


def test_a_commit_that_somebody_else_has_set_aside_meanwhile_is_not_torn(two: OpLog) -> None:
    path = newest(two)
    path.unlink()
    path.symlink_to("nowhere")  # it is listed, and gone when it is read
    assert torn(two.table.log) == []


def test_a_commit_before_the_newest_is_never_torn(two: OpLog) -> None:
    """It was synced before the next one was begun: what is wrong with it is something else."""
    commit_path(two.table.log, 1).write_bytes(b"")
    assert torn(two.table.log) == []
    with pytest.raises(CorruptionError, match="is damaged"):
        reopened(two)


def test_an_altered_byte_in_the_newest_commit_is_not_torn(two: OpLog) -> None:
    """But for the few by which a whole one is known: its last braces, the count of its actions."""
    path = newest(two)
    whole = path.read_bytes()
    first = whole.index(b'actions":')
    last = whole.rindex(b"\n")
    for at in range(0, len(whole), 3):
        if first <= at < first + len(b'actions":3') or (at >= last and whole[at] in b"\n{}"):
            continue
        altered = bytearray(whole)
        altered[at] ^= 0x01
        path.write_bytes(altered)
        assert torn(two.table.log) == [], at


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b'"add"', b'"\xff\xff\xff"'),
        (b'"stats"', b'"stat5"'),
        (b'{"add"', b'["add"'),
        (b'"actions":3', b'"actions":"x"'),
        (b'"actions":3', b'"actions":2'),
        (b'"txn":{', b'"tyn":{'),
        (b'"appId":"pond"', b'"appId":"pint"'),
        (b'"numRecords', b'"numRecord5'),
    ],
)
def test_an_altered_commit_is_damage_for_who_opens_and_for_who_is_there(
    two: OpLog, good: bytes, bad: bytes
) -> None:
    reader = reopened(two)
    append(two, link("c"), write())
    path = newest(two)
    assert good in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(good, bad, 1))
    with pytest.raises(CorruptionError, match="is damaged") as info:
        reader.head()
    assert "repair" in info.value.hint
    with pytest.raises(CorruptionError, match="is damaged"):
        reopened(two)


@pytest.mark.parametrize("data", [b"5", b"[]", b"null", b"{}\n5", b'{"commitInfo":5}', b"\xff"])
def test_json_that_is_no_commit_is_an_error_of_ours(two: OpLog, data: bytes) -> None:
    newest(two).write_bytes(data)
    with pytest.raises(PondError):
        read_commit(two.table.log, 2)
    torn(two.table.log)


def test_a_commit_that_is_missing_between_others_is_named(two: OpLog) -> None:
    append(two, link("c"))
    commit_path(two.table.log, 2).unlink()
    with pytest.raises(CorruptionError, match=r"0002\.json is missing") as refused:
        OpLog(two.pond, durability=Durability(full=False))
    assert "pond repair" in refused.value.hint


def test_a_table_whose_making_was_cut_short_can_be_made_again(place: Path) -> None:
    durability = Durability(full=False)
    path = commit_path(OpLog.create(place, durability=durability).table.log, 0)
    for size in [*range(0, path.stat().st_size, 2001), path.stat().st_size - 1]:
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(NotAPondError):
            OpLog(place, durability=durability)
        assert OpLog.create(place, durability=durability).head() == 0
    assert append(OpLog(place, durability=durability), link("a")).txn == 1


def test_the_making_of_a_table_that_is_cut_is_torn(log: OpLog) -> None:
    for size in cuts(newest(log), step=61):
        assert torn(log.table.log) == [newest(log)], size


def test_two_checkpoints_stay_and_every_commit_since_the_older(checkpointed: OpLog) -> None:
    log = checkpointed.table.log
    assert checkpoints(log) == [6, 9]
    assert commits(log) == [6, 7, 8, 9, 10]
    assert clear(log) == 0


def test_nothing_is_cleared_by_one_checkpoint(log: OpLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "CHECKPOINT_EVERY", 3)
    for name in "abc":
        append(log, link(name))
    assert checkpoints(log.table.log) == [3]
    assert commits(log.table.log) == [0, 1, 2, 3]


def test_nothing_is_cleared_by_a_checkpoint_that_is_not_whole(checkpointed: OpLog) -> None:
    log = checkpointed.table.log
    older = log / CHECKPOINT.format(6)
    newer = log / CHECKPOINT.format(9)
    (log / CHECKPOINT.format(10)).write_bytes(newer.read_bytes()[:-4])
    assert clear(log) == 0
    assert older.is_file()


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("version", [6, 9])
def test_a_pond_with_a_torn_checkpoint_opens_by_the_others(
    checkpointed: OpLog, version: int, share: float
) -> None:
    path = checkpointed.table.log / CHECKPOINT.format(version)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    again = reopened(checkpointed)
    assert names(again) == names(checkpointed)
    is_needed = version == 9  # the other one is not read any more
    assert (checkpointed.pond / "set-aside" / path.name).is_file() == is_needed
    for number in range(8):
        append(again, link(f"more-{number}"))
    assert names(reopened(again)) == names(again)
    assert len(names(again)) == 18


@pytest.mark.parametrize("content", [b"", b"\0" * 9, b"{", b'{"version":77}', b"[]", b'{"v":1}'])
def test_a_torn_pointer_is_set_aside_and_the_pond_opens(
    checkpointed: OpLog, content: bytes
) -> None:
    pointer = checkpointed.table.log / POINTER
    pointer.write_bytes(content)
    again = reopened(checkpointed)
    assert names(again) == [f"{number}" for number in range(10)]
    assert [path.name for path in (checkpointed.pond / "set-aside").iterdir()] == [POINTER]
    assert append(again, link("more")).txn == 11


def test_a_pointer_to_a_torn_checkpoint_goes_with_it(checkpointed: OpLog) -> None:
    log = checkpointed.table.log
    assert json.loads((log / POINTER).read_bytes())["version"] == 9
    (log / CHECKPOINT.format(9)).write_bytes(b"PAR1")
    assert {path.name for path in torn(log)} == {CHECKPOINT.format(9), POINTER}


def test_a_pond_opens_after_all_that_a_power_loss_can_tear(checkpointed: OpLog) -> None:
    log = checkpointed.table.log
    newest(checkpointed).write_bytes(b"")
    (log / CHECKPOINT.format(9)).write_bytes(b"")
    (log / POINTER).write_bytes(b"")
    again = reopened(checkpointed)
    assert names(again) == [f"{number}" for number in range(9)]
    assert len(list((again.pond / "set-aside").iterdir())) == 3


def test_what_is_set_aside_is_kept_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "torn").write_bytes(b"half of i")
    set_aside([tmp_path / "torn"], tmp_path / "aside", durability=Durability())
    assert not (tmp_path / "torn").exists()
    assert (tmp_path / "aside" / "torn").read_bytes() == b"half of i"


def test_strangers_are_neither_commit_nor_checkpoint_nor_pointer(checkpointed: OpLog) -> None:
    log = checkpointed.table.log
    assert strangers(log) == []
    odd = [log / "_commit_1.json.tmp", log / "1.json", log / ("x" * 20 + ".json")]
    for path in odd:
        path.touch()
    assert sorted(strangers(log)) == sorted(odd)
    assert commits(log)[-1] == 10


def test_a_commit_that_is_no_file_is_a_storage_error(two: OpLog) -> None:
    path = commit_path(two.table.log, 3)
    path.mkdir()
    with pytest.raises(PondError, match="directory"):
        delta_log.read_commit(two.table.log, 3)
