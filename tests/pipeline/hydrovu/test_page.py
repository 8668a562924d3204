"""One page of readings: what is accepted, and what is refused with which words."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.hydrovu import PAGE_SCHEMA, decode, read_readings
from pond_pipeline.hydrovu.shape import ShapeError
from tests.pipeline.hydrovu.api import LOCATION, page_of

GOOD = page_of(("1", "1", [(100, 1.5), (200, None)]), ("20", "117", [(100, 8.0)]))


def read(page: object) -> pa.Table:
    return read_readings(decode(json.dumps(page).encode()), location_id=LOCATION)


def test_each_reading_becomes_a_row_in_the_order_of_the_page() -> None:
    table = read(GOOD)

    assert table.schema.equals(PAGE_SCHEMA)
    assert table["timestamp"].cast(pa.int64()).to_pylist() == [10**8, 2 * 10**8, 10**8]
    assert table["parameter_id"].to_pylist() == ["1", "1", "20"]
    assert table["unit_id"].to_pylist() == ["1", "1", "117"]
    assert table["value"].to_pylist() == [1.5, None, 8.0]
    assert table["custom"].to_pylist() == [False, False, False]


def test_a_page_without_parameters_has_no_rows() -> None:
    assert read(page_of()).equals(PAGE_SCHEMA.empty_table())


def test_a_parameter_without_readings_has_no_rows() -> None:
    assert len(read(page_of(("1", "1", [])))) == 0


def test_a_custom_parameter_is_marked() -> None:
    page: Any = copy.deepcopy(GOOD)
    page["parameters"][1]["customParameter"] = True

    assert read(page)["custom"].to_pylist() == [False, False, True]


def test_an_integer_is_a_value_like_any_other() -> None:
    table = read(page_of(("1", "1", [(1, 8), (2, 2**53 + 1), (3, 2**70), (4, None)])))

    assert table["value"].to_pylist() == [8.0, float(2**53), float(2**70), None]


def test_numbers_that_json_does_not_know_are_kept_for_raw() -> None:
    text = json.dumps(page_of(("1", "1", [(1, float("nan")), (2, float("inf"))])))
    nan, infinity = read_readings(decode(text.encode()), location_id=LOCATION)["value"].to_pylist()

    assert nan != nan  # noqa: PLR0124  # that is what NaN is
    assert infinity == float("inf")


Change = Callable[[Any], object]

NONSENSE: list[tuple[Change, str]] = [
    (lambda p: p.clear(), "the page has no `parameters`"),
    (lambda p: p.update(parameters={}), "`parameters` of the page should be a list"),
    (lambda p: p.update(parameters=[7]), r"parameters\[0\] should be an object and is an integer"),
    (lambda p: p.pop("locationId"), "the page has no `locationId`"),
    (lambda p: p.update(locationId=5), "the page is about location 5"),
    (lambda p: p["parameters"][1].pop("parameterId"), r"parameters\[1\] has no `parameterId`"),
    (lambda p: p["parameters"][1].update(unitId=117), "should be a string and is an integer"),
    (lambda p: p["parameters"][1].update(unitId=""), r"of parameters\[1\] is empty"),
    (lambda p: p["parameters"][1].update(customParameter=0), "should be true or false"),
    (lambda p: p["parameters"][1].pop("readings"), r"parameters\[1\] has no `readings`"),
    (lambda p: p["parameters"][1].update(readings=None), "should be a list and is null"),
    (lambda p: p["parameters"][0]["readings"].append(None), r"reading \[2\] .* no `timestamp`"),
    (lambda p: p["parameters"][0]["readings"].append([1, 2]), r"reading \[2\] .* no `timestamp`"),
    (lambda p: p["parameters"][0]["readings"].append({"value": 1.0}), "has no `timestamp`"),
    (lambda p: p["parameters"][0]["readings"].append({"timestamp": 1}), "has no `value`"),
]


@pytest.mark.parametrize(("change", "message"), NONSENSE)
def test_nonsense_is_refused_and_located(change: Change, message: str) -> None:
    page = copy.deepcopy(GOOD)
    change(page)

    with pytest.raises(ShapeError, match=message):
        read(page)


@pytest.mark.parametrize("stamp", [None, True, 1.0, 1.5, "1", [], {}])
def test_a_timestamp_is_an_integer(stamp: object) -> None:
    page = page_of(("1", "1", [(1, 1.0)]), ("2", "2", [(1, 1.0), (stamp, 1.0)]))  # type: ignore[list-item]  # the point

    with pytest.raises(ShapeError, match=r"`timestamp` of reading \[1\] of parameters\[1\] is "):
        read(page)


@pytest.mark.parametrize("stamp", [2**63 // 10**6 + 1, -(2**63) // 10**6 - 1, 2**63, 10**30])
def test_a_timestamp_beyond_what_can_be_stored_is_refused(stamp: int) -> None:
    with pytest.raises(ShapeError, match="out of range"):
        read(page_of(("1", "1", [(stamp, 1.0)])))


@pytest.mark.parametrize("stamp", [0, -1, 253_402_300_800, 2**63 // 10**6])
def test_an_impossible_timestamp_that_can_be_stored_is_kept(stamp: int) -> None:
    table = read(page_of(("1", "1", [(stamp, 1.0)])))

    assert table["timestamp"].cast(pa.int64()).to_pylist() == [stamp * 10**6]


@pytest.mark.parametrize("value", [True, False, "8.4", "", [], {}])
def test_a_value_is_a_number_or_null(value: object) -> None:
    page = page_of(("1", "1", [(1, 1.0), (2, value)]))  # type: ignore[list-item]  # the point

    with pytest.raises(ShapeError, match=r"`value` of reading \[1\] of parameters\[0\] is "):
        read(page)


def test_a_value_beyond_all_numbers_is_refused() -> None:
    with pytest.raises(ShapeError, match="`value` is out of range"):
        read(page_of(("1", "1", [(1, 10**400)])))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(key=st.sampled_from(["locationId", "parameters", "1", "value", "readings"]), junk=JSON)
def test_any_json_in_any_place_is_read_or_refused(key: str, junk: object) -> None:
    def spoiled(node: object) -> object:
        if isinstance(node, dict):
            return {k: junk if k == key else spoiled(v) for k, v in node.items()}
        return [spoiled(item) for item in node] if isinstance(node, list) else node

    try:
        table = read_readings(spoiled(GOOD), location_id=LOCATION)
    except ShapeError:
        return
    table.validate(full=True)


@given(junk=JSON)
def test_any_json_is_read_or_refused(junk: object) -> None:
    with pytest.raises(ShapeError):
        read_readings(junk, location_id=LOCATION)
