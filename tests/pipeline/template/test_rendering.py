from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pond_pipeline.errors import TemplateError
from pond_pipeline.template import Page, check_template, render_page, rendering

AGGREGATES = ("avg", "min", "max")

SCHEMA = pa.schema(
    [
        pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False),
        *(
            pa.field(
                f"{scope}.{parameter}.{unit}.{aggregate}",
                pa.float64(),
                metadata={
                    "parameter": parameter,
                    "unit": unit,
                    "scope": scope,
                    "aggregate": aggregate,
                },
            )
            for scope in ("Surface", "Bottom")
            for parameter, unit in (("Temperature", "C"), ("DO", "mg/L"))
            for aggregate in AGGREGATES
        ),
    ]
)

PAGE = Page(
    name="BDock.md",
    path="/reduced/sites/hourly/BDock/res=1h",
    captures=("BDock",),
    schema=SCHEMA,
    rows=48,
    first=datetime(2024, 3, 1, tzinfo=UTC),
    last=datetime(2024, 3, 2, 23, tzinfo=UTC),
    export={"BDock": {"res=1h": [{"start_time": 1, "end_time": 2, "file": "data/a.parquet"}]}},
)

ORIGINAL = """\
var files = {
{%- for resolution, files in export[args[0]] %}
  "{{ resolution }}": [
  {%- for each in files %}
    {"start_time": {{ each.start_time }}, "file": FileAttachment("{{ each.file }}")},
  {%- endfor %}
  ],
{%- endfor %}
};
{% for key, fields in group(by="name",in=schema.fields) %}
{% set place = loop.index %}title: "{{ key }} {{ place }}", label: "{{ fields[0].unit }}",
  {%- for inst, ifields in group(by="instrument",in=fields) -%}
    {%- set field = ifields[0] -%}
    {% if ifields | length == 1 -%}
      line("{{ field.instrument }}.{{ field.name }}.{{ field.unit }}.{d.agg }}"),
    {% else -%}
      area("{{ field.instrument }}.{{ field.name }}.{{ field.unit }}.min"),
    {% endif -%}
  {%- endfor -%}
{% endfor %}
"""
"""What the original's pages are made of."""


def refusal(text: str, page: Page = PAGE) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        render_page(text, page)
    return caught.value


def refusal_early(text: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        check_template(text, name="data.md.tmpl")
    return caught.value


def test_a_template_of_the_original_works_as_it_is() -> None:
    check_template(ORIGINAL)
    page = render_page(ORIGINAL, PAGE)
    assert [line.strip() for line in page.splitlines() if line.strip()] == [
        "var files = {",
        '"res=1h": [',
        '{"start_time": 1, "file": FileAttachment("data/a.parquet")},',
        "],",
        "};",
        'title: "DO 1", label: "mg/L",area("Bottom.DO.mg/L.min"),',
        'area("Surface.DO.mg/L.min"),',
        'title: "Temperature 2", label: "C",area("Bottom.Temperature.C.min"),',
        'area("Surface.Temperature.C.min"),',
    ]


def test_without_an_export_it_works_too() -> None:
    page = render_page(ORIGINAL, Page(name="BDock.md", path="/a", schema=SCHEMA))
    assert page.startswith("var files = {\n};\n")


def test_the_schema_of_an_export_that_is_not_there_has_no_groups() -> None:
    text = '{% for k, f in group(by="name", in=export[args[0]]["x"].schema.fields) %}.{% endfor %}'
    assert render_page(text, Page(name="a.md", path="/a")) == ""


def test_a_page_tells_of_its_input() -> None:
    text = "{{ name }} {{ path }} {{ args[0] }} {{ rows }} {{ first | date }} {{ last }}"
    assert render_page(text, PAGE) == (
        "BDock.md /reduced/sites/hourly/BDock/res=1h BDock 48 2024-03-01 2024-03-02T23:00:00Z"
    )


def test_the_template_of_the_documentation_works() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "template.md").read_text(encoding="utf-8")
    text = documented.split("```jinja\n")[1].split("```")[0]
    check_template(text)
    page = render_page(text, PAGE)
    assert page.startswith("# BDock\n\n48 rows from 2024-03-01 to 2024-03-02 23:00.\n")
    assert "## DO (mg/L)\n\n- `Surface.DO.mg/L.avg`\n" in page


def test_an_empty_input_has_no_first_and_no_last() -> None:
    page = Page(name="a.md", path="/a")
    assert render_page("[{{ first }}] [{{ last | date }}] {{ columns }}", page) == "[] [] []"


def test_a_name_with_markup_is_escaped_in_html_and_as_json() -> None:
    schema = pa.schema([("<script>", pa.float64())])
    page = Page(name="a.html", path="/a", schema=schema)
    assert render_page("{{ columns[0] }} {{ columns | json_encode }}", page) == (
        '&lt;script&gt; ["\\u003cscript\\u003e"]'
    )


def test_the_same_page_comes_out_the_same() -> None:
    assert render_page(ORIGINAL, PAGE) == render_page(ORIGINAL, PAGE)


def test_an_error_names_the_page_and_the_line() -> None:
    assert str(refusal("a\n\n{{ schema.nope }}\n")).startswith("BDock.md, line 3: ")
    assert str(refusal("a\n{{ 1 / 0 }}")) == "BDock.md, line 2: division by zero"
    assert str(refusal("{{ args[0] }}\n{% if")).startswith("BDock.md, line 2: ")


def test_a_check_names_the_template_and_the_line() -> None:
    assert str(refusal_early("a\n{% endfor %}")).startswith("data.md.tmpl, line 2: ")


@pytest.mark.parametrize("text", ["{{ shcema }}", "{% for x in shcema.fields %}{% endfor %}"])
def test_a_name_that_no_page_knows_is_found_early(text: str) -> None:
    error = refusal_early(f"\n{text}")
    assert str(error) == "data.md.tmpl, line 2: 'shcema' is undefined"
    assert error.hint == "did you mean 'schema'?"


def test_what_a_page_knows_is_told_where_a_name_is_far_from_all_of_it() -> None:
    assert refusal_early("{{ weather }}").hint.startswith("a page knows args, columns, export")


@pytest.mark.parametrize("tag", ["include 'a'", "import 'a' as b", "from 'a' import b"])
def test_no_other_file_is_taken_in(tag: str) -> None:
    assert "stands alone" in str(refusal_early(f"{{% {tag} %}}"))
    refusal(f"{{% {tag} %}}")


def test_no_other_file_is_extended() -> None:
    assert "stands alone" in str(refusal_early("{% extends '/etc/passwd' %}"))


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("{% set_global x = 1 %}", "namespace"),
        ("{{ now() }}", "its input alone"),
        ("{{ __tera_context }}", "json_encode"),
        ("{{ columns | concat(with='a') }}", "x + [y]"),
        ("{{ schema.fields | group_by(attribute='name') }}", "group(by="),
        ("{{ columns | nth(n=0) }}", "x[0]"),
        ("{{ rows | as_str }}", "x | string"),
        ("{{ name | split(pat='.') }}", "x.split"),
        ("{{ name is starting_with('a') }}", "x.startswith"),
        ("{{ name is containing('a') }}", "y in x"),
        ("{{ schema is object }}", "x is mapping"),
        ("{{ `a` }}", "quotes"),
    ],
)
def test_what_tera_writes_otherwise_is_found_early_with_the_remedy(text: str, remedy: str) -> None:
    assert remedy in refusal_early(text).hint


@pytest.mark.parametrize("text", ["{{ name | default(value='-') }}", "{{ args | join(sep=',') }}"])
def test_arguments_that_tera_calls_otherwise_have_a_remedy(text: str) -> None:
    assert "Jinja calls the arguments" in refusal(text).hint


@pytest.mark.parametrize(
    "text",
    [
        "{{ ().__class__.__mro__ }}",
        "{{ args.append('x') }}",
        "{{ export.update(a=1) }}",
        "{{ group.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ ''.format.__self__ }}",
        "{{ '{0.__class__}'.format(1) }}",
    ],
)
def test_a_template_reaches_nothing_but_what_it_is_told(text: str) -> None:
    refusal(text)


def test_a_page_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_MOST_CHARACTERS", 10)
    assert render_page("0123456789", PAGE) == "0123456789"
    assert "more than 10 characters" in str(refusal("{{ '0123456789' }}!"))


def test_loops_are_bounded() -> None:
    text = "{% for i in range(2000) %}{% for j in range(2000) %}{% endfor %}{% endfor %}"
    error = refusal(text)
    assert str(error) == "BDock.md, line 1: the loops take more than 1000000 steps"
    assert error.hint


def test_a_range_is_bounded() -> None:
    refusal("{% for i in range(1000000000) %}{% endfor %}")


def test_a_macro_without_an_end_is_an_error() -> None:
    assert "recursion" in str(refusal("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"))
