"""The rules of stored content: data, tables and series; chapters 3 and 4."""

import pyarrow as pa
import pytest

from pond_core.errors import (
    DataError,
    ExistsError,
    NotFoundError,
    SchemaError,
    WrongTypeError,
)
from pond_core.tinyfs import FS, EntryType
from pond_core.window import ALWAYS, Window
from tests.conformance.filesystem import YEAR_33658_US, Contract, Settle, readings, values


class ContentContract(Contract):
    """What is read where something was written."""

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

    @staticmethod
    def _write_and_read(fs: FS, table: pa.Table, settle: Settle) -> None:
        fs.write_window("/s", table, Window(5, 10))
        settle(fs).read_series("/s")
