import pytest
from jinja2.exceptions import TemplateRuntimeError, UndefinedError

from pond_pipeline.template import environment
from pond_pipeline.template.environment import Environment


def rendered(text: str, *, name: str = "a.md", **known: object) -> str:
    return Environment(name=name).from_string(text).render(**known)


def test_a_loop_over_a_map_goes_by_key_and_value() -> None:
    """As in Tera; Jinja would take the letters of each key."""
    assert rendered("{% for k, v in m %}{{ k }}={{ v }};{% endfor %}", m={"ab": 1, "cd": 2}) == (
        "ab=1;cd=2;"
    )


def test_jinja_s_own_way_is_the_same() -> None:
    text = "{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}"
    assert rendered(text, m={"ab": 1}) == "ab=1;"


def test_a_loop_with_one_name_goes_over_the_keys() -> None:
    assert rendered("{% for k in m %}{{ k }}{% endfor %}", m={"ab": 1, "cd": 2}) == "abcd"


def test_a_loop_over_pairs_is_as_ever() -> None:
    text = "{% for a, b in p %}{{ a }}{{ b }}{{ loop.index }}{{ loop.last }};{% endfor %}"
    assert rendered(text, p=[(1, 2), (3, 4)]) == "121false;342true;"


def test_a_map_in_a_variable_and_a_condition_in_the_loop() -> None:
    text = "{% set x = m %}{% for k, v in x if v > 1 %}{{ k }}{% else %}none{% endfor %}"
    assert rendered(text, m={"a": 1, "b": 2}) == "b"
    assert rendered(text, m={"a": 1}) == "none"


def test_a_loop_over_a_generator_knows_its_end() -> None:
    text = "{% for x in m | map('upper') %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}"
    assert rendered(text, m=["a", "b"]) == "A,B"


def test_a_loop_is_left_and_continued() -> None:
    text = (
        "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}"
        "{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}"
    )
    assert rendered(text) == "02"


def test_what_is_nothing_is_an_error_also_in_a_loop() -> None:
    with pytest.raises(UndefinedError):
        rendered("{% for k, v in nothing %}{% endfor %}")


def test_all_loops_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "MOST_STEPS", 20)
    text = "{% for i in range(4) %}{% for j in range(4) %}.{% endfor %}{% endfor %}"
    assert rendered(text) == "." * 16
    with pytest.raises(TemplateRuntimeError, match="more than 20 steps"):
        rendered(text + "{% for i in [1] %}{% endfor %}")


def test_values_are_printed_as_tera_prints_them() -> None:
    assert (
        rendered("{{ true }} {{ false }} [{{ none }}] {{ 1.0 }} {{ 2 }}") == "true false [] 1.0 2"
    )


def test_the_last_line_keeps_its_end() -> None:
    assert rendered("a\n") == "a\n"


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.xml", "a.svg", "a.xhtml"])
def test_in_a_page_of_markup_text_is_escaped(name: str) -> None:
    assert rendered("<b>{{ x }}</b>", name=name, x="<i>") == "<b>&lt;i&gt;</b>"


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.csv", "html", "a.html.md"])
def test_in_other_pages_text_is_as_it_is(name: str) -> None:
    assert rendered("<b>{{ x }}</b>", name=name, x="<i>") == "<b><i></b>"


@pytest.mark.parametrize("text", ["{{ range }}", "{{ [1] | map('string') }}", "{{ m.items }}"])
def test_what_has_no_text_of_its_own_is_not_printed(text: str) -> None:
    with pytest.raises(TypeError, match="has no text"):
        rendered(text, m={})


def test_nothing_draws_lots() -> None:
    made = Environment(name="a.md")
    assert "random" not in made.filters
    assert "lipsum" not in made.globals
