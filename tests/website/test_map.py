"""Where places lie on a map."""

from itertools import combinations
from math import hypot

from hypothesis import given
from hypothesis import strategies as st

from pond_core import Resolution
from pond_pipeline.plan import Place
from pond_pipeline.website.map import map_of

DEGREES = st.tuples(st.floats(-80, 80), st.floats(-180, 180))


def place(name: str, latitude: float | None, longitude: float | None) -> Place:
    return Place(
        title=name,
        dataset=f"/reduced/{name}",
        resolutions=(Resolution.parse("1h"),),
        series=f"/combined/{name}",
        latitude=latitude,
        longitude=longitude,
    )


@given(st.lists(DEGREES, min_size=2, max_size=20))
def test_all_marks_lie_on_the_map_wherever_the_places_are(known: list[tuple[float, float]]) -> None:
    made = map_of([place(str(n), *each) for n, each in enumerate(known)])
    assert made is not None
    for spot in made.spots:
        assert all(0 <= each <= 100 for each in (spot.x, spot.y, spot.mark_x, spot.mark_y))
        assert (spot.number is None) != (spot.name is None)


def test_places_at_the_same_point_have_marks_apart() -> None:
    made = map_of([place(f"A site with a long name, {n}", 39.4, -123.8) for n in range(12)])
    assert made is not None
    for one, other in combinations(made.spots, 2):
        apart = (2.8 * (one.mark_x - other.mark_x), 1.86 * (one.mark_y - other.mark_y))
        assert hypot(*apart) > 24
    assert {(spot.x, spot.y) for spot in made.spots} == {(50.0, 50.0)}
    assert made.numbers == {spot.place.dataset: n + 1 for n, spot in enumerate(made.spots)}


def test_a_place_of_unknown_position_is_left_out_and_one_alone_has_no_map() -> None:
    wharf, lost = place("Wharf", 39.4, -123.8), place("Lost", None, None)
    assert map_of([wharf, lost]) is None
    made = map_of([wharf, lost, place("Mouth", 39.41, -123.82)])
    assert made is not None
    assert [spot.place.title for spot in made.spots] == ["Wharf", "Mouth"]


def test_places_on_both_sides_of_the_date_line_are_neighbors() -> None:
    made = map_of([place("West", -17.0, 179.9), place("East", -17.0, -179.9)])
    assert made is not None
    west, east = made.spots
    assert west.x < east.x
    assert made.scale_text == "5 km"
