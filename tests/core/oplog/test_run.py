"""Looking up rows in a log file finds what reading all of it finds, and opens no more."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings

from pond_core.errors import CorruptionError
from pond_core.oplog import LogFile, Operation, parquet, read_all
from pond_core.oplog import run as run_module
from pond_core.oplog.operation import encode
from pond_core.oplog.parquet import write_rows
from pond_core.oplog.run import Groups, Run
from pond_core.oplog.schema import HOT
from pond_core.storage import Durability
from tests.core.oplog.rows import DIRECTORY, PART, describe, link, placed, unlink, window, write

ODD_NAMES = [
    "a",
    "A",
    "a\u0301",
    "\u00e1",
    "\u00df",
    "\u65e5\u672c",
    "\U0001f986",
    "\ufffd",
    "\uffff",
    "\U0010ffff",
    "\U0010ffff" * 2,
    "\x01",
    "\x7f",
    " ",
    "'\"\\",
    "n" * 255,
]
"""Code points in several planes: sorted by UTF-16 units some would change places."""

PARENTS = [DIRECTORY, "7", "7" * 31, "70", "8" * 32, "\U0010ffff\U0010ffff"]
NODES = ["7a", "7b", "7", "7\U0010ffff"]
ROWS = st.one_of(
    st.builds(link, st.sampled_from(ODD_NAMES), parent=st.sampled_from(PARENTS)),
    st.builds(unlink, st.sampled_from(ODD_NAMES), parent=st.sampled_from(PARENTS)),
    st.builds(write, st.none() | st.binary(max_size=5), node_id=st.sampled_from(NODES)),
    st.builds(describe, st.just("{}"), node_id=st.sampled_from(NODES)),
)


def written(place: Path, rows: Sequence[Operation]) -> LogFile:
    return write_rows(
        place,
        encode(rows),
        part=PART,
        tier=HOT,
        durability=Durability(full=False),
        tmp=place / "tmp",
    )


def without_content(rows: Sequence[Operation]) -> list[Operation]:
    return [replace(row, content=None) for row in rows]


def open_groups(groups: Groups) -> set[int]:
    return {group for _, group, _ in groups._kept}


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a row group."""
    monkeypatch.setattr(parquet, "_ROW_GROUP_ROWS", 2)


@pytest.mark.usefixtures("small_groups")
@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(ROWS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_lookups_find_what_a_scan_finds(
    tmp_path: Path, transactions: list[list[Operation]]
) -> None:
    rows = placed(transactions)
    file = written(tmp_path, rows)
    in_order = without_content(read_all(tmp_path, file))
    run = Run(tmp_path, file, Groups())
    for parent in PARENTS:
        named = [row for row in in_order if row.parent_id == parent]
        assert run.names(parent) == named
        for name in ODD_NAMES:
            assert run.names(parent, name) == [row for row in named if row.name == name]
    for node in NODES:
        about = [row for row in in_order if row.node_id == node and row.parent_id is None]
        assert run.nodes(node) == about


@pytest.mark.usefixtures("small_groups")
@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(ROWS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_contents_and_ranges_of_txns_are_those_that_were_written(
    tmp_path: Path, transactions: list[list[Operation]]
) -> None:
    rows = placed(transactions)
    file = written(tmp_path, rows)
    run = Run(tmp_path, file, Groups())
    for row in rows:
        assert run.content(replace(row, content=None)) == row.content
    for after in range(len(transactions) + 1):
        for upto in range(after, len(transactions) + 2):
            found = sorted(run.rows(after=after, upto=upto), key=lambda row: (row.txn, row.seq))
            assert found == without_content([row for row in rows if after < row.txn <= upto])


def test_the_rows_of_a_file_are_what_it_holds_without_contents(tmp_path: Path) -> None:
    rows = placed([[link("b"), write(b"x"), link("a")]])
    run = Run(tmp_path, written(tmp_path, rows), Groups())
    assert run.rows(after=0, upto=1) == without_content([rows[1], rows[2], rows[0]])


@pytest.mark.usefixtures("small_groups")
def test_a_lookup_opens_only_row_groups_that_may_hold_it(tmp_path: Path) -> None:
    rows = placed([[link(f"{number:02}") for number in range(20)]])
    file = written(tmp_path, rows)
    assert pq.read_metadata(tmp_path / file.path).num_row_groups == 10
    groups = Groups()
    run = Run(tmp_path, file, groups)
    assert run.names(DIRECTORY, "07")[0].seq == 8
    assert open_groups(groups) == {3}
    assert run.names(DIRECTORY, "99") == run.nodes("7z") == run.names("elsewhere") == []
    assert open_groups(groups) == {3}


@pytest.mark.usefixtures("small_groups")
def test_row_groups_that_were_not_used_lately_leave_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = placed([[link(f"{number:02}") for number in range(20)]])
    groups = Groups()
    run = Run(tmp_path, written(tmp_path, rows), groups)
    run.names(DIRECTORY, "00")
    [first] = groups._kept.values()
    monkeypatch.setattr(run_module, "_KEPT_BYTES", 2 * first.rows.nbytes + 10)
    found = [run.names(DIRECTORY, name)[0].seq for name in ("00", "02", "00", "04", "02")]
    assert found == [1, 3, 1, 5, 3]
    assert open_groups(groups) == {1, 2}


@pytest.mark.usefixtures("small_groups")
def test_names_that_go_over_row_groups_are_found_whole(tmp_path: Path) -> None:
    rows = placed([[link("a")], [link("b")], [unlink("b")], [link("b")], [link("c")]])
    run = Run(tmp_path, written(tmp_path, rows), Groups())
    assert [row.txn for row in run.names(DIRECTORY, "b")] == [2, 3, 4]


def test_contents_are_spread_over_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_ROW_GROUP_BYTES", 100)
    rows = placed([[write(bytes([number]) * 60, node_id=f"7{number}") for number in range(5)]])
    file = written(tmp_path, rows)
    assert pq.read_metadata(tmp_path / file.path).num_row_groups == 5
    run = Run(tmp_path, file, Groups())
    assert [run.content(row) for row in rows] == [row.content for row in rows]


@pytest.mark.usefixtures("small_groups")
def test_a_file_without_statistics_is_looked_up_all_the_same(tmp_path: Path) -> None:
    names = ["a", "\U0010ffff" * 2]
    rows = placed([[link(name) for name in names], [write(b"x", node_id="7\U0010ffff\U0010ffff")]])
    file = written(tmp_path, rows)
    plain = pq.ParquetFile(tmp_path / file.path).read()
    pq.write_table(plain, tmp_path / file.path, write_statistics=False, row_group_size=2)
    run = Run(tmp_path, file, Groups())
    assert [run.names(DIRECTORY, name)[0].name for name in names] == names
    assert run.content(rows[2]) == b"x"
    assert len(run.rows(after=0, upto=1)) == 2


def test_a_row_that_is_not_in_the_file_has_no_content_there(tmp_path: Path) -> None:
    rows = placed([[write(b"x"), window(0, 1)]])
    run = Run(tmp_path, written(tmp_path, rows), Groups())
    assert run.content(replace(rows[0], txn=2)) is None
    assert run.content(replace(rows[0], seq=3)) is None
    assert run.content(replace(rows[0], node_id="7b")) is None
    assert run.content(rows[1]) is None


def test_a_file_that_is_missing_cannot_be_read(tmp_path: Path) -> None:
    file = written(tmp_path, placed([[link("a")]]))
    (tmp_path / file.path).unlink()
    with pytest.raises(CorruptionError, match="is missing, though the log names it"):
        Run(tmp_path, file, Groups()).nodes("7a")


def test_a_file_that_cannot_hold_what_is_asked_for_is_not_opened(tmp_path: Path) -> None:
    file = written(tmp_path, placed([[write(b"x")]]))
    (tmp_path / file.path).unlink()
    run = Run(tmp_path, file, Groups())
    assert run.names(DIRECTORY) == run.nodes("7b") == []
    assert run.rows(after=0, upto=1, nodes=["7b", "7c"]) == []
    with pytest.raises(CorruptionError):
        run.nodes("7a")


@pytest.mark.usefixtures("small_groups")
def test_a_file_that_goes_missing_is_damage_where_more_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, placed([[link(name) for name in "abcd"]]))
    run = Run(tmp_path, file, Groups())
    assert run.names(DIRECTORY, "a")
    (tmp_path / file.path).unlink()
    assert run.names(DIRECTORY, "a"), "what was read once stays"
    with pytest.raises(CorruptionError, match="is missing, though the log names it"):
        run.names(DIRECTORY, "d")


@pytest.mark.usefixtures("small_groups")
def test_threads_share_row_groups_that_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_KEPT_BYTES", 1000)
    rows = placed([[link(f"{number:02}") for number in range(40)]])
    groups = Groups()
    run = Run(tmp_path, written(tmp_path, rows), groups)

    def look(number: int) -> int:
        return run.names(DIRECTORY, f"{number % 40:02}")[0].seq

    with ThreadPoolExecutor(max_workers=4) as threads:
        found = list(threads.map(look, range(400)))
    assert found == [number % 40 + 1 for number in range(400)]
    assert groups._bytes == sum(group.rows.nbytes for group in groups._kept.values())
