"""Rows that are read some at a time are those that are read at once."""

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from pond_core import ALWAYS, EntryType, Pond, Recipe, SchemaError, Window, stream_rows
from pond_core.rendition import rows as rows_module
from tests.conformance.filesystem import readings

WINDOWS = st.builds(Window, st.none() | st.integers(0, 20), st.none() | st.integers(21, 40))
COLUMNS = st.sampled_from(["value", "other"])
WRITES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10), COLUMNS), min_size=0, max_size=8
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(writes=WRITES, window=WINDOWS, at_once=st.integers(1, 12))
def test_a_series_in_parts_is_the_series(
    tmp_path_factory: pytest.TempPathFactory,
    writes: list[tuple[int, int, str]],
    window: Window,
    at_once: int,
) -> None:
    pond = Pond.init(tmp_path_factory.mktemp("rows") / "pond", durability="process")
    with pond.transaction() as tx:
        tx.create_series("/s")
        for start, length, column in writes:
            values = {us: float(us) for us in range(start, start + length, 2)}
            tx.write_window("/s", readings(values, column), Window(start, start + length))
    snapshot = pond.snapshot()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "_ROWS_AT_ONCE", at_once)
        stream = stream_rows(snapshot, "/s", window)
        tables = list(stream.tables)
    expected = snapshot.read_series("/s", window)
    assert stream.schema.equals(expected.schema, check_metadata=True)
    assert pa.concat_tables([stream.schema.empty_table(), *tables]).equals(expected)
    assert all(table.schema.equals(stream.schema, check_metadata=True) for table in tables)


def test_a_large_window_is_read_in_parts(pond: Pond, monkeypatch: pytest.MonkeyPatch) -> None:
    table = readings({n: float(n) for n in range(1000)})
    with pond.transaction() as tx:
        tx.write_window("/s", table, ALWAYS)
    monkeypatch.setattr(rows_module, "_ROWS_AT_ONCE", 100)
    tables = list(stream_rows(pond.snapshot(), "/s").tables)
    assert [each.num_rows for each in tables] == [100] * 10
    assert pa.concat_tables(tables).equals(table)


def test_columns_are_those_that_are_wanted(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", readings({1: 1.0}), Window(0, 5))
        tx.write_window("/s", readings({6: 6.0}, "other"), Window(5, 10))
        tx.write_table("/t", pa.table({"a": [1], "b": [2]}))
    snapshot = pond.snapshot()
    stream = stream_rows(snapshot, "/s", columns=["other"])
    assert stream.schema.names == ["timestamp", "other"]
    found = pa.concat_tables(stream.tables)
    assert found.to_pydict() == snapshot.read_series("/s", columns=["other"]).to_pydict()
    assert stream_rows(snapshot, "/t", columns=["b"]).schema.names == ["b"]
    with pytest.raises(SchemaError, match="no column 'none'"):
        stream_rows(snapshot, "/s", columns=["none"])


def test_what_is_computed_comes_at_once(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_recipe("/one", Recipe(EntryType.TABLE, "sql", {"query": "SELECT 1 AS n"}))
    [table] = stream_rows(pond.snapshot(), "/one").tables
    assert table.to_pydict() == {"n": [1]}


def test_what_is_written_in_a_transaction_is_read_in_it(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_window("/s", readings({1: 1.0}), Window(0, 5))
        tables = list(stream_rows(tx, "/s").tables)
    assert [table.num_rows for table in tables] == [1]
