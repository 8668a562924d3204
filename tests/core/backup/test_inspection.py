"""A damaged backup is told from a whole one: by sizes at once, by every byte if asked."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pond_core import BackupFolder, Finding, NotFoundError, Pond
from tests.core.backup.histories import files_in, write_more


@pytest.fixture
def pushed(lived: Pond, folder: BackupFolder) -> BackupFolder:
    lived.push(folder)
    write_more(lived)
    lived.push(folder)
    return folder


def whats(findings: Sequence[Finding]) -> set[str]:
    return {finding.what for finding in findings}


def paths(folder: BackupFolder, kind: str) -> list[Path]:
    return [folder.path / name for name in files_in(folder.path) if name.startswith(kind)]


def test_nothing_is_wrong_with_a_whole_one(pushed: BackupFolder) -> None:
    quick, full = pushed.verify(), pushed.verify(full=True)
    assert (quick.ok, full.ok) == (True, True)
    assert (quick.points, full.points, full.segments) == (1, 2, 2)
    assert full.objects == len(paths(pushed, "objects"))


@pytest.mark.parametrize("kind", ["objects", "segments"])
def test_a_missing_file_is_found_at_once(pushed: BackupFolder, kind: str) -> None:
    paths(pushed, kind)[0].unlink()
    assert whats(pushed.verify().findings) == {f"{kind.removesuffix('s')} missing"}


@pytest.mark.parametrize("kind", ["objects", "segments"])
def test_a_file_that_is_cut_short_is_found(pushed: BackupFolder, kind: str) -> None:
    for path in paths(pushed, kind):
        path.write_bytes(path.read_bytes()[:-1])
    assert f"{kind.removesuffix('s')} damaged" in whats(pushed.verify(full=True).findings)


def test_every_flipped_byte_is_found(pushed: BackupFolder) -> None:
    for name, data in files_in(pushed.path).items():
        for at in range(0, len(data), max(1, len(data) // 5)):
            (pushed.path / name).write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
            assert not pushed.verify(full=True).ok, f"{name} at {at}"
        (pushed.path / name).write_bytes(data)
    assert pushed.verify(full=True).ok


def test_a_pond_is_looked_at_by_itself(pushed: BackupFolder, lived: Pond, tmp_path: Path) -> None:
    other = Pond.init(tmp_path / "other", durability="process")
    write_more(other)
    other.push(pushed)
    [point] = pushed.points(other.id)
    (pushed.path / "segments" / point.segments[0].sha256[:2] / point.segments[0].sha256).unlink()
    assert not pushed.verify(pond=other.id).ok
    assert pushed.verify(pond=lived.id).ok


def test_where_nothing_is_there_is_nothing_to_verify(folder: BackupFolder) -> None:
    with pytest.raises(NotFoundError, match="no backup"):
        folder.verify()
