import html
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pond_pipeline.template.function import date, group, json_encode, literal, slugify

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def grouped(by: str, items: object) -> dict[str, list[Any]]:
    return group(by, **{"in": items})


def test_items_are_grouped_by_a_key_and_sorted_by_it() -> None:
    b1, a, b2 = ({"name": name, "at": at} for at, name in enumerate("bab"))
    groups = grouped("name", [b1, a, b2])
    assert list(groups.items()) == [("a", [a]), ("b", [b1, b2])]


@pytest.mark.parametrize("nothing", [[], {}, ()])
def test_nothing_gives_no_groups(nothing: object) -> None:
    assert grouped("name", nothing) == {}


@pytest.mark.parametrize("items", ["text", {"a": 1}, 7, None])
def test_only_a_list_is_grouped(items: object) -> None:
    with pytest.raises(TypeError, match="takes a list"):
        grouped("name", items)


@pytest.mark.parametrize("item", [{"other": "x"}, {"name": 7}, "text"])
def test_an_item_without_a_text_under_the_key_is_refused(item: object) -> None:
    with pytest.raises(TypeError, match="finds no text 'name'"):
        grouped("name", [item])


def test_group_is_called_as_in_the_original() -> None:
    with pytest.raises(TypeError, match="two arguments"):
        group("name")
    with pytest.raises(TypeError, match="two arguments"):
        group("name", of=[])


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Noyo Harbor (B-Dock)", "noyo-harbor-b-dock"),
        ("  Émile's  ", "emile-s"),
        ("µ", ""),
        ("a__b", "a-b"),
    ],
)
def test_a_slug_is_part_of_an_address(text: str, slug: str) -> None:
    # The micro sign has no ASCII.
    assert slugify(text) == slug


@given(st.text())
def test_a_slug_is_its_own_slug(text: str) -> None:
    assert slugify(slugify(text)) == slugify(text)


@given(JSON)
def test_json_means_the_value_and_holds_no_markup(value: object) -> None:
    text = json_encode(value)
    assert json.loads(text) == value
    assert not set(text) & set("<>&'")


def test_json_may_be_pretty() -> None:
    assert json_encode([1], pretty=True) == "[\n  1\n]"


def test_a_number_that_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_encode(float("nan"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2024, 3, 1, 23, tzinfo=UTC), "2024-03-01"),
        ("2024-03-01T23:00:00Z", "2024-03-01"),
        ("2024-03-01T23:00:00-02:00", "2024-03-02"),
        ("2024-03-01 23:00", "2024-03-01"),
        (1709334000, "2024-03-01"),
        (None, ""),
    ],
)
def test_an_instant_becomes_a_date_in_utc(value: datetime | str | None, text: str) -> None:
    assert date(value) == text


def test_a_date_has_a_form_and_a_zone() -> None:
    instant = datetime(2024, 7, 1, 6, 30, tzinfo=UTC)
    assert date(instant, "%d.%m. %H:%M", "America/Los_Angeles") == "30.06. 23:30"


@pytest.mark.parametrize(
    ("value", "zone", "text"),
    [
        (datetime(900, 7, 1, tzinfo=UTC), "UTC", "0900 %Y 0900-07-01"),
        (-1e12, "UTC", "0001 %Y 0001-01-01"),
        (-1e12, "America/Los_Angeles", "0001 %Y 0001-01-01"),
        (1e12, "Asia/Tokyo", "9999 %Y 9999-12-31"),
    ],
)
def test_a_year_has_four_digits_and_what_no_calendar_shows_is_its_end(
    value: datetime | float, zone: str, text: str
) -> None:
    assert date(value, "%Y %%Y %Y-%m-%d", zone) == text


BLANKS = re.compile('<span style="white-space: pre">(.*?)</span>', re.DOTALL)
"""How blanks stand in a page that browsers would not show."""


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.just(" ")))
def test_literal_text_is_shown_letter_by_letter_in_markdown(text: str) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).render(f"# a{literal(text)}z")
    assert html.unescape(BLANKS.sub(r"\1", shown)) == f"<h1>a{text}z</h1>\n"


@given(st.text(st.sampled_from("a \t\n\r\f"), min_size=1))
def test_literal_text_keeps_blanks_that_browsers_lose(text: str) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).render(f"# {literal(text)}")
    html_text = html.unescape(shown.removeprefix("<h1>").removesuffix("</h1>\n"))
    assert BLANKS.sub(r"\1", html_text) == text
    outside = BLANKS.sub("b", html_text)
    assert outside == outside.strip()
    assert not re.search(r"\s\s|[\t\n\r\f]", outside)


@given(st.text())
def test_literal_text_has_nothing_that_means_something_to_framework(text: str) -> None:
    assert set(BLANKS.sub(r"\1", literal(text))) & set("$`{}<>|[]()*_\n") == set()
