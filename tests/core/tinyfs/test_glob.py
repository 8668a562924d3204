"""Glob patterns; numbers are those of `docs/semantics.md`."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from pond_core.errors import InvalidPathError
from pond_core.tinyfs import Pattern, render
from pond_core.tinyfs import path as paths


@pytest.mark.parametrize(
    ("pattern", "path", "captures"),
    [
        ("/raw/noyo/*", "/raw/noyo/NoyoCenterAT500_1", ("NoyoCenterAT500_1",)),
        ("/raw/noyo/*", "/raw/noyo", None),
        ("/raw/noyo/*", "/raw/noyo/a/b", None),
        ("/a*", "/a", ("",)),
        ("/a*", "/abc", ("bc",)),
        ("/a?c", "/abc", ("b",)),
        ("/a?", "/a", None),
        ("/[a-cx]", "/b", ("b",)),
        ("/[a-cx]", "/x", ("x",)),
        ("/[a-cx]", "/d", None),
        ("/[!a-c]", "/d", ("d",)),
        ("/[!a-c]", "/a", None),
        ("/[]a]", "/]", ("]",)),
        ("/[a-]", "/-", ("-",)),
        ("/[^a]", "/^", ("^",)),
        ("/**", "/", ("",)),
        ("/**", "/a/b", ("a/b",)),
        ("/**/x", "/x", ("",)),
        ("/**/x", "/a/b/x", ("a/b",)),
        ("/a/**/b", "/a/b", ("",)),
        ("/*", "/.hidden", (".hidden",)),
        ("/A", "/a", None),
        ("/a.c", "/abc", None),
        ("/*", "/two\nlines", ("two\nlines",)),
        ("/\u00e9?", "/e\u0301x", ("x",)),
        ("//a/./*/", "/a/b", ("b",)),
        ("/", "/", ()),
    ],
)
def test_7_1_a_pattern_matches(pattern: str, path: str, captures: tuple[str, ...] | None) -> None:
    parsed = Pattern.parse(pattern)
    assert parsed.match(path) == captures
    assert captures is None or len(captures) == parsed.wildcards


@pytest.mark.parametrize(
    ("pattern", "path", "captures"),
    [
        ("/*_*", "/a_b_c", ("a_b", "c")),
        ("/*?", "/abc", ("ab", "c")),
        ("/?*[a-z]", "/abc", ("a", "b", "c")),
        ("/*a*", "/aaa", ("aa", "")),
        ("/**/**", "/a/b", ("a/b", "")),
        ("/**/*/**", "/a/b/c", ("a/b", "c", "")),
        ("/**/*-*/x", "/a-b/c-d/x", ("a-b", "c", "d")),
    ],
)
def test_7_2_wildcards_to_the_left_take_the_most(
    pattern: str, path: str, captures: tuple[str, ...]
) -> None:
    assert Pattern.parse(pattern).match(path) == captures


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("/[*]", "/*"), ("/a[?]b", "/a?b"), ("/[[]x]", "/[x]"), ("/[]]", "/]"), ("/x]", "/x]")],
)
def test_7_3_a_class_of_one_character_is_no_wildcard(pattern: str, path: str) -> None:
    assert Pattern.parse(pattern).match(path) == ()
    assert Pattern.parse(pattern).match("/ab") is None


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("/a[", "not closed"),
        ("/[]", "not closed"),
        ("/[!]", "not closed"),
        ("/a[b/c]", "not closed"),
        ("/[z-a]", "z-a, which runs backwards"),
        ("/**x", "beside other"),
        ("/x**", "beside other"),
        ("/***", "beside other"),
        ("/*/../a", "'..'"),
        ("raw/*", "no absolute path"),
        ("", "empty"),
        ("/\0*", "NUL"),
        ("/" + "a" * 256, "256 bytes"),
    ],
)
def test_7_3_a_bad_pattern_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(InvalidPathError, match=message):
        Pattern.parse(pattern)


@pytest.mark.parametrize(
    ("template", "expected"),
    [("/x/$0/res=$1", "/x/noyo/res=1h"), ("$1$0$1", "1hnoyo1h"), ("$$0 $$", "$0 $"), ("a", "a")],
)
def test_7_4_a_template_takes_captures(template: str, expected: str) -> None:
    assert render(template, ("noyo", "1h")) == expected


@pytest.mark.parametrize(
    ("template", "message"), [("$2", r"\$2, which no wildcard"), ("a$", "number"), ("$x", "number")]
)
def test_7_4_a_bad_template_is_refused(template: str, message: str) -> None:
    with pytest.raises(InvalidPathError, match=message):
        render(template, ("noyo", "1h"))


def test_7_5_many_wildcards_on_long_names_end() -> None:
    names = "/".join(["a" * 250] * 20)
    pattern = Pattern.parse("/**" * 8 + "/" + "*a" * 60 + "b*")
    assert pattern.match("/" + names) is None


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("/raw/noyo/*", "/raw/noyo"),
        ("/raw/*/x", "/raw"),
        ("/raw/[*]/*", "/raw/*"),
        ("/a/b", "/a"),
        ("/*", "/"),
        ("/", "/"),
        ("/a/**", "/a"),
    ],
)
def test_the_prefix_is_the_directory_that_holds_every_match(pattern: str, prefix: str) -> None:
    assert Pattern.parse(pattern).prefix == prefix


def test_a_relative_pattern_takes_its_base_literally() -> None:
    pattern = Pattern.parse("*.csv", base="/in[1]/*")
    assert pattern.match("/in[1]/*/a.csv") == ("a",)
    assert pattern.match("/in1/b/a.csv") is None
    assert Pattern.parse(pattern.text) == pattern
    assert Pattern.parse(pattern.text).match("/in[1]/*/a.csv") == ("a",)


# A matcher as plain as the rules: every way to split, longest first.


def naive(components: Sequence[str], names: Sequence[str]) -> tuple[str, ...] | None:
    if not components:
        return () if not names else None
    first, *rest = components
    if first == "**":
        for taken in range(len(names), -1, -1):
            found = naive(rest, names[taken:])
            if found is not None:
                return ("/".join(names[:taken]), *found)
        return None
    if not names:
        return None
    head, tail = naive_name(first, names[0]), naive(rest, names[1:])
    return None if head is None or tail is None else (*head, *tail)


def naive_name(pattern: str, name: str) -> tuple[str, ...] | None:
    if not pattern:
        return () if not name else None
    if pattern[0] == "*":
        for taken in range(len(name), -1, -1):
            found = naive_name(pattern[1:], name[taken:])
            if found is not None:
                return (name[:taken], *found)
        return None
    token, rest = (pattern[:4], pattern[4:]) if pattern[0] == "[" else (pattern[0], pattern[1:])
    if not name or not fits(token, name[0]):
        return None
    found = naive_name(rest, name[1:])
    captured = () if token == name[0] else (name[0],)
    return None if found is None else (*captured, *found)


def fits(token: str, character: str) -> bool:
    match token:
        case "?":
            return True
        case "[ab]":
            return character in "ab"
        case "[!a]":
            return character != "a"
        case _:
            return token == character


TOKENS = st.sampled_from(["a", "b", "-", "?", "[ab]", "[!a]", "*"])
COMPONENTS = st.just("**") | st.lists(TOKENS, min_size=1, max_size=6).map("".join).filter(
    lambda text: "**" not in text
)
NAMES = st.text("ab-", min_size=1, max_size=8)


@settings(max_examples=500)
@given(st.lists(COMPONENTS, max_size=4), st.lists(NAMES, max_size=5))
def test_7_2_matching_is_trying_every_way(components: list[str], names: list[str]) -> None:
    pattern = Pattern.parse("/" + "/".join(components))
    assert pattern.match(paths.join("/", *names)) == naive(components, names)


@settings(max_examples=300)
@given(st.lists(COMPONENTS, max_size=4), st.lists(NAMES, max_size=5))
def test_7_8_a_walk_reaches_exactly_what_matches(components: list[str], names: list[str]) -> None:
    pattern = Pattern.parse("/" + "/".join(components))
    states = pattern.start
    for name in names:
        wanted = pattern.next_names(states)
        states = pattern.advance(states, name)
        assert wanted is None or name in wanted or not states
    matched = pattern.match(paths.join("/", *names)) is not None
    assert pattern.accepts(states) == matched


def test_a_pattern_shows_its_text() -> None:
    assert repr(Pattern.parse("/a/*")) == "Pattern(text='/a/*')"
