"""Names as parts of addresses, which are names of files as well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.website.address import identifiers, nested_identifiers

LETTERS = st.text(st.sampled_from("aAbB-_./ \u00e9"), max_size=4)


@given(st.sets(LETTERS))
def test_no_two_names_have_one_address_though_case_is_folded(names: set[str]) -> None:
    found = identifiers(names)
    assert len({each.casefold() for each in found.values()}) == len(names)
    assert set(found.values()) == {each.lower() for each in found.values()}


PARTS = st.text(st.sampled_from("aAbB-_. \u00e9"), min_size=1, max_size=3)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


@given(st.sets(PATHS))
def test_no_two_paths_have_one_address_and_what_is_in_one_folder_stays_in_one(
    paths: set[str],
) -> None:
    found = nested_identifiers(paths)
    assert len({each.casefold() for each in found.values()}) == len(paths)
    folders = {(path.rpartition("/")[0], each.rpartition("/")[0]) for path, each in found.items()}
    assert len({before for before, _ in folders}) == len(folders)
    assert len({after for _, after in folders}) == len(folders)


@pytest.mark.parametrize("name", ["CON", "nul", "Aux.", "COM1", "lpt9", "com\u00b9", " prn "])
def test_a_name_that_windows_keeps_for_itself_is_followed_by_more(name: str) -> None:
    [found] = identifiers([name]).values()
    assert found.startswith(f"{name.strip(' .').lower().replace(chr(0xB9), '1')}-")


@pytest.mark.parametrize("name", ["console", "com", "com10", "lpt", "null", "auxiliary"])
def test_a_name_that_only_begins_so_stays(name: str) -> None:
    assert identifiers([name]) == {name: name}


def test_a_dot_at_the_end_is_in_no_address() -> None:
    assert identifiers(["Dock.", "Pier "]) == {"Dock.": "dock", "Pier ": "pier"}
