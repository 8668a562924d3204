"""Raw tables: the readings of a window, once each."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pond_core import ALWAYS, Window, to_us
from pond_pipeline.hydrovu import RAW_SCHEMA, Page, raw_table, read_readings
from tests.pipeline.hydrovu.api import LOCATION, NOON, Point, page_of, raw_of

Series = tuple[str, str, list[Point]]


def pages_of(*pages: Series) -> list[Page]:
    return [
        Page(number, read_readings(page_of(series), location_id=LOCATION))
        for number, series in enumerate(pages, start=1)
    ]


def test_a_raw_table_has_the_raw_schema() -> None:
    table = raw_of(("1", "1", [(100, 1.5)]))

    assert table.schema.equals(RAW_SCHEMA)
    assert table.to_pylist() == [
        {
            "timestamp": datetime(1970, 1, 1, 0, 1, 40, tzinfo=UTC),
            "parameter_id": "1",
            "unit_id": "1",
            "value": 1.5,
            "custom": False,
            "fetched_at": NOON,
        }
    ]


def test_no_page_is_an_empty_raw_table() -> None:
    assert raw_table([], ALWAYS, fetched_at=NOON).equals(RAW_SCHEMA.empty_table())


def test_a_reading_at_the_start_of_a_window_is_kept_and_one_at_its_end_left_out() -> None:
    pages = pages_of(("1", "1", [(9, 0.0), (10, 1.0), (19, 2.0), (20, 3.0)]))
    table = raw_table(pages, Window(10 * 10**6, 20 * 10**6), fetched_at=NOON)

    assert table["value"].to_pylist() == [1.0, 2.0]


def test_an_open_window_keeps_what_no_clock_should_say() -> None:
    stamps = [-(10**12), 0, 10**12]

    assert len(raw_of(("1", "1", [(stamp, 1.0) for stamp in stamps]))) == 3


def test_rows_are_sorted_by_instant_then_by_ids_as_text() -> None:
    table = raw_of(
        ("20", "117", [(2, 1.0), (1, 2.0)]), ("3", "35", [(1, 3.0)]), ("20", "1", [(1, 4.0)])
    )

    assert table["value"].to_pylist() == [4.0, 2.0, 3.0, 1.0]


def test_of_two_readings_with_one_key_the_one_received_last_is_kept() -> None:
    pages = pages_of(("1", "1", [(5, 1.0), (5, 2.0), (6, 3.0)]), ("1", "1", [(5, None)]))
    table = raw_table(pages, ALWAYS, fetched_at=NOON)

    assert table["value"].to_pylist() == [None, 3.0]


def test_one_parameter_in_two_units_is_two_readings() -> None:
    assert len(raw_of(("1", "1", [(5, 1.0)]), ("1", "2", [(5, 33.8)]))) == 2


def test_a_value_that_is_no_number_is_kept() -> None:
    nan, none = raw_of(("1", "1", [(5, float("nan")), (6, None)]))["value"].to_pylist()

    assert nan != nan  # noqa: PLR0124  # that is what NaN is
    assert none is None


def value_at(stamp: int) -> float | None:
    return stamp * 0.5


PAGES = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "10"]),
        st.sampled_from(["1", "35"]),
        st.lists(st.integers(0, 30)),
    ),
    max_size=8,
)
WINDOWS = st.builds(
    Window,
    st.none() | st.integers(0, 30).map(lambda s: s * 10**6),
    st.none() | st.integers(0, 30).map(lambda s: s * 10**6),
)


@given(pages=PAGES, window=WINDOWS, data=st.data())
def test_neither_order_nor_repetition_of_pages_matters(
    pages: list[tuple[str, str, list[int]]], window: Window, data: st.DataObject
) -> None:
    series = [(p, u, [(s, value_at(s)) for s in stamps]) for p, u, stamps in pages]
    repeated = data.draw(st.permutations(series + series[:3]))
    table = raw_table(pages_of(*repeated), window, fetched_at=NOON)
    keys = table.select(["timestamp", "parameter_id", "unit_id"]).to_pylist()
    found = [(to_us(key["timestamp"]), key["parameter_id"], key["unit_id"]) for key in keys]
    expected = {(stamp * 10**6, p, u) for p, u, stamps in pages for stamp in stamps}
    assert found == sorted(key for key in expected if window.contains(key[0]))
    assert table["value"].to_pylist() == [value_at(us // 10**6) for us, _, _ in found]
