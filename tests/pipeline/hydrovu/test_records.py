"""Locations and names as values."""

import pytest

from pond_pipeline.hydrovu import Location, Names
from pond_pipeline.hydrovu.records import read_locations, read_names
from pond_pipeline.hydrovu.shape import ShapeError

GPS = {"latitude": 39.42, "longitude": -123}


def test_a_location_is_read_with_its_position() -> None:
    item = {"id": 4990000000000001, "name": "Harbor (N)", "description": "well 7", "gps": GPS}

    assert read_locations([item]) == [
        Location(4990000000000001, "Harbor (N)", "well 7", latitude=39.42, longitude=-123.0)
    ]


@pytest.mark.parametrize(
    "rest", [{}, {"description": None, "gps": None}, {"gps": {}}, {"gps": {"latitude": None}}]
)
def test_description_and_position_may_be_missing(rest: dict[str, object]) -> None:
    assert read_locations([{"id": 1, "name": "a", **rest}]) == [Location(1, "a")]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "no list"),
        (None, "no list"),
        ([None], r"location \[0\] should be an object"),
        ([{"name": "a"}], "has no `id`"),
        ([{"id": "1", "name": "a"}], "`id` of location .* should be an integer and is a string"),
        ([{"id": True, "name": "a"}], "is true or false"),
        ([{"id": 1}], "has no `name`"),
        ([{"id": 1, "name": "a", "gps": {"latitude": "north"}}], "gps.latitude"),
        ([{"id": 1, "name": "a", "gps": {"longitude": True}}], "gps.longitude"),
        ([{"id": 1, "name": "a", "gps": "here"}], "gps.latitude"),
    ],
)
def test_a_strange_list_of_locations_is_refused(document: object, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        read_locations(document)


def test_names_are_read_by_id() -> None:
    document = {"parameters": {"1": "Temperature"}, "units": {"0": " ", "1": "C"}}

    assert read_names(document) == Names({"1": "Temperature"}, {"0": " ", "1": "C"})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "should be an object and is a list"),
        ({"parameters": {}}, "has no `units`"),
        ({"parameters": [], "units": {}}, "`parameters` .* should be an object and is a list"),
        ({"parameters": {"1": None}, "units": {}}, "`1` of `parameters` .* is null"),
    ],
)
def test_a_strange_dictionary_is_refused(document: object, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        read_names(document)
