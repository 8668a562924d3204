"""Verification finds every damage; a crash leaves none."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pond_core import Pond, Provenance, Window
from pond_core.oplog import HEADERS, Operation, OpKind, OpLog, read_all
from pond_core.oplog.operation import encode
from pond_core.oplog.parquet import add_action, remove_action, write_rows
from pond_core.oplog.schema import COLD, HOT
from tests.conformance.filesystem import readings

LARGE = b"x" * 100_000
CHANCE = random.Random(1)  # noqa: S311 -- a test, no secret
READINGS = readings({us: CHANCE.random() for us in range(20_000)})


@pytest.fixture
def pond(pond: Pond) -> Pond:
    """A pond with small and large content in three transactions."""
    with pond.transaction(Provenance(author="ada")) as tx:
        tx.mkdir("/d")
        tx.write_data("/d/small", b"small")
        tx.write_data("/large", LARGE)
    with pond.transaction() as tx:
        tx.write_window("/s", READINGS, Window(0, None))
    with pond.transaction() as tx:
        tx.write_window("/s", None, Window(5, 10))
    return pond


def log_of(pond: Pond) -> OpLog:
    return pond._log


def found(pond: Pond) -> set[str]:
    return {finding.what for finding in pond.verify().findings}


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x55
    path.write_bytes(data)


def objects(pond: Pond) -> list[Path]:
    return sorted(path for path in (pond.path / "objects").rglob("*") if path.is_file())


def alter(pond: Pond, part: int, change: Callable[[Operation], Operation]) -> None:
    """Rewrite the rows of a part as somebody would who knows the format, digests included."""
    log = log_of(pond)
    tmp = log.pond / "tmp"
    for file in [file for file in log.files() if file.part == part]:
        rows = [change(row) for row in read_all(log.table.path, file)]
        new = write_rows(
            log.table.path, encode(rows), part=part, tier=HOT, durability=log.durability, tmp=tmp
        )
        if new.path != file.path:
            assert log.table.commit(
                [remove_action(file), add_action(new, data_change=False)], txn_uuid="e" * 32
            )


def test_a_sound_pond_has_no_findings(pond: Pond) -> None:
    report = pond.verify()
    assert report.ok
    assert (report.findings, report.unreferenced) == ((), ())
    assert report.txns == 3
    assert report.log_files == len(log_of(pond).files())


def test_the_objects_that_were_checked_are_counted(pond: Pond) -> None:
    assert pond.verify().objects == len(objects(pond))


def test_an_empty_pond_is_sound(tmp_path: Path) -> None:
    report = Pond.init(tmp_path / "other", durability="process").verify()
    assert (report.ok, report.txns, report.log_files, report.objects) == (True, 0, 0, 0)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_a_damaged_byte_in_any_log_file_is_found(pond: Pond, share: float) -> None:
    for file in log_of(pond).files():
        path = log_of(pond).table.path / file.path
        good = path.read_bytes()
        flip(path, int(share * (len(good) - 1)))
        report = pond.verify()
        assert ("log file damaged", file.path) in {(f.what, f.where) for f in report.findings}
        path.write_bytes(good)
    assert pond.verify().ok


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_damaged_byte_in_any_object_is_found(pond: Pond, share: float) -> None:
    for path in objects(pond):
        good = path.read_bytes()
        flip(path, int(share * (len(good) - 1)))
        (finding,) = pond.verify().findings
        assert finding.what == "object missing or damaged"
        assert path.name in finding.where
        path.write_bytes(good)


def test_a_missing_object_is_found(pond: Pond) -> None:
    missing = objects(pond)
    for path in missing:
        path.unlink()
    findings = pond.verify().findings
    assert {finding.what for finding in findings} == {"object missing or damaged"}
    assert {finding.where.rpartition("/")[2] for finding in findings} == {p.name for p in missing}


def test_a_missing_log_file_is_found(pond: Pond) -> None:
    for file in log_of(pond).files():
        path = log_of(pond).table.path / file.path
        good = path.read_bytes()
        path.unlink()
        findings = {(finding.what, finding.where) for finding in pond.verify().findings}
        assert ("log file missing", file.path) in findings
        assert len(findings) > 1, "and what the file held"
        path.write_bytes(good)


def change_facts(**facts: Any) -> Callable[[Operation], Operation]:  # noqa: ANN401  # any JSON
    def change(row: Operation) -> Operation:
        return replace(row, attributes=json.dumps(row.facts | facts))

    return change


def test_an_altered_header_is_found(pond: Pond) -> None:
    alter(pond, HEADERS, change_facts(author="eve"))
    assert found(pond) == {"chain broken"}


def test_a_header_that_does_not_have_the_hash_beside_it_is_found(pond: Pond) -> None:
    alter(pond, HEADERS, lambda row: replace(row, sha256="0" * 64) if row.txn == 2 else row)
    findings = pond.verify().findings
    assert [(finding.what, finding.where) for finding in findings] == [("header altered", "txn 2")]


def test_a_header_without_its_facts_is_found_and_the_rest_is_checked(pond: Pond) -> None:
    alter(pond, HEADERS, lambda row: replace(row, attributes="{}") if row.txn == 2 else row)
    findings = pond.verify().findings
    assert [(finding.what, finding.where) for finding in findings] == [
        ("header unreadable", "txn 2")
    ]


def test_an_altered_row_is_found(pond: Pond) -> None:
    alter(pond, 0, lambda row: replace(row, name="other") if row.name == "large" else row)
    assert found(pond) == {"rows altered"}


def test_an_altered_content_is_found(pond: Pond) -> None:
    part = int(pond.snapshot().lookup("/d/small").node_id[0], 16)
    alter(pond, part, lambda row: replace(row, content=b"SMALL") if row.content else row)
    assert found(pond) == {"content altered"}


def test_a_row_at_another_place_is_found(pond: Pond) -> None:
    alter(
        pond,
        0,
        lambda row: replace(row, seq=99) if row.op is OpKind.LINK and row.txn == 2 else row,
    )
    assert found(pond) == {"rows altered"}


def test_a_repeated_row_is_found(pond: Pond) -> None:
    log = log_of(pond)
    files = [file for file in log.files() if file.part == HEADERS]
    rows = [row for file in files for row in read_all(log.table.path, file)]
    tmp = log.pond / "tmp"
    file = write_rows(
        log.table.path, encode(rows), part=HEADERS, tier=HOT, durability=log.durability, tmp=tmp
    )
    assert log.table.commit([add_action(file, data_change=False)], txn_uuid="e" * 32)
    assert found(pond) == {"row repeated"}


def test_a_row_that_says_what_no_transaction_may_say_is_found(pond: Pond) -> None:
    alter(pond, 0, lambda row: replace(row, name="a/b") if row.name == "large" else row)
    assert found(pond) == {"rows altered", "row invalid"}


def test_a_row_that_refers_to_nothing_is_found(pond: Pond) -> None:
    nobody = "0" + "e" * 31
    alter(pond, 0, lambda row: replace(row, parent_id=nobody) if row.name == "large" else row)
    assert found(pond) == {"rows altered", "reference broken"}


def test_rows_that_left_the_hot_tier_too_early_are_found(pond: Pond) -> None:
    log = log_of(pond)
    tmp = log.pond / "tmp"
    for file in [file for file in log.files() if file.part == 0]:
        rows = [replace(row, until=3) for row in read_all(log.table.path, file)]
        new = write_rows(
            log.table.path, encode(rows), part=0, tier=COLD, durability=log.durability, tmp=tmp
        )
        assert log.table.commit(
            [remove_action(file), add_action(new, data_change=False)], txn_uuid="e" * 32
        )
    assert found(pond) == {"superseded too early"}


def test_what_delta_says_of_a_file_is_compared_with_the_file(pond: Pond) -> None:
    log = log_of(pond)
    file = next(file for file in log.files() if file.part == HEADERS)
    lie = replace(file, rows=file.rows + 1, max_txn=9)
    assert log.table.commit([add_action(lie, data_change=False)], txn_uuid="e" * 32)
    assert found(pond) == {"statistics wrong"}


def test_a_pond_that_cannot_be_opened_is_checked_as_far_as_it_goes(pond: Pond) -> None:
    log = log_of(pond).table.log
    newest = max(log.glob("*.json"))
    newest.write_bytes(newest.read_bytes().replace(b'"txn"', b'"tyn"'))
    flip(objects(pond)[0], 0)
    findings = {finding.what for finding in Pond.verify_at(pond.path).findings}
    assert findings == {"Delta log broken", "object missing or damaged"}


def test_left_overs_are_listed_and_harmless(pond: Pond) -> None:
    (pond.path / "tmp" / "in-the-making").touch()
    report = pond.verify()
    assert (report.ok, report.left_over) == (True, ("tmp/in-the-making",))


def test_an_unreferenced_object_is_reported_and_harmless(pond: Pond) -> None:
    digest = pond._objects.put(b"y" * 100)
    report = pond.verify()
    assert report.ok
    assert report.unreferenced == (digest,)


# What a crash leaves. The child really dies, at the point that its code names.

CHILD = """
import os, sys
from pond_core import Pond
from pond_core.oplog.table import LogTable
from pond_core.tlogfs import ObjectStore

commit, put = LogTable.commit, ObjectStore.put

def die_before_commit(self, actions, **facts):
    os._exit(9)

def die_after_commit(self, actions, **facts):
    commit(self, actions, **facts)
    os._exit(9)

def die_after_object(self, data):
    put(self, data)
    os._exit(9)

if sys.argv[2] == "object":
    ObjectStore.put = die_after_object
else:
    LogTable.commit = {"before": die_before_commit, "after": die_after_commit}[sys.argv[2]]
with Pond.open(sys.argv[1]).transaction() as tx:
    tx.write_data("/large", b"z" * 100_000)
"""

WRITER = """
import sys
from pond_core import Pond
pond = Pond.open(sys.argv[1])
for number in range(1000):
    with pond.transaction() as tx:
        tx.write_data(f"/{number}", b"z" * 70_000)
    print(number, flush=True)
"""


def crash(pond: Pond, where: str) -> None:
    run = subprocess.run(  # noqa: S603  # our own interpreter and our own text
        [sys.executable, "-c", CHILD, str(pond.path), where], check=False
    )
    assert run.returncode == 9


@pytest.mark.parametrize("where", ["object", "before"])
def test_a_crash_before_the_commit_leaves_the_pond_as_it_was(pond: Pond, where: str) -> None:
    crash(pond, where)
    again = Pond.open(pond.path, durability="process")
    assert again.snapshot().txn == 3
    assert again.snapshot().read_data("/large") == LARGE
    report = again.verify()
    assert report.ok
    assert len(report.unreferenced) == 1
    with again.transaction() as tx:
        tx.write_data("/large", b"after")
    assert again.snapshot().read_data("/large") == b"after"


def test_a_crash_after_the_commit_leaves_the_transaction(pond: Pond) -> None:
    crash(pond, "after")
    again = Pond.open(pond.path, durability="process")
    assert again.snapshot().read_data("/large") == b"z" * 100_000
    assert again.verify().ok


def test_what_a_killed_writer_was_told_is_there(pond: Pond) -> None:
    with subprocess.Popen(  # noqa: S603  # our own interpreter and our own text
        [sys.executable, "-c", WRITER, str(pond.path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
    again = Pond.open(pond.path, durability="process")
    assert all(again.snapshot().exists(f"/{number}") for number in told)
    assert again.verify().ok
