import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.paths import key_to_path, path_to_key, safe_name

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_the_key_of_a_path_is_its_components_and_back(names: list[str]) -> None:
    path = "/" + "/".join(names)
    assert path_to_key(path).path == names
    assert key_to_path(path_to_key(path)) == path


def test_a_plain_path_is_named_by_its_components() -> None:
    assert safe_name("/raw/noyo/AT500_1") == "raw_noyo_AT500_1"


@given(names=st.lists(NAMES, min_size=1, max_size=4))
def test_any_path_has_a_name_that_dagster_accepts(names: list[str]) -> None:
    name = safe_name("/" + "/".join(names))

    @dg.op(name=name)
    def _op() -> None: ...

    assert _op.name == name


@pytest.mark.parametrize("other", ["/reduced/res 1h", "/reduced/res:1h", "/reduced/res_1h"])
def test_paths_that_lose_characters_keep_names_of_their_own(other: str) -> None:
    assert safe_name("/reduced/res=1h") != safe_name(other)


def test_a_name_says_where_it_comes_from() -> None:
    assert safe_name("/reduced/res=1h").startswith("reduced_res_1h_")


@pytest.mark.parametrize("word", ["if", "type", "context"])
def test_a_word_that_is_reserved_is_a_name_with_a_digest(word: str) -> None:
    assert safe_name(word).startswith(f"{word}_")
