"""The rules that a filesystem keeps over any backend; numbers are those of `docs/semantics.md`.

A backend joins with a subclass that gives `make` and `reopen`. Where rules concern what is stored,
each test runs twice: reading at once, and after `reopen`.
"""

from collections.abc import Callable, Mapping

import pyarrow as pa
import pytest

from pond_core.errors import (
    DataError,
    ExistsError,
    InvalidPathError,
    NotFoundError,
    PathError,
    SchemaError,
    SymlinkLoopError,
    WrongTypeError,
)
from pond_core.tinyfs import FS, ROOT, EntryType
from pond_core.window import ALWAYS, Window

Settle = Callable[[FS], FS]

YEAR_33658_US = 1_000_000_000_000_000_000


def readings(values: Mapping[int, float | None], column: str = "value") -> pa.Table:
    """Return a window's table: one row per instant in microseconds."""
    instants = pa.array(sorted(values), pa.timestamp("us", tz="UTC"))
    numbers = pa.array([values[us] for us in sorted(values)], pa.float64())
    return pa.table({"timestamp": instants, column: numbers})


def values(table: pa.Table, column: str = "value") -> dict[int, float | None]:
    """Return a table's readings by instant."""
    instants = table.column("timestamp").cast(pa.int64()).to_pylist()
    assert instants == sorted(instants)
    return dict(zip(instants, table.column(column).to_pylist(), strict=True))


class Contract:
    """Subclass it, and say how a filesystem is made and how it is closed and opened again."""

    def make(self) -> FS:
        """Return an empty, writable filesystem."""
        raise NotImplementedError

    def reopen(self, fs: FS) -> FS:
        """Return a writable filesystem with what `fs` holds, through what is stored for good."""
        raise NotImplementedError

    @pytest.fixture
    def fs(self) -> FS:
        return self.make()

    @pytest.fixture(params=["at once", "after reopening"])
    def settle(self, request: pytest.FixtureRequest) -> Settle:
        return self.reopen if request.param == "after reopening" else lambda fs: fs


class FileSystemContract(Contract):
    """The rules of what is stored; `dynamic` holds those of what is computed."""

    # 2. Directories

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

    # 3. Data and tables

    @pytest.mark.parametrize("data", [b"", b"\0\xff", b"x" * 200_000])
    def test_3_1_bytes_read_back_as_written(self, fs: FS, settle: Settle, data: bytes) -> None:
        fs.write_data("/f", data)
        assert settle(fs).read_data("/f") == data

    def test_3_2_a_second_write_replaces_the_first(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/f", b"first")
        fs = settle(fs)
        before = fs.lookup("/f")
        (first,) = before.node.pieces
        fs.write_data("/f", b"second")
        fs = settle(fs)
        (second,) = fs.node("/f").pieces
        assert fs.read_data("/f") == b"second"
        assert fs.lookup("/f").node_id == before.node_id
        assert second.version > first.version

    def test_3_3_a_table_reads_back_as_written(self, fs: FS, settle: Settle) -> None:
        fields = [
            pa.field("z", pa.float64(), metadata={"unit": "m"}),
            pa.field("a", pa.string(), nullable=False),
            pa.field("at", pa.timestamp("us", tz="UTC")),
        ]
        schema = pa.schema(fields, metadata={"made": "by hand"})
        table = pa.table({"z": [1.5, None], "a": ["µ", ""], "at": [0, None]}, schema=schema)
        fs.write_table("/t", table)
        fs.write_table("/empty", schema.empty_table())
        fs = settle(fs)
        assert fs.read_table("/t").equals(table, check_metadata=True)
        assert fs.read_table("/empty").equals(schema.empty_table(), check_metadata=True)

    def test_3_4_columns_come_in_the_order_asked(self, fs: FS, settle: Settle) -> None:
        fs.write_table("/t", pa.table({"a": [1], "b": [2], "c": [3]}))
        fs = settle(fs)
        assert fs.read_table("/t", ["c", "a"]).to_pydict() == {"c": [3], "a": [1]}

    def test_3_4_a_column_the_table_lacks_is_named(self, fs: FS, settle: Settle) -> None:
        fs.write_table("/t", pa.table({"depth": [1]}))
        with pytest.raises(SchemaError, match="/t has no column 'dept'") as info:
            settle(fs).read_table("/t", ["dept"])
        assert info.value.hint == "did you mean depth?"

    def test_3_5_an_entry_of_another_type_is_refused(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/f", b"kept")
        fs.mkdir("/d")
        fs = settle(fs)
        for path in ["/f", "/d"]:
            with pytest.raises(WrongTypeError, match="not a table"):
                fs.write_table(path, pa.table({"a": [1]}))
            with pytest.raises(WrongTypeError, match="not a series"):
                fs.write_window(path, None, ALWAYS)
            with pytest.raises(WrongTypeError, match="not a table"):
                fs.read_table(path)
        with pytest.raises(WrongTypeError, match="/f is a data file, not a directory"):
            fs.ls("/f")
        assert settle(fs).read_data("/f") == b"kept"

    def test_3_6_a_file_needs_its_directory(self, fs: FS) -> None:
        with pytest.raises(NotFoundError, match="/a/f cannot be made: there is no directory /a"):
            fs.write_data("/a/f", b"")
        assert not fs.exists("/a")

    def test_3_7_attributes_are_replaced_by_mark_alone(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/f", b"")
        fs.mark("/f", {"unit": "m", "ids": [1, None, {"a": 0.5}]})
        fs.write_data("/f", b"more")
        fs = settle(fs)
        assert dict(fs.node("/f").attributes) == {"unit": "m", "ids": [1, None, {"a": 0.5}]}
        fs.mark("/f", {"name": "depth"})
        assert dict(settle(fs).node("/f").attributes) == {"name": "depth"}

    # 4. Series

    def test_4_1_a_window_replaces_exactly_its_range(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings(dict.fromkeys(range(10), 1.0)), Window(0, 10))
        fs = settle(fs)
        fs.write_window("/s", readings({4: 2.0}), Window(3, 6))
        fs = settle(fs)
        expected = dict.fromkeys([0, 1, 2, 6, 7, 8, 9], 1.0) | {4: 2.0}
        assert values(fs.read_series("/s")) == expected

    @pytest.mark.parametrize("window", [Window(3, 6), Window(None, 3), Window(6, None), ALWAYS])
    def test_4_2_a_read_gives_exactly_its_window(
        self, fs: FS, settle: Settle, window: Window
    ) -> None:
        fs.write_window("/s", readings({us: float(us) for us in range(5, 10)}), Window(5, None))
        fs.write_window("/s", readings({us: float(us) for us in range(5)}), Window(None, 5))
        read = settle(fs).read_series("/s", window)
        assert values(read) == {us: float(us) for us in range(10) if window.contains(us)}

    def test_4_3_pieces_never_overlap_and_are_in_order(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings({1: 1.0, 5: 1.0, 9: 1.0}), ALWAYS)
        fs.write_window("/s", readings({5: 2.0}), Window(4, 6))
        fs.write_window("/s", None, Window(2, 5))
        windows = [piece.window for piece in settle(fs).node("/s").pieces]
        ends = [window.end_us for window in windows]
        assert windows[0].start_us is None
        assert ends[-1] is None
        assert [window.start_us for window in windows[1:]] == ends[:-1]

    def test_4_4_an_empty_window_removes_rows_and_is_remembered(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.write_window("/s", readings({1: 1.0, 5: 1.0}), Window(0, 10))
        fs.write_window("/s", None, Window(5, 20))
        fs.write_window("/s", readings({}), Window(20, 30))
        fs = settle(fs)
        assert values(fs.read_series("/s")) == {1: 1.0}
        empty = [piece for piece in fs.node("/s").pieces if piece.rows == 0]
        assert {piece.sha256 for piece in empty} == {""}
        for us in (5, 19, 20, 29):
            assert any(piece.window.contains(us) for piece in empty)

    def test_4_5_new_columns_are_null_before(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings({1: 1.0}), Window(0, 5))
        fs.write_window("/s", readings({6: 2.0}, "depth"), Window(5, 10))
        table = settle(fs).read_series("/s")
        assert values(table, "value") == {1: 1.0, 6: None}
        assert values(table, "depth") == {1: None, 6: 2.0}

    def test_4_5_timestamp_is_always_read(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings({1: 1.0}), ALWAYS)
        fs = settle(fs)
        assert fs.read_series("/s", columns=["value"]).column_names == ["timestamp", "value"]
        assert fs.read_series("/s", columns=[]).column_names == ["timestamp"]
        swapped = fs.read_series("/s", columns=["value", "timestamp"])
        assert swapped.column_names == ["value", "timestamp"]

    def test_4_6_a_column_with_two_types_is_refused(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings({1: 1.0}), Window(0, 5))
        table = readings({6: 1.0}).set_column(1, "value", pa.array(["high"]))
        # A backend may refuse it at once; none may read it.
        with pytest.raises(SchemaError, match=r"'value'.*double.*string"):
            self._write_and_read(fs, table, settle)

    @pytest.mark.parametrize(
        ("instants", "error"),
        [
            (pa.array([1], pa.timestamp("us")), SchemaError),
            (pa.array([1], pa.timestamp("ms", tz="UTC")), SchemaError),
            (pa.array([1], pa.int64()), SchemaError),
            (pa.array([1, None], pa.timestamp("us", tz="UTC")), DataError),
            (pa.array([2, 1], pa.timestamp("us", tz="UTC")), DataError),
            (pa.array([-1], pa.timestamp("us", tz="UTC")), DataError),
            (pa.array([10], pa.timestamp("us", tz="UTC")), DataError),
        ],
    )
    def test_4_7_a_bad_timestamp_is_refused(
        self, fs: FS, instants: pa.Array, error: type[DataError]
    ) -> None:
        with pytest.raises(error, match=r"/s .*timestamp"):
            fs.write_window("/s", pa.table({"timestamp": instants}), Window(0, 10))
        assert not fs.exists("/s")

    def test_4_7_a_table_without_timestamp_is_refused(self, fs: FS) -> None:
        with pytest.raises(SchemaError, match="/s needs a column 'timestamp'; there are time"):
            fs.write_window("/s", pa.table({"time": [1]}), ALWAYS)

    def test_4_7_equal_timestamps_are_kept(self, fs: FS, settle: Settle) -> None:
        instants = pa.array([1, 1], pa.timestamp("us", tz="UTC"))
        fs.write_window("/s", pa.table({"timestamp": instants, "id": ["a", "b"]}), ALWAYS)
        assert settle(fs).read_series("/s").column("id").to_pylist() == ["a", "b"]

    def test_4_8_a_window_without_instants_is_refused(self, fs: FS) -> None:
        with pytest.raises(DataError, match="its end is not after its start"):
            fs.write_window("/s", None, Window(5, 5))
        assert not fs.exists("/s")

    def test_4_9_an_instant_beyond_datetime_is_kept(self, fs: FS, settle: Settle) -> None:
        expected = {-YEAR_33658_US: 1.0, YEAR_33658_US: 2.0, 2**63 - 1: 3.0}
        fs.write_window("/s", readings(expected), ALWAYS)
        fs = settle(fs)
        assert values(fs.read_series("/s")) == expected
        assert values(fs.read_series("/s", Window(0, 2**63 - 1))) == {YEAR_33658_US: 2.0}

    def test_4_10_marks_belong_to_an_exact_range(self, fs: FS, settle: Settle) -> None:
        fs.create_series("/s", attributes={"unit": "m"})
        fs.mark("/s", {"hash": "a"}, Window(0, 10))
        fs.mark("/s", {"hash": "b"}, Window(5, None))
        fs = settle(fs)
        fs.mark("/s", {"hash": "c"}, Window(0, 10))
        fs.write_window("/s", None, ALWAYS)
        node = settle(fs).node("/s")
        marks = {window: dict(facts) for window, facts in node.marks.items()}
        assert marks == {Window(0, 10): {"hash": "c"}, Window(5, None): {"hash": "b"}}
        assert dict(node.attributes) == {"unit": "m"}

    def test_4_10_a_mark_without_facts_goes(self, fs: FS, settle: Settle) -> None:
        fs.create_series("/s")
        fs.mark("/s", {"hash": "a"}, Window(0, 10))
        fs.mark("/s", {"hash": "b"}, Window(5, None))
        fs = settle(fs)
        fs.mark("/s", {}, Window(0, 10))
        assert list(settle(fs).node("/s").marks) == [Window(5, None)]

    def test_4_12_a_column_of_other_windows_is_null(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings({1: 1.0}), Window(0, 5))
        fs.write_window("/s", readings({6: 2.0}, "depth"), Window(5, 10))
        table = settle(fs).read_series("/s", Window(0, 5), ["depth"])
        assert values(table, "depth") == {1: None}
        assert table.schema.field("depth").type == pa.float64()

    def test_4_12_a_column_of_no_window_is_refused(self, fs: FS, settle: Settle) -> None:
        fs.write_window("/s", readings({1: 1.0}), ALWAYS)
        with pytest.raises(SchemaError, match="/s has no column 'valeu'") as info:
            settle(fs).read_series("/s", columns=["valeu"])
        assert info.value.hint == "did you mean value?"

    def test_4_13_a_new_series_reads_as_no_rows(self, fs: FS, settle: Settle) -> None:
        fs.create_series("/s")
        fs = settle(fs)
        assert fs.entry_type("/s") is EntryType.SERIES
        assert fs.node("/s").pieces == ()
        assert values(fs.read_series("/s", columns=["value"])) == {}
        with pytest.raises(ExistsError):
            fs.create_series("/s")

    # 5. Symlinks

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

    # 6. Rename, remove, copy

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

    # 7. Globs

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

    # 8. Views

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

    @staticmethod
    def _write_and_read(fs: FS, table: pa.Table, settle: Settle) -> None:
        fs.write_window("/s", table, Window(5, 10))
        settle(fs).read_series("/s")
