"""Directories of an original pond, whole and damaged: what can be trusted is taken."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from pond_pipeline.errors import MigrationError
from pond_pipeline.migration.folder import Folder, is_original_pond
from pond_pipeline.migration.listing import FileType, read_listing
from pond_pipeline.migration.remark import Remarks
from tests.pipeline.migration.original import (
    DATA,
    LISTING,
    SERIES,
    TABLE,
    Directory,
    parquet,
    row,
    write_listing,
)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    return tmp_path / "old"


def tree() -> Directory:
    """Return a root with a table, and a directory with two files, one of two versions."""
    root, inner = Directory(), Directory()
    root.add("Pond", TABLE, b"one", b"two")
    root.trees["Inbox"] = inner
    inner.add("a.csv", DATA, b"first", b"second")
    inner.add("dir.x", DATA, b"odd name")
    inner.links["alias"] = "a.csv"
    return root


def opened(host: Path) -> tuple[Folder, Remarks]:
    remarks = Remarks()
    return Folder.open(host, "/", (), remarks), remarks


def told(remarks: Remarks) -> list[tuple[str, str]]:
    return [(each.what, each.where) for each in remarks.found]


def contents(folder: Folder) -> dict[str, bytes | None]:
    return {item.file_name: folder.read(item) for item in folder.items if item.has_file}


def test_a_whole_pond_is_read_and_nothing_is_told(host: Path) -> None:
    tree().write(host)
    root, remarks = opened(host)
    assert contents(root) == {"Pond.1.parquet": b"one", "Pond.2.parquet": b"two"}
    inbox = root.trees["Inbox"]
    assert [item.number for item in inbox.versions("a.csv", FileType.DATA)] == [1, 2]
    assert contents(inbox)["dir.x.1.data"] == b"odd name"
    assert inbox.links() == {"alias": "a.csv"}
    root.check_rest()
    assert remarks.found == []


def test_the_listing_of_the_highest_number_counts(host: Path) -> None:
    root = tree()
    root.listings = 12
    root.write(host)
    assert opened(host)[0].is_newest
    assert opened(host)[0].names(FileType.TABLE) == ["Pond"]


def test_an_empty_directory_has_a_listing_without_rows(host: Path) -> None:
    Directory().write(host)
    root, remarks = opened(host)
    assert (root.items, remarks.found) == ((), [])


@pytest.mark.parametrize("damage", [b"", b"secnod", b"second and more"])
def test_a_file_that_is_not_as_its_listing_says_is_told_and_not_read(
    host: Path, damage: bytes
) -> None:
    tree().write(host)
    (host / "Inbox" / "a.csv.2.data").write_bytes(damage)
    root, remarks = opened(host)
    inbox = root.trees["Inbox"]
    assert contents(inbox)["a.csv.2.data"] is None
    assert contents(inbox)["a.csv.1.data"] == b"first"
    assert told(remarks) == [("file damaged", "/Inbox/a.csv.2.data")]


def test_files_that_nobody_reads_are_checked_in_the_end(host: Path) -> None:
    tree().write(host)
    (host / "Pond.1.parquet").unlink()
    (host / "Inbox" / "dir.x.1.data").write_bytes(b"ODD NAME")
    root, remarks = opened(host)
    root.check_rest()
    assert told(remarks) == [
        ("file damaged", "/Pond.1.parquet"),
        ("file damaged", "/Inbox/dir.x.1.data"),
    ]


def test_what_no_listing_names_is_told(host: Path) -> None:
    tree().write(host)
    (host / "Inbox" / "b.csv.1.data").write_bytes(b"orphan")
    (host / "stray").mkdir()
    assert told(opened(host)[1]) == [
        ("unexpected file", "/Inbox/b.csv.1.data"),
        ("unexpected file", "/stray"),
    ]


def test_a_name_of_the_disk_that_is_no_text_can_be_told(host: Path) -> None:
    tree().write(host)
    (host / os.fsdecode(b"caf\xe9")).write_bytes(b"")
    [(_, where)] = told(opened(host)[1])
    assert where == "/caf\\xe9"


def test_where_the_newest_listing_is_damaged_the_one_before_counts(host: Path) -> None:
    root = tree()
    root.trees["Inbox"].listings = 2
    root.write(host)
    listing = host / "Inbox" / "dir.2.parquet"
    listing.write_bytes(listing.read_bytes()[:-9])
    folder, remarks = opened(host)
    inbox = folder.trees["Inbox"]
    assert not inbox.is_newest
    assert told(remarks)[0] == ("listing damaged", "/Inbox/dir.2.parquet")
    assert contents(inbox)["a.csv.2.data"] == b"second"


def test_a_listing_that_was_changed_is_not_trusted(host: Path) -> None:
    root = tree()
    root.trees["Inbox"].listings = 2
    root.write(host)
    write_listing(host / "Inbox", 2, [row("a.csv", 2, b"forged", DATA)])
    folder, remarks = opened(host)
    assert ("listing damaged", "/Inbox/dir.2.parquet") in told(remarks)
    assert not folder.trees["Inbox"].is_newest


def test_where_the_newest_listing_is_missing_the_one_before_counts(host: Path) -> None:
    root = tree()
    root.trees["Inbox"].listings = 2
    root.write(host)
    (host / "Inbox" / "dir.2.parquet").unlink()
    folder, remarks = opened(host)
    assert ("listing missing", "/Inbox/dir.2.parquet") in told(remarks)
    assert not folder.trees["Inbox"].is_newest


def test_a_listing_that_came_after_what_the_directory_above_knows_is_taken(host: Path) -> None:
    tree().write(host)
    (host / "Inbox" / "new.1.data").write_bytes(b"new")
    write_listing(host / "Inbox", 2, [row("new", 1, b"new", DATA)])
    inbox = opened(host)[0].trees["Inbox"]
    assert inbox.is_newest
    assert contents(inbox) == {"new.1.data": b"new"}


def test_a_directory_without_any_listing_is_lost_and_the_rest_is_not(host: Path) -> None:
    tree().write(host)
    (host / "Inbox" / "dir.1.parquet").write_bytes(b"nothing")
    root, remarks = opened(host)
    assert "Inbox" not in root.trees
    assert told(remarks)[-1] == ("directory lost", "/Inbox")
    assert contents(root)["Pond.2.parquet"] == b"two"


def test_a_symlink_of_the_disk_is_followed_nowhere(host: Path) -> None:
    tree().write(host)
    inbox = host / "Inbox"
    (inbox / "a.csv.2.data").unlink()
    (inbox / "a.csv.2.data").symlink_to(inbox / "a.csv.1.data")
    inner = host.with_name("elsewhere")
    inbox.rename(inner)
    inbox.symlink_to(inner, target_is_directory=True)
    root, remarks = opened(host)
    assert root.trees == {}
    assert told(remarks) == [("directory lost", "/Inbox")]


def test_a_directory_that_leads_into_itself_ends(host: Path) -> None:
    tree().write(host)
    loop = host / "Loop"
    loop.symlink_to(host, target_is_directory=True)
    listing = (host / "dir.1.parquet").read_bytes()
    rows = [row("Loop", 1, listing, 1)]
    write_listing(host, 2, rows)
    assert ("directory lost", "/Loop") in told(opened(host)[1])


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(host: Path) -> None:
    tree().write(host)
    file = host / "Pond.2.parquet"
    file.unlink()
    os.mkfifo(file)
    root, remarks = opened(host)
    assert contents(root)["Pond.2.parquet"] is None
    assert remarks.found[0].detail == "it is no file"


def test_symlinks_that_lead_in_a_circle_are_told(host: Path) -> None:
    root = Directory()
    root.links |= {"a": "b", "b": "a", "c": "a", "d": "uuid", "e": "d", "f": "f"}
    root.write(host)
    folder, remarks = opened(host)
    assert folder.links() == {"d": "uuid", "e": "uuid"}
    assert [what for what, _ in told(remarks)] == ["symlink circle"] * 4


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/etc/passwd", "a\0b"])
def test_a_name_that_leads_out_of_its_directory_is_refused(host: Path, name: str) -> None:
    tree().write(host)
    write_listing(host, 2, [row(name, 1, b"", 1), row("Pond", 1, b"one", TABLE)])
    root, remarks = opened(host)
    assert contents(root) == {"Pond.1.parquet": b"one"}
    assert "item not understood" in [what for what, _ in told(remarks)]


def test_an_item_of_an_unknown_type_is_told_and_the_others_are_read(host: Path) -> None:
    tree().write(host)
    write_listing(host, 2, [row("x", 1, b"", 7), row("Pond", 1, b"one", TABLE)])
    root, remarks = opened(host)
    assert contents(root) == {"Pond.1.parquet": b"one"}
    assert ("item not understood", "/x") in told(remarks)


def test_directories_that_are_nested_without_end_are_refused(host: Path) -> None:
    root = inner = Directory()
    for _ in range(110):
        inner.trees["d"] = inner = Directory()
    root.write(host)
    assert told(opened(host)[1])[0][0] == "directory lost"


@pytest.mark.parametrize("there", ["nothing", "a file", "an empty directory", "a pond of ours"])
def test_what_is_no_original_pond_is_known_as_such(tmp_path: Path, there: str) -> None:
    path = tmp_path / "x"
    if there == "a file":
        path.write_bytes(b"dir.1.parquet")
    elif there != "nothing":
        path.mkdir()
        if there == "a pond of ours":
            (path / "oplog").mkdir()
    assert not is_original_pond(path)


COLUMNS = [("x", 1, 2, SERIES, bytes(32), None)]


@pytest.mark.parametrize(
    ("place", "array"),
    [
        (0, pa.array([1])),
        (1, pa.array(["x"])),
        (2, pa.array([None], pa.uint64())),
        (3, pa.array([1.5])),
        (4, pa.array([b"short"])),
        (5, pa.array([1])),
    ],
)
def test_a_listing_of_other_columns_is_none(place: int, array: pa.Array) -> None:
    arrays = [pa.array([v], f.type) for v, f in zip(COLUMNS[0], LISTING, strict=True)]
    assert len(read_listing(parquet(pa.Table.from_arrays(arrays, schema=LISTING))).items) == 1
    arrays[place] = array
    with pytest.raises(MigrationError):
        read_listing(parquet(pa.Table.from_arrays(arrays, names=LISTING.names)))


def test_the_columns_of_a_listing_are_known_by_their_places() -> None:
    arrays = [pa.array([v], f.type) for v, f in zip(COLUMNS[0], LISTING, strict=True)]
    [item] = read_listing(parquet(pa.Table.from_arrays(arrays, names=list("abcdef")))).items
    assert (item.name, item.file_name) == ("x", "x.1.parquet")


def test_a_listing_with_too_few_columns_is_none() -> None:
    with pytest.raises(MigrationError, match="6 columns"):
        read_listing(parquet(pa.table({"prefix": ["x"]})))
