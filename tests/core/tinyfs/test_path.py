"""Paths as text; numbers are those of `docs/semantics.md`."""

import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pond_core.errors import InvalidPathError
from pond_core.tinyfs import path as paths

TEXT = st.text(alphabet=st.sampled_from("ab./é\u0301Å µ"), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/", "/"),
        ("//a///b/", "/a/b"),
        ("/./a/.", "/a"),
        ("x", "/w/d/x"),
        (".", "/w/d"),
        ("./x/", "/w/d/x"),
        ("/...", "/..."),
        ("/a\nb*", "/a\nb*"),
    ],
)
def test_1_1_a_path_has_one_canonical_form(text: str, expected: str) -> None:
    assert paths.resolve(text, "/w/d") == expected


def test_1_1_a_relative_path_without_a_base_is_refused() -> None:
    with pytest.raises(InvalidPathError, match="'a/b' is no absolute path") as info:
        paths.resolve("a/b")
    assert info.value.hint == "begin it with '/'"


@given(text=TEXT)
def test_1_1_a_canonical_path_stays_as_it_is(text: str) -> None:
    try:
        once = paths.resolve(text, "/w")
    except InvalidPathError:
        return
    assert paths.resolve(once) == once
    assert paths.join("/", *paths.parts(once)) == once


def test_1_2_two_dots_take_back_the_name_before() -> None:
    assert paths.resolve("../x/../y", "/a/b") == "/a/y"


@pytest.mark.parametrize("text", ["/..", "/a/../..", "../..", "/a/../../a"])
def test_1_2_nothing_leads_above_the_root(text: str) -> None:
    with pytest.raises(InvalidPathError, match="leads above the root"):
        paths.resolve(text, "/w")


@given(text=TEXT)
def test_1_2_no_text_escapes_the_root(text: str) -> None:
    try:
        names = paths.parts(paths.resolve(text, "/w"))
    except InvalidPathError:
        return
    assert not {"", ".", ".."} & set(names)


def test_1_3_two_spellings_of_one_name_are_one_name() -> None:
    assert paths.resolve("/e\u0301") == paths.resolve("/\u00e9") == "/\u00e9"


@given(text=TEXT)
def test_1_3_every_name_is_nfc(text: str) -> None:
    try:
        path = paths.resolve(text, "/w")
    except InvalidPathError:
        return
    assert unicodedata.is_normalized("NFC", path)


@pytest.mark.parametrize("name", ["a" * 255, "é" * 127])
def test_1_3_a_name_of_255_bytes_is_accepted(name: str) -> None:
    assert paths.resolve(f"/{name}") == f"/{name}"


@pytest.mark.parametrize("name", ["a" * 256, "é" * 128])
def test_1_3_a_longer_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidPathError, match="256 bytes; 255 are the most"):
        paths.resolve(f"/{name}")


@pytest.mark.parametrize("text", ["", "/a\0b", "/\ud800"])
def test_1_4_text_that_no_name_holds_is_refused(text: str) -> None:
    with pytest.raises(InvalidPathError) as info:
        paths.resolve(text, "/w")
    str(info.value).encode()


def test_a_very_long_path_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidPathError) as info:
        paths.resolve("x" * 100_000)
    assert len(str(info.value)) < 300


@pytest.mark.parametrize(
    ("path", "parent", "name"), [("/", "/", ""), ("/a", "/", "a"), ("/a/b", "/a", "b")]
)
def test_a_path_has_a_parent_and_a_name(path: str, parent: str, name: str) -> None:
    assert (paths.parent(path), paths.name(path)) == (parent, name)
