"""A pond of each format must open for ever, and be what `docs/format.md` says.

`make.py` says what is in it, and how the next one is made.
"""

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from pond_core import Backups, OpKind, Pond, Window
from pond_core.oplog.schema import FORMAT
from tests.golden.make import readings, told
from tests.golden.plain_reader import PlainPond

HERE = Path(__file__).parent
FORMATS = sorted(path.name.removesuffix(".tar.xz") for path in HERE.glob("format-*.tar.xz"))


@pytest.fixture(params=FORMATS)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A pond that an earlier version has written, unpacked."""
    with tarfile.open(HERE / f"{request.param}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "pond"


@pytest.fixture
def expected(request: pytest.FixtureRequest, golden: Path) -> Mapping[str, Any]:
    name = request.node.callspec.params["golden"]
    assert golden.is_dir()
    found: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return found


def digests(pond: Pond, txn: int) -> dict[str, str]:
    return {path: node.digest for path, node in told(pond.snapshot(txn)).items()}


def test_there_is_a_golden_pond_of_this_format() -> None:
    assert f"format-{FORMAT}" in FORMATS


def test_an_old_pond_reads_as_ever(golden: Path, expected: Mapping[str, Any]) -> None:
    pond = Pond.open(golden, durability="process")
    assert pond.id == expected["pond"]
    for txn, snapshot in expected["snapshots"].items():
        assert digests(pond, int(txn)) == snapshot


def test_an_old_pond_tells_its_history(golden: Path, expected: Mapping[str, Any]) -> None:
    log = [
        [h.txn, h.ts_us, h.provenance.message, h.provenance.asset, h.operations, h.hash]
        for h in Pond.open(golden, durability="process").log()
    ]
    assert log == expected["log"]


def test_nothing_is_wrong_with_an_old_pond(golden: Path) -> None:
    report = Pond.open(golden, durability="process").verify()
    assert report.findings == ()


def test_an_old_pond_is_written_and_maintained(golden: Path, expected: Mapping[str, Any]) -> None:
    pond = Pond.open(golden, durability="process")
    before = pond.log()[0].txn
    with pond.transaction() as changes:
        changes.write_window("/raw/hourly", readings(range(5, 9)), Window(0, 10))
        changes.write_data("/new", b"x")
        changes.remove("/raw/cut")
    after = digests(pond, before + 1)
    assert after["/raw/hourly"] != expected["snapshots"][str(before)]["/raw/hourly"]
    pond.maintain()
    pond = Pond.open(golden, durability="process")
    for txn, snapshot in expected["snapshots"].items():
        assert digests(pond, int(txn)) == snapshot
    assert digests(pond, before + 1) == after
    assert pond.verify().findings == ()


def test_an_old_pond_is_backed_up_and_restored(
    golden: Path, expected: Mapping[str, Any], tmp_path: Path
) -> None:
    backups = Backups(tmp_path / "backup", durability="process")
    Pond.open(golden, durability="process").push(backups)
    backups.restore(tmp_path / "restored")
    restored = Pond.open(tmp_path / "restored", durability="process")
    for txn, snapshot in expected["snapshots"].items():
        assert digests(restored, int(txn)) == snapshot
    assert restored.verify().findings == ()


def test_the_document_is_enough_to_read_an_old_pond(
    golden: Path, expected: Mapping[str, Any]
) -> None:
    plain = PlainPond(golden)
    for txn, snapshot in expected["snapshots"].items():
        read = {path: node.digest for path, node in plain.snapshot(int(txn)).items()}
        assert read == snapshot


def test_the_document_is_enough_to_check_the_chain_of_headers(
    golden: Path, expected: Mapping[str, Any]
) -> None:
    assert PlainPond(golden).chain() == expected["log"][0][-1]


def test_each_delta_commit_says_how_many_actions_it_has(golden: Path) -> None:
    commits = sorted((golden / "oplog/_delta_log").glob("*.json"))
    txns = []
    for commit in commits:
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        (info,) = [action["commitInfo"] for action in actions if "commitInfo" in action]
        assert int(info["actions"]) == len(actions) - 1
        txns += [action["txn"]["version"] for action in actions if "txn" in action]
        kind = "WRITE" if any("txn" in action for action in actions) else "OPTIMIZE"
        assert (info["operation"], len(info["txn_uuid"])) == (kind, 32)
    assert len(txns) > 1
    assert txns == list(range(txns[0], txns[0] + len(txns)))


def test_the_golden_pond_has_all_that_the_format_knows(golden: Path) -> None:
    with duckdb.connect() as db:
        rows = db.execute(
            """SELECT op, tier, part, content IS NULL AND sha256 IS NOT NULL AS is_object,
            rows = 0 AS is_empty, factory IS NOT NULL AS is_dynamic
            FROM read_parquet($files, hive_partitioning = true)""",
            {"files": DeltaTable(str(golden / "oplog")).file_uris()},
        ).fetchall()
    operations, tiers, parts, *rest = ({*column} for column in zip(*rows, strict=True))
    assert operations == {*OpKind}
    assert tiers == {"hot", "cold"}
    assert len(parts) > 8
    assert all(True in column for column in rest)
    assert list((golden / "oplog/_delta_log").glob("*.checkpoint.parquet"))
