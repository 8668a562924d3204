"""Where a path leads: what the errors of a lookup say."""

import pytest

from pond_core.errors import InvalidPathError, NotFoundError, PathError
from pond_core.tinyfs import FS, MemoryBackend
from pond_core.tinyfs.place import locate


@pytest.fixture
def fs() -> FS:
    return FS(MemoryBackend())


def test_5_1_a_target_above_the_root_is_refused(fs: FS) -> None:
    with pytest.raises(InvalidPathError, match="leads above the root"):
        fs.symlink("/l", "../x")
    assert not fs.exists("/l")


def test_5_1_a_symlink_moved_too_high_says_so(fs: FS) -> None:
    fs.mkdir("/a")
    fs.symlink("/a/l", "../f")
    fs.rename("/a/l", "/l")
    with pytest.raises(InvalidPathError, match=r"/l leads nowhere: its target '\.\./f'"):
        fs.read_data("/l")


def test_2_4_all_near_misses_are_suggested(fs: FS) -> None:
    for name in ("FieldStation", "FieldStatiom"):
        fs.write_data(name, b"")
    with pytest.raises(NotFoundError) as info:
        fs.read_data("/FieldStatio")
    assert info.value.hint == "did you mean /FieldStation or /FieldStatiom?"


def test_2_4_a_near_miss_on_the_way_leads_to_what_was_meant(fs: FS) -> None:
    fs.mkdir("/combined/harbor", parents=True)
    fs.write_data("/combined/harbor/Wharf", b"")
    hint = "did you mean /combined/harbor/Wharf?"
    assert fs.nearest("/combined/harbr/Wharf") == hint
    assert fs.nearest("/combinde/harbr/wharf") == hint


def test_2_4_a_near_miss_is_named_as_far_as_one_is_close(fs: FS) -> None:
    fs.mkdir("/combined/harbor", parents=True)
    assert fs.nearest("/combined/harbr/Lighthouse") == "did you mean /combined/harbor?"
    assert fs.nearest("/combined/harbr/*") == "did you mean /combined/harbor?"


def test_2_4_what_is_there_has_no_near_miss(fs: FS) -> None:
    fs.write_data("/a", b"")
    assert (fs.nearest("/a"), fs.nearest("/a/b"), fs.nearest("/b/c")) == ("", "", "")


def test_a_path_through_a_symlink_names_the_real_place(fs: FS) -> None:
    fs.mkdir("/a/b", parents=True)
    fs.symlink("/l", "a/b")
    with pytest.raises(PathError, match="/l/x does not exist: there is no /a/b/x"):
        fs.read_data("/l/x")
    assert locate(fs.backend, "/l/x").path == "/a/b/x"
