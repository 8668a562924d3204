"""A series cut into months: each instant has one, and months lie side by side."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pond_core.publication.months import month_of, months_of, window_of

INSTANTS = st.integers(-(2**62), 2**62)


@given(instant_us=INSTANTS)
def test_an_instant_lies_in_the_window_of_its_month(instant_us: int) -> None:
    assert window_of(month_of(instant_us)).contains(instant_us)


@given(instant_us=INSTANTS)
def test_the_month_after_begins_where_a_month_ends(instant_us: int) -> None:
    window = window_of(month_of(instant_us))
    if window.end_us is not None:
        assert window_of(month_of(window.end_us)).start_us == window.end_us


@given(instants_us=st.lists(INSTANTS, max_size=20))
def test_rows_have_the_months_of_their_instants_once_each(instants_us: list[int]) -> None:
    rows = pa.table({"timestamp": pa.array(sorted(instants_us), pa.timestamp("us", tz="UTC"))})
    assert list(months_of(rows)) == sorted({month_of(each) for each in instants_us})
