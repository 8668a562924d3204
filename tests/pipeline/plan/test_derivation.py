"""How queries, pivots, templates and downsampling of them compile."""

from pathlib import Path

import pytest

from pond_core import ALWAYS
from pond_pipeline.plan import CombineStep, DeriveStep, PivotStep, ReduceStep, TemplateStep
from tests.pipeline.plan.kinds import (
    DERIVE,
    INBOX,
    MADE_UP,
    compiled,
    derive,
    only,
    pivot,
    reduce,
    refused,
    site,
    template,
)


def test_a_collection_of_queries_reads_files_that_a_run_finds() -> None:
    step = only(compiled(INBOX + DERIVE), DeriveStep)

    assert isinstance(step, DeriveStep)
    assert (step.outputs, step.inputs) == (("/derived/d/c",), ("/raw/in",))
    assert (step.pattern, step.cadence, step.timezone) == (
        "/raw/in/*.csv",
        None,
        "America/Los_Angeles",
    )


@pytest.mark.parametrize("pattern", ["/raw/m/a", "/raw/m/*", "/raw/*/a"])
def test_a_query_may_read_a_series(pattern: str) -> None:
    step = only(compiled(MADE_UP + derive(pattern)), DeriveStep)

    assert isinstance(step, DeriveStep)
    assert "/raw/m/a" in step.inputs
    assert step.timezone == "UTC"


def test_a_query_may_read_what_another_made() -> None:
    text = INBOX + DERIVE + derive("/derived/d/c/*").replace("name: d\n", "name: e\n")
    last = compiled(text).steps[-1]

    assert (last.outputs, last.inputs) == (("/derived/e/c",), ("/derived/d/c",))


@pytest.mark.parametrize("pattern", ["/derived/d/c/*", "/derived/d/*/x", "/derived/*/c/x[0-9]"])
def test_a_pattern_below_a_directory_means_what_a_run_finds_there(pattern: str) -> None:
    step = only(compiled(INBOX + DERIVE + site(pattern)), CombineStep)

    assert isinstance(step, CombineStep)
    (part,) = step.parts
    assert part.asset == "/derived/d/c"
    assert part.path == f"/derived/d/c/{pattern.rsplit('/', maxsplit=1)[-1]}"
    assert part.window == ALWAYS


def test_a_pattern_over_any_depth_means_itself_below_each_directory() -> None:
    step = only(compiled(INBOX + DERIVE + site("/derived/**")), CombineStep)

    assert isinstance(step, CombineStep)
    assert [(part.path, part.asset) for part in step.parts] == [("/derived/**", "/derived/d/c")]


def test_one_series_of_a_directory_can_be_downsampled() -> None:
    step = only(compiled(INBOX + DERIVE + reduce("/derived/d/c/x.csv")), ReduceStep)

    assert isinstance(step, ReduceStep)
    assert (step.series, step.inputs) == ("/derived/d/c/x.csv", ("/derived/d/c",))


def test_what_wildcards_stand_for_above_a_directory_names_a_dataset() -> None:
    text = INBOX + DERIVE + reduce("/derived/*/*/x").replace("out_pattern: x", "out_pattern: $1-$0")
    step = only(compiled(text), ReduceStep)

    assert isinstance(step, ReduceStep)
    assert step.outputs == ("/reduced/r/c/c-d/res=1h",)


def test_what_a_run_finds_cannot_be_named_before() -> None:
    assert refused(INBOX + DERIVE + reduce("/derived/d/c/*")) == (
        "17: spec.collections[0].datasets[0].in_pattern: what is below /derived/d/c shows only "
        "when it runs; name one series of it, or combine them into a site first"
    )


def test_a_downsample_has_buckets_by_the_clocks_of_its_zone() -> None:
    text = MADE_UP + reduce("/raw/m/a", ", timezone: America/Los_Angeles", resolutions="1d, 1mo")
    step = only(compiled(text), ReduceStep)

    assert isinstance(step, ReduceStep)
    assert [(each.text, each.grid.zone) for each in step.resolutions] == [
        ("1d", "America/Los_Angeles"),
        ("1mo", "America/Los_Angeles"),
    ]


def test_a_resolution_that_has_no_place_in_a_zone_is_an_error() -> None:
    text = MADE_UP + reduce("/raw/m/a", ", timezone: America/Los_Angeles", resolutions="7h")

    assert refused(text).startswith(
        "11: spec.collections[0].datasets[0].timezone: '7h' neither divides a day nor is whole days"
    )


def test_a_pivot_shows_sites_side_by_side() -> None:
    plan = compiled(MADE_UP + pivot("/raw/m/*", "label: $0, parameter: T, unit: C, aggregate: avg"))
    step = only(plan, PivotStep)

    assert isinstance(step, PivotStep)
    assert (step.outputs, step.inputs) == (("/pivoted/p/t",), ("/raw/m/a", "/raw/m/b"))
    assert [(part.path, part.label) for part in step.parts] == [
        ("/raw/m/a", "a"),
        ("/raw/m/b", "b"),
    ]
    assert step.meaning == {"parameter": "T", "unit": "C", "aggregate": "avg"}


def test_a_pivot_may_read_downsamples_and_directories() -> None:
    text = INBOX + DERIVE + MADE_UP + reduce("/raw/m/a")
    buckets = only(compiled(text + pivot("/reduced/*/*/*/res=1h", "column: v")), PivotStep)
    opened = only(compiled(text + pivot("/derived/d/c/*", "label: $0, column: v")), PivotStep)

    assert isinstance(buckets, PivotStep)
    assert isinstance(opened, PivotStep)
    assert (buckets.inputs, buckets.column) == (("/reduced/r/c/x/res=1h",), "v")
    assert [(part.path, part.label) for part in opened.parts] == [("/derived/d/c/*", "$0")]


def test_a_label_that_asks_for_a_missing_capture_is_an_error() -> None:
    message = refused(MADE_UP + pivot("/raw/m/*", "label: $1, parameter: T"))

    assert "correct these" not in message  # two series match, and it is told once

    assert message.startswith("8: spec.datasets[0].label: '$1' asks for $1")


def test_a_pivot_of_a_pivot_s_name_twice_is_an_error() -> None:
    one = "{name: t, in_pattern: /raw/m/a, column: v}"
    text = f"{MADE_UP}kind: Pivot\nname: p\nspec: {{datasets: [{one}, {one}]}}\n"

    assert "/pivoted/p/t is made in line 7 already" in refused(text)


@pytest.mark.parametrize("pattern", ["/raw/in/*.csv", "/raw/m/*", "/derived/d/c/*", "/reduced/**"])
def test_text_is_rendered_for_whatever_there_is(pattern: str) -> None:
    step = only(
        compiled(INBOX + DERIVE + MADE_UP + reduce("/raw/m/a") + template(pattern)), TemplateStep
    )

    assert isinstance(step, TemplateStep)
    assert (step.outputs, step.cadence) == (("/rendered/t/c",), None)
    assert (step.pattern, step.out_pattern, step.template) == (pattern, "$0", "x")


@pytest.mark.parametrize("name", ["../x", "/x", "a//$0", "$0/", "$0/../x", "."])
def test_a_page_that_would_lie_outside_of_its_collection_is_an_error(name: str) -> None:
    text = (MADE_UP + template("/raw/m/*")).replace("out_pattern: $0", f"out_pattern: {name}")
    message = refused(text)

    assert "spec.collections[0].out_pattern: " in message
    assert "is no path below the collection" in message


def test_a_page_s_name_that_asks_for_a_missing_capture_is_an_error() -> None:
    text = (MADE_UP + template("/raw/m/*")).replace("out_pattern: $0", "out_pattern: $1")

    assert "spec.collections[0].out_pattern: '$1' asks for $1" in refused(text)


def test_a_template_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# {{ name }}")
    text = MADE_UP + template("/raw/m/*", "template_file: page.md")
    before = only(compiled(text, root=tmp_path), TemplateStep)
    (tmp_path / "page.md").write_text("## {{ name }}")
    after = only(compiled(text, root=tmp_path), TemplateStep)

    assert isinstance(before, TemplateStep)
    assert isinstance(after, TemplateStep)
    assert before.template == "# {{ name }}"
    assert before.fingerprint != after.fingerprint


def test_a_template_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    text = MADE_UP + template("/raw/m/*", "template_file: page.md")

    assert refused(text, root=tmp_path) == (
        "8: spec.collections[0].template_file: page.md: No such file or directory; "
        "it is looked for beside resources.yaml"
    )


def test_a_template_file_whose_name_cannot_be_is_an_error(tmp_path: Path) -> None:
    text = MADE_UP + template("/raw/m/*", 'template_file: "a\\0b"')

    assert "is no name of a file" in refused(text, root=tmp_path)


def test_a_template_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_bytes(b"\xff")
    text = MADE_UP + template("/raw/m/*", "template_file: page.md")

    assert "page.md: is not UTF-8" in refused(text, root=tmp_path)
