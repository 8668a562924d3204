"""A folder shares its disk with others, and waits for it."""

from pathlib import Path

import pytest

from pond_core.storage import Durability, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "place", durability=Durability(full=True))


def test_deleting_what_lies_in_no_directory_does_no_harm_where_the_disk_is_waited_for(
    folder: Folder,
) -> None:
    folder.prepare()
    with folder.writing():
        folder.delete(["never/there"])


def test_only_files_in_the_making_are_cleared_from_tmp(folder: Folder) -> None:
    temporary = folder.root / "tmp"
    (temporary / "album").mkdir(parents=True)
    (temporary / "thesis.txt").write_bytes(b"of somebody else")
    (temporary / f"newest.{'0a' * 8}").write_bytes(b"half")
    with folder.writing():
        assert sorted(path.name for path in temporary.iterdir()) == ["album", "thesis.txt"]
