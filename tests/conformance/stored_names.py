"""The rules of names: directories, links, copies, globs, views; chapters 2 and 5 to 8."""

import pyarrow as pa
import pytest

from pond_core.errors import (
    ExistsError,
    InvalidPathError,
    NotFoundError,
    PathError,
    SymlinkLoopError,
    WrongTypeError,
)
from pond_core.tinyfs import FS, ROOT, EntryType
from pond_core.window import ALWAYS, Window
from tests.conformance.filesystem import Contract, Settle, readings, values


class NamesContract(Contract):
    """What is where."""

    def test_2_1_the_root_is_there_and_stays(self, fs: FS) -> None:
        assert fs.lookup("/").node_id == ROOT
        with pytest.raises(InvalidPathError):
            fs.remove("/", recursive=True)
        with pytest.raises(InvalidPathError):
            fs.rename("/", "/a")
        with pytest.raises(ExistsError):
            fs.symlink("/", "a")
        assert fs.ls("/") == []

    def test_2_2_mkdir_makes_a_directory(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a")
        fs = settle(fs)
        assert fs.entry_type("/a") is EntryType.DIRECTORY
        assert fs.ls("/a") == []

    def test_2_2_mkdir_makes_parents_only_if_asked(self, fs: FS) -> None:
        with pytest.raises(NotFoundError, match="there is no directory /a"):
            fs.mkdir("/a/b/c")
        fs.mkdir("/a/b/c", parents=True)
        assert [node.path for node in fs.walk("/")] == ["/", "/a", "/a/b", "/a/b/c"]

    def test_2_2_mkdir_over_something_needs_exist_ok_and_a_directory(self, fs: FS) -> None:
        fs.mkdir("/a")
        fs.write_data("/f", b"")
        with pytest.raises(ExistsError, match="it is a directory"):
            fs.mkdir("/a")
        with pytest.raises(ExistsError, match="it is a data file"):
            fs.mkdir("/f", exist_ok=True)
        before = fs.lookup("/a").node_id
        fs.mkdir("/a", exist_ok=True)
        assert fs.lookup("/a").node_id == before

    def test_2_3_a_listing_is_sorted_by_bytes(self, fs: FS, settle: Settle) -> None:
        # As UTF-16, the fourth would sort before the third.
        for name in ["\U0001f986", "ｚ", "é", "a", "B", "a-b", ".a"]:
            fs.write_data(name, b"")
        fs = settle(fs)
        names = [node.name for node in fs.ls("/")]
        assert names == [".a", "B", "a", "a-b", "é", "ｚ", "\U0001f986"]

    def test_2_3_a_listing_shows_symlinks_as_symlinks(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a")
        fs.symlink("/b", "a")
        fs = settle(fs)
        types = [node.entry_type for node in fs.ls("/")]
        assert types == [EntryType.DIRECTORY, EntryType.SYMLINK]

    def test_2_4_a_missing_name_is_named_with_its_near_misses(self, fs: FS) -> None:
        fs.mkdir("/raw/noyo", parents=True)
        with pytest.raises(
            NotFoundError, match=r"/raw/nojo/x does not exist.*no /raw/nojo"
        ) as info:
            fs.read_data("/raw/nojo/x")
        assert info.value.hint == "did you mean /raw/noyo?"
        assert info.value.path == "/raw/nojo/x"

    def test_2_5_a_path_behind_a_file_names_the_file(self, fs: FS) -> None:
        fs.write_data("/f", b"")
        with pytest.raises(WrongTypeError, match="/f is a data file"):
            fs.read_data("/f/x")
        with pytest.raises(WrongTypeError, match="/f is a data file"):
            fs.mkdir("/f/x/y", parents=True)

    def test_2_6_a_walk_goes_name_by_name(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a/c", parents=True)
        fs.write_data("/a-b", b"")
        fs.symlink("/a/loop", "/a")
        fs = settle(fs)
        assert [node.path for node in fs.walk("/")] == ["/", "/a", "/a/c", "/a/loop", "/a-b"]

    def test_2_7_what_leads_nowhere_does_not_exist(self, fs: FS) -> None:
        fs.write_data("/f", b"")
        fs.symlink("/gone", "missing")
        fs.symlink("/circle", "circle")
        assert [fs.exists(path) for path in ["/f", "/f/x", "/gone", "/circle", "/x/y"]] == [
            True,
            False,
            False,
            False,
            False,
        ]

    def test_5_1_a_target_counts_from_the_real_directory(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a/b", parents=True)
        fs.write_data("/a/f", b"right")
        fs.symlink("/a/b/up", "../f")
        fs.symlink("/short", "/a/b")
        fs = settle(fs)
        assert fs.read_data("/short/up") == b"right"
        assert fs.readlink("/short/up") == "../f"

    def test_5_2_a_file_is_read_and_written_through_symlinks(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a")
        fs.write_data("/a/f", b"old")
        fs.symlink("/dir", "a")
        fs.symlink("/file", "dir/f")
        fs = settle(fs)
        fs.write_data("/file", b"new")
        fs.write_data("/dir/g", b"made")
        fs = settle(fs)
        assert fs.read_data("/a/f") == b"new"
        assert fs.read_data("/a/g") == b"made"
        assert fs.lookup("/file").node_id == fs.lookup("/a/f").node_id

    def test_5_3_a_circle_is_refused(self, fs: FS, settle: Settle) -> None:
        fs.symlink("/a", "b")
        fs.symlink("/b", "/a")
        fs = settle(fs)
        for act in (fs.read_data, fs.ls, fs.mkdir, lambda p: fs.write_data(p, b"")):
            with pytest.raises(SymlinkLoopError, match="circle"):
                act("/a/x")

    def test_5_3_forty_symlinks_are_followed_and_no_more(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/0", b"end")
        for hop in range(1, 42):
            fs.symlink(f"/{hop}", f"{hop - 1}")
        fs = settle(fs)
        assert fs.read_data("/40") == b"end"
        with pytest.raises(SymlinkLoopError):
            fs.read_data("/41")

    def test_5_4_a_symlink_to_nothing_names_itself_and_its_target(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.symlink("/l", "gone/x")
        fs = settle(fs)
        for act in (fs.read_data, lambda p: fs.write_data(p, b""), fs.mkdir):
            with pytest.raises(NotFoundError, match="/l -> gone/x, and /gone does not exist"):
                act("/l")
        assert [node.path for node in fs.walk("/")] == ["/", "/l"]

    def test_5_5_a_symlink_is_renamed_and_removed_itself(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/f", b"kept")
        fs.symlink("/l", "f")
        fs.rename("/l", "/m")
        fs = settle(fs)
        assert fs.lookup("/m", follow=False).entry_type is EntryType.SYMLINK
        fs.remove("/m")
        assert [node.path for node in settle(fs).ls("/")] == ["/f"]

    def test_6_1_a_rename_keeps_node_and_content(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a/b", parents=True)
        fs.mkdir("/z")
        fs.write_window("/a/b/s", readings({1: 1.0}), ALWAYS)
        fs = settle(fs)
        before = fs.node("/a/b/s").node_id
        fs.rename("/a/b", "/z/c")
        fs = settle(fs)
        assert fs.node("/z/c/s").node_id == before
        assert values(fs.read_series("/z/c/s")) == {1: 1.0}
        assert not fs.exists("/a/b")

    def test_6_2_a_rename_needs_a_vacant_path(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/a", b"a")
        fs.write_data("/b", b"b")
        with pytest.raises(ExistsError, match="/b exists"):
            fs.rename("/a", "/b")
        with pytest.raises(NotFoundError):
            fs.rename("/a", "/c/d")
        with pytest.raises(NotFoundError):
            fs.rename("/c", "/c")
        fs.rename("/a", "/./a")
        fs = settle(fs)
        assert (fs.read_data("/a"), fs.read_data("/b")) == (b"a", b"b")

    def test_6_3_a_directory_cannot_go_below_itself(self, fs: FS) -> None:
        fs.mkdir("/a/b", parents=True)
        fs.symlink("/short", "/a/b")
        for act in (fs.rename, lambda src, dst: fs.copy(src, dst, recursive=True)):
            for dst in ("/a/c", "/a/b/c", "/short/c"):
                with pytest.raises(InvalidPathError, match="inside"):
                    act("/a", dst)

    def test_6_4_a_full_directory_is_removed_only_recursively(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a/b", parents=True)
        fs.write_data("/a/b/f", b"")
        fs = settle(fs)
        with pytest.raises(ExistsError, match="/a is not empty"):
            fs.remove("/a")
        fs.remove("/a", recursive=True)
        fs = settle(fs)
        assert not fs.exists("/a/b/f")
        assert fs.ls("/") == []

    def test_6_5_a_name_made_again_is_new_and_empty(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a")
        fs.write_window("/a/s", readings({1: 1.0}), Window(0, 5))
        before = fs.lookup("/a").node_id
        fs = settle(fs)
        fs.remove("/a", recursive=True)
        fs.mkdir("/a")
        fs = settle(fs)
        assert fs.ls("/a") == []
        assert fs.lookup("/a").node_id != before
        fs.write_window("/a/s", readings({6: 2.0}), Window(5, 10))
        assert values(settle(fs).read_series("/a/s")) == {6: 2.0}

    def test_6_6_a_copy_is_independent(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a/b", parents=True)
        fs.write_data("/a/b/f", b"old")
        fs.mark("/a/b", {"kept": True})
        fs.write_table("/a/t", pa.table({"x": pa.array([], pa.int32())}))
        fs = settle(fs)
        fs.copy("/a", "/z", recursive=True)
        fs.write_data("/a/b/f", b"new")
        fs = settle(fs)
        assert fs.read_data("/z/b/f") == b"old"
        assert dict(fs.node("/z/b").attributes) == {"kept": True}
        assert fs.read_table("/z/t").schema == pa.schema([("x", pa.int32())])
        assert fs.lookup("/z/b/f").node_id != fs.lookup("/a/b/f").node_id

    def test_6_6_a_copy_of_a_series_holds_what_counts(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings({1: 1.0, 5: 1.0}), Window(0, 10))
        fs.write_window("/s", None, Window(4, 6))
        fs.mark("/s", {"hash": "a"}, Window(0, 10))
        fs = settle(fs)
        fs.copy("/s", "/t")
        fs = settle(fs)
        fs.write_window("/s", None, ALWAYS)
        node = fs.node("/t")
        assert values(fs.read_series("/t")) == {1: 1.0}
        assert sum(piece.rows or 0 for piece in node.pieces) == 1
        assert (node.pieces[0].window.start_us, node.pieces[-1].window.end_us) == (0, 10)
        assert dict(node.marks[Window(0, 10)]) == {"hash": "a"}

    def test_6_7_a_copy_keeps_symlinks_below_its_start(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a")
        fs.write_data("/a/f", b"x")
        fs.symlink("/a/l", "f")
        fs.symlink("/start", "a")
        fs = settle(fs)
        with pytest.raises(WrongTypeError, match="is a directory"):
            fs.copy("/start", "/z")
        fs.copy("/start", "/z", recursive=True)
        fs = settle(fs)
        assert fs.readlink("/z/l") == "f"
        assert fs.entry_type("/z/f") is EntryType.DATA

    def test_7_6_a_glob_visits_in_path_order_with_captures(self, fs: FS, settle: Settle) -> None:
        for path in ["/raw/b/x1", "/raw/a/x2", "/raw/a-b/x3", "/raw/a/y"]:
            fs.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
            fs.write_data(path, b"")
        fs.symlink("/raw/a/xlink", "y")
        visits = [(node.path, found) for node, found in settle(fs).glob("/raw/*/x*")]
        assert visits == [
            ("/raw/a/x2", ("a", "2")),
            ("/raw/a/xlink", ("a", "link")),
            ("/raw/a-b/x3", ("a-b", "3")),
            ("/raw/b/x1", ("b", "1")),
        ]

    def test_7_7_symlinks_are_followed_but_not_by_a_double_star(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.mkdir("/a/b", parents=True)
        fs.write_data("/a/b/f", b"")
        fs.symlink("/a/b/up", "..")
        fs.symlink("/a/gone", "nowhere")
        fs.symlink("/short", "a/b")
        fs = settle(fs)

        def found(pattern: str) -> list[str]:
            return [node.path for node, _ in fs.glob(pattern)]

        assert found("/*/f") == ["/short/f"]
        assert found("/**/f") == ["/a/b/f"]
        assert found("/short/**") == ["/short", "/short/f", "/short/up"]
        assert found("/a/b/up/up/f") == []
        assert found("/a/b/up/b/f") == ["/a/b/up/b/f"]
        assert found("/a/**") == ["/a", "/a/b", "/a/b/f", "/a/b/up", "/a/gone"]

    def test_8_2_a_working_directory_sees_the_same_tree(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a/b", parents=True)
        wd = fs.cd("a").cd("b")
        wd.write_data("f", b"x")
        wd.symlink("l", "f")
        assert wd.path == "/a/b"
        assert (wd / "f").read_bytes() == b"x"
        assert [node.path for node, _ in wd.glob("*")] == ["/a/b/f", "/a/b/l"]
        assert [node.path for node in wd.ls()] == ["/a/b/f", "/a/b/l"]
        assert settle(fs).read_data("/a/b/l") == b"x"

    def test_8_2_only_a_directory_can_be_worked_in(self, fs: FS) -> None:
        fs.write_data("/f", b"")
        for path in ("/f", "/g"):
            with pytest.raises(PathError):
                fs.cd(path)
