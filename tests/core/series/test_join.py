"""Instruments joined into a site."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core.errors import DataError, SchemaError
from pond_core.series import TIME_ONLY, JoinInput, check, join, slice_window
from pond_core.series.column import INSTANT
from pond_core.window import Window, to_us

READINGS = st.dictionaries(st.integers(0, 15), st.none() | st.floats(allow_nan=False))


NOYO = Path(__file__).parents[4] / "shared" / "noyo" / "hydrovu"
MOVED_US = to_us(datetime(2025, 10, 16, 21, tzinfo=UTC))
"""When both VuLinks came to FieldStation."""


def a_series(instants: list[int], *, unit: str = "", **columns: list[object]) -> pa.Table:
    table = pa.table({"timestamp": pa.array(instants, INSTANT), **columns})
    metadata = {"unit": unit} if unit else {}
    fields = [f if f.name == "timestamp" else f.with_metadata(metadata) for f in table.schema]
    return check(table.cast(pa.schema(fields)))


def values(table: pa.Table) -> dict[str, list[object]]:
    found = {name: table[name].to_pylist() for name in table.column_names[1:]}
    return {"at": table["timestamp"].cast(pa.int64()).to_pylist(), **found}


def test_instants_of_all_inputs_are_rows_and_gaps_are_null() -> None:
    surface = JoinInput(a_series([1, 2], x=[10.0, 20.0]), "a", scope="Surface")
    bottom = JoinInput(a_series([2, 3], x=[0.2, 0.3]), "b", scope="Bottom")
    assert values(join([surface, bottom])) == {
        "at": [1, 2, 3],
        "Surface.x": [10.0, 20.0, None],
        "Bottom.x": [None, 0.2, 0.3],
    }


def test_an_instrument_counts_within_its_window_only() -> None:
    moved = a_series([1, 2, 3], x=[1.0, 2.0, 3.0])
    joined = join([JoinInput(moved, "a", window=Window(None, 3))])
    assert values(joined) == {"at": [1, 2], "x": [1.0, 2.0]}


def test_one_instrument_takes_over_from_another() -> None:
    before = JoinInput(a_series([1, 2], x=[1.0, 2.0]), "a", scope="S", window=Window(None, 2))
    after = JoinInput(a_series([1, 2], x=[0.1, 0.2]), "b", scope="S", window=Window(2, None))
    assert values(join([before, after])) == {"at": [1, 2], "S.x": [1.0, 0.2]}


def test_a_column_is_renamed_before_it_gets_its_scope() -> None:
    source = JoinInput(
        a_series([1], x=[1.0], y=[2.0]), "a", scope="S", rename={"x": "z", "later": "x"}
    )
    assert join([source]).column_names == ["timestamp", "S.z", "S.y"]


def test_what_a_column_means_stays_and_its_scope_is_added() -> None:
    joined = join(
        [
            JoinInput(a_series([1, 2], unit="m", x=[1.0, None]), "a", scope="S"),
            JoinInput(a_series([2], y=[1.0]), "b"),
        ]
    )
    assert joined.schema.field("S.x").metadata == {b"unit": b"m", b"scope": b"S"}
    assert b"scope" not in (joined.schema.field("y").metadata or {})


def test_two_values_at_one_instant_are_refused_with_everything_one_must_know() -> None:
    inputs = [
        JoinInput(a_series([1, 2], x=[1.0, 2.0]), "/normalized/a", scope="S"),
        JoinInput(a_series([2], x=[2.0]), "/normalized/b", scope="S"),
    ]
    with pytest.raises(DataError) as caught:
        join(inputs)
    assert str(caught.value) == (
        "column 'S.x': both /normalized/a and /normalized/b give a value"
        " at 1970-01-01T00:00:00.000002Z"
    )
    assert "set `priority`" in caught.value.hint


def test_the_higher_priority_wins_where_it_has_a_value() -> None:
    low = JoinInput(a_series([1, 2, 3], x=[1.0, 2.0, 3.0]), "a", priority=1)
    high = JoinInput(a_series([2, 3], x=[0.2, None]), "b", priority=2)
    assert values(join([low, high]))["x"] == [1.0, 0.2, 3.0]
    assert values(join([high, low]))["x"] == [1.0, 0.2, 3.0]


@pytest.mark.parametrize("priorities", [(1, 1), (1, None), (None, None)])
def test_priorities_that_do_not_decide_are_refused(
    priorities: tuple[int | None, int | None],
) -> None:
    inputs = [JoinInput(a_series([1], x=[1.0]), "a", priority=p) for p in priorities]
    with pytest.raises(DataError, match="both a and a"):
        join(inputs)


def test_inputs_without_a_priority_may_share_a_column_that_never_clashes() -> None:
    first = JoinInput(a_series([1, 2], x=[1.0, None]), "a")
    second = JoinInput(a_series([2], x=[2.0]), "b", priority=-1)
    assert values(join([first, second]))["x"] == [1.0, 2.0]


def test_one_column_in_two_types_is_refused() -> None:
    inputs = [JoinInput(a_series([1], x=[1.0]), "a"), JoinInput(a_series([2], x=["?"]), "b")]
    with pytest.raises(SchemaError, match="'x': a and b give double and string"):
        join(inputs)


def test_one_column_in_two_units_is_refused() -> None:
    feet = JoinInput(a_series([1], unit="ft", depth=[3.0]), "a")
    meters = JoinInput(a_series([2], unit="m", depth=[1.0]), "b")
    with pytest.raises(SchemaError, match="'depth': a and b give it in 'ft' and 'm'"):
        join([feet, meters])


@pytest.mark.parametrize("rename", [{"x": "y"}, {"x": "timestamp"}])
def test_two_columns_renamed_to_one_name_are_refused(rename: dict[str, str]) -> None:
    source = JoinInput(a_series([1], x=[1.0], y=[2.0]), "/a", rename=rename)
    with pytest.raises(SchemaError, match="/a: two columns are called"):
        join([source])


def test_a_long_table_is_refused() -> None:
    table = pa.table({"timestamp": pa.array([1, 1], INSTANT), "value": [1.0, 2.0]})
    with pytest.raises(DataError, match="/raw/a: more than one row at") as caught:
        join([JoinInput(table, "/raw/a")])
    assert "normalized" in caught.value.hint


def test_rows_without_any_value_stay() -> None:
    assert values(join([JoinInput(a_series([1], x=pa.array([None], pa.float64())), "a")])) == {
        "at": [1],
        "x": [None],
    }


def test_no_input_is_time_alone() -> None:
    assert TIME_ONLY.empty_table() == join([])
    assert TIME_ONLY.empty_table() == join([JoinInput(a_series([]), "a")])


@given(st.lists(READINGS, max_size=4))
def test_a_join_is_the_union_of_what_its_inputs_say(
    readings: list[dict[int, float | None]],
) -> None:
    """With a column of each input's own, and one that all give, by priority."""
    inputs = [
        JoinInput(
            a_series(
                list(given),
                own=pa.array(given.values(), pa.float64()),
                shared=pa.array(given.values(), pa.float64()),
            ),
            f"{place}",
            rename={"own": f"own{place}"},
            priority=place,
        )
        for place, given in enumerate(readings)
    ]
    joined = values(join(inputs))
    instants = sorted({instant for said in readings for instant in said})
    shared: dict[int, float | None] = dict.fromkeys(instants)
    for said in readings:
        shared |= {instant: value for instant, value in said.items() if value is not None}
    assert instants == joined["at"]
    assert [shared[instant] for instant in instants] == joined.get("shared", [])
    for place, said in enumerate(readings):
        assert [said.get(instant) for instant in instants] == joined[f"own{place}"]


def test_a_joined_table_is_a_series() -> None:
    joined = join([JoinInput(a_series([1, 2], x=[1.0, 2.0]), "a", scope="S")])
    assert check(joined).schema.equals(joined.schema, check_metadata=True)


@pytest.mark.skipif(not NOYO.exists(), reason=f"the real readings are not at {NOYO}")
def test_two_real_instruments_at_one_place_share_their_instants_and_need_two_scopes() -> None:
    tables = [real_readings(4990594334457856), real_readings(5877040213786624)]
    window = Window(MOVED_US, None)
    sizes = [len(slice_window(table, window)) for table in tables]
    scopes = ["Vulink1", "Vulink2"]
    joined = join(
        [
            JoinInput(t, scope, scope=scope, window=window)
            for t, scope in zip(tables, scopes, strict=True)
        ]
    )
    assert sum(sizes) - len(joined) == 2763
    assert joined["Vulink1.Baro.psi"].null_count == len(joined) - sizes[0]
    with pytest.raises(DataError, match=r"column 'Baro\.psi': both Vulink1 and Vulink2"):
        join([JoinInput(t, s, window=window) for t, s in zip(tables, scopes, strict=True)])


def real_readings(location: int) -> pa.Table:
    table = pq.read_table(NOYO / f"{location}.parquet")
    instants = table["timestamp"].cast(pa.int64()).cast(pa.timestamp("s", "UTC"))
    place = table.schema.get_field_index("timestamp")
    return check(table.set_column(place, "timestamp", instants))
