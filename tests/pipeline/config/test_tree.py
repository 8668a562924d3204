from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.config.problem import Problems
from pond_pipeline.config.tree import Tree, parse_trees
from pond_pipeline.errors import ConfigError


def parsed(text: str, variables: Mapping[str, str] | None = None) -> list[Tree]:
    problems = Problems()
    trees = parse_trees(text, file="r.yaml", variables=variables or {}, problems=problems)
    problems.raise_if_any()
    return trees


def value(text: str, variables: Mapping[str, str] | None = None) -> object:
    return parsed(text, variables)[0].value


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    return caught.value


HIDDEN = "swordfish"


@pytest.mark.parametrize(
    "text",
    [
        f"secret: *{HIDDEN}\n",
        f"secret: !{HIDDEN}\n",
        f"secret: !{HIDDEN} x\n",
        f"a: &{HIDDEN} 1\nb: &{HIDDEN} 1\nc: [\n",
        f"secret: %{HIDDEN}\n",
        f"secret: @{HIDDEN}\n",
        f"secret: '{HIDDEN}\n",
        f'secret: "{HIDDEN}\\q"\n',
        f"secret: {HIDDEN}: x\n",
        f"a: 1\nsecret:{HIDDEN}\n",
        f"{{a: 1, secret:{HIDDEN}}}\n",
        f"{{secret: {HIDDEN}\n",
        f"secret: {HIDDEN}\x07\n",
        f"secret: !!int {HIDDEN}\n",
        f"<<: {HIDDEN}\n",
        f"? {{{HIDDEN}: 1}}\n: 2\n",
    ],
)
def test_an_error_of_yaml_never_shows_a_text_that_may_be_a_secret(text: str) -> None:
    error = refused(text)

    assert HIDDEN not in f"{error} {error.hint}"
    assert error.__cause__ is None


def test_merges_that_explode_are_refused() -> None:
    bomb = "a: &m0 {a: 1}\n"
    for level in range(1, 20):
        bomb += f"b{level}: &m{level} {{<<: [{', '.join([f'*m{level - 1}'] * 9)}]}}\n"

    assert "merged mappings hold too many values" in str(refused(bomb))


def test_a_text_that_is_far_too_long_is_refused_unread() -> None:
    error = refused("[" * 5_000_000)

    assert str(error) == "r.yaml: 5,000,000 characters; 4,000,000 are the most"


def test_each_value_knows_its_line() -> None:
    (tree,) = parsed("a:\n  - x\n  - b: {c: 1,\n        d: 2}\n")

    assert tree.location.line(("a",)) == 1
    assert tree.location.line(("a", 0)) == 2
    assert tree.location.line(("a", 1, "b")) == 3
    assert tree.location.line(("a", 1, "b", "d")) == 4


def test_a_key_that_is_missing_is_shown_where_it_should_be() -> None:
    (tree,) = parsed("name: n\nspec:\n  a: 1\n")

    assert tree.location.line(("spec", "start")) == 2


def test_documents_know_their_lines_in_the_whole_file() -> None:
    first, second = parsed("a: 1\n---\nb: 2\n")

    assert (first.location.line(()), second.location.line(("b",))) == (1, 3)


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n---\n", "---\n# nothing\n"])
def test_an_empty_file_holds_no_document(text: str) -> None:
    assert parsed(text) == []


def test_a_date_stays_text() -> None:
    assert value("a: 2024-03-01\nb: 2025-10-16 21:00:00\n") == {
        "a": "2024-03-01",
        "b": "2025-10-16 21:00:00",
    }


def test_keys_are_text_as_written() -> None:
    assert value("1: a\non: b\n") == {"1": "a", "on": "b"}


def test_anchors_and_merged_keys_are_understood() -> None:
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: *x}\nw: *x\n"

    assert value(text) == {
        "x": {"a": 1, "b": 2},
        "y": {"a": 1, "b": 3},
        "z": {"a": 1, "b": 2},
        "w": {"a": 1, "b": 2},
    }


def test_a_merge_met_twice_through_an_alias_is_no_repeated_key() -> None:
    assert value("x: &x {a: 1}\ny: &y {<<: *x, a: 2}\nz: *y\n") == {
        "x": {"a": 1},
        "y": {"a": 2},
        "z": {"a": 2},
    }


def test_a_repeated_key_is_an_error_that_names_both_lines() -> None:
    error = refused("spec:\n  key: hunter2\n  start: 1\n  key: hunter3\n")

    assert str(error) == "r.yaml:4: spec.key: is given twice; first in line 2"
    assert error.hint == "remove one of them"


def test_repeated_keys_in_several_places_are_told_at_once() -> None:
    error = refused("a: 1\na: 2\nb:\n  - {c: 1, c: 2}\n")

    assert str(error).splitlines() == [
        "r.yaml:2: a: is given twice; first in line 1 (remove one of them)",
        "r.yaml:4: b[0].c: is given twice; first in line 4 (remove one of them)",
    ]
    assert error.hint == "correct these 2 places"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", "r.yaml:3: expected ',' or ']', but got ':'"),
        ("a: *nowhere\n", "r.yaml:1: an alias without its anchor, or an anchor twice"),
        ("a: 1\nb: \x07\n", "r.yaml:2: a character that YAML does not allow"),
        ("a: 1\nb: !secret x\n", "r.yaml:2: a YAML tag means nothing here"),
        ("a: !!set {x}\n", "r.yaml:1: a YAML tag means nothing here"),
        ("a: 1\nb: &b [*b]\n", "r.yaml:2: an alias leads back to what it stands in"),
        ("a: {{ name }}\n", "r.yaml:1: a key must be text"),
        ("a: !!bool maybe\n", "r.yaml:1: cannot be read as bool"),
        ("a: 1\nb: " + "9" * 5000, "r.yaml:2: cannot be read as int"),
        ("[" * 5000, "r.yaml: nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_an_error_with_its_line(text: str, message: str) -> None:
    assert str(refused(text)) == message


def test_a_tab_is_an_error_that_says_so() -> None:
    error = refused("spec:\n\tkey: a\n")

    assert str(error).startswith("r.yaml:2: found character '\\t'")
    assert error.hint == "YAML indents with spaces, never with tabs"


def test_an_unquoted_variable_is_an_error_that_says_to_quote_it() -> None:
    assert refused("a: {{ name }}\n").hint == 'a variable is written in quotes: "{{ name }}"'


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]

    assert "too many values" in str(refused("\n".join(lines)))


def test_a_syntax_error_does_not_quote_a_secret() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed("spec:\n  secret: hunter2: x\n")

    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_variables_are_replaced_in_text_but_not_in_metadata() -> None:
    text = 'metadata: {m: "{{ harbor }}"}\nspec: {a: "x-{{harbor}}-{{ n }}"}\n'

    assert value(text, {"harbor": "Noyo", "n": "{{ n }}"}) == {
        "metadata": {"m": "{{ harbor }}"},
        "spec": {"a": "x-Noyo-{{ n }}"},
    }


def test_a_variable_without_a_value_is_an_error_that_says_how_to_give_it() -> None:
    error = refused('spec:\n  a: "{{ harbor }}"\n')

    assert str(error) == "r.yaml:2: spec.a: the variable 'harbor' has no value"
    assert error.hint == "give it: -v harbor=..."


def test_braces_that_begin_no_variable_are_an_error() -> None:
    error = refused('a: "{{ name | upper }}"\n')

    assert str(error) == "r.yaml:1: a: '{{' begins no variable"


@given(st.text())
def test_any_text_is_either_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        parsed(text)
