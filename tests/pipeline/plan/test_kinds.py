"""How inboxes, made-up readings, queries, pivots, templates and services compile."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pond_core import ALWAYS
from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import (
    Alert,
    Backup,
    CombineStep,
    Copy,
    DeriveStep,
    InboxStep,
    PivotStep,
    Plan,
    ReduceStep,
    TemplateStep,
    compile_plan,
)

ROOT = Path("/pond")

INBOX = "kind: Inbox\nname: in\nspec: {pattern: 'inbox/*.csv'}\n---\n"
MADE_UP = "kind: Scribble\nname: m\nspec: {start: 2024-03-10, series: [a, b]}\n---\n"
DERIVE = """\
kind: Derive
name: d
spec:
  start: 2024-01-15
  collections: [{name: c, pattern: /raw/in/*.csv, query: FROM $1, timezone: America/Los_Angeles}]
---
"""


def compiled(text: str, *, root: Path = ROOT) -> Plan:
    return compile_plan(load_documents(text), root=root)


def refused(text: str, *, root: Path = ROOT) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text, root=root)
    return f"{caught.value}; {caught.value.hint}".removeprefix("resources.yaml:")


def site(*patterns: str) -> str:
    inputs = ", ".join(f"{{pattern: '{each}'}}" for each in patterns)
    return f"kind: Combine\nname: c\nspec:\n  sites: [{{name: x, inputs: [{inputs}]}}]\n---\n"


def reduce(pattern: str, more: str = "", resolutions: str = "1h") -> str:
    return (
        "kind: Reduce\nname: r\nspec:\n  collections:\n    - name: c\n"
        f"      resolutions: [{resolutions}]\n"
        f"      datasets: [{{in_pattern: '{pattern}', out_pattern: x{more}}}]\n---\n"
    )


def pivot(pattern: str, more: str = "parameter: T") -> str:
    return (
        "kind: Pivot\nname: p\nspec:\n"
        f"  datasets: [{{name: t, in_pattern: '{pattern}', {more}}}]\n---\n"
    )


def derive(pattern: str, more: str = "") -> str:
    return (
        f"kind: Derive\nname: d\nspec:\n{more}"
        f"  collections: [{{name: c, pattern: '{pattern}', query: FROM $1}}]\n---\n"
    )


def template(pattern: str, more: str = "template: x") -> str:
    return (
        "kind: Template\nname: t\nspec:\n"
        f"  collections: [{{name: c, in_pattern: '{pattern}', out_pattern: $0, {more}}}]\n---\n"
    )


def only(plan: Plan, kind: type) -> object:
    (step,) = (step for step in plan.steps if isinstance(step, kind))
    return step


def test_an_inbox_is_one_asset_without_partitions() -> None:
    plan = compiled(INBOX)
    step = only(plan, InboxStep)

    assert isinstance(step, InboxStep)
    assert (step.outputs, step.inputs, step.cadence) == (("/raw/in",), (), None)
    assert step.source.folder.host_pattern({}) == Path("/pond/inbox/*.csv")
    assert plan.start is None


def test_an_inbox_may_be_anywhere_on_the_machine() -> None:
    step = only(compiled(INBOX.replace("inbox/*.csv", "/srv/*/x.csv")), InboxStep)

    assert isinstance(step, InboxStep)
    assert step.source.folder.host_pattern({}) == Path("/srv/*/x.csv")


def test_each_series_of_made_up_readings_is_an_asset() -> None:
    plan = compiled(MADE_UP)

    assert [step.outputs for step in plan.steps] == [("/raw/m/a",), ("/raw/m/b",)]
    assert len({step.fingerprint for step in plan.steps}) == 2
    assert plan.start == date(2024, 3, 1)


def test_made_up_readings_can_be_combined_and_downsampled() -> None:
    plan = compiled(MADE_UP + site("/raw/m/*") + reduce("/raw/m/a"))

    combined, reduced = only(plan, CombineStep), only(plan, ReduceStep)
    assert isinstance(combined, CombineStep)
    assert isinstance(reduced, ReduceStep)
    assert combined.inputs == ("/raw/m/a", "/raw/m/b")
    assert reduced.series == "/raw/m/a"


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INBOX + site("/raw/in/*"), "/raw/in cannot be read here: it is a directory of files"),
        (INBOX + derive("/raw/in"), "/raw/in is a directory of files; name what lies in it"),
        (INBOX + reduce("/raw/in/x"), "/raw/in cannot be read here: it is a directory of files"),
        (INBOX + pivot("/raw/out/x"), "'/raw/out/x' matches nothing"),
        (derive("/raw/in/*"), "'/raw/in/*' matches nothing"),
        (template("/combined/c/x"), "'/combined/c/x' matches nothing"),
        (
            INBOX + DERIVE + site("/derived/d/c"),
            "/derived/d/c is a directory of series; name what lies in it: /derived/d/c/*",
        ),
    ],
)
def test_a_pattern_that_cannot_be_read_is_an_error(text: str, message: str) -> None:
    assert message in refused(text)


def test_what_is_derived_of_files_alone_needs_a_start() -> None:
    text = INBOX + derive("/raw/in/*")

    assert compiled(text).start is None
    began = text.replace("spec:\n", "spec:\n  start: 2024-02-01\n")
    assert compiled(began).start == date(2024, 2, 1)
    assert refused(text + site("/derived/d/c/*")) == (
        "13: spec.sites[0].name: its first partition is not known; "
        "give the Derive that it reads `start`"
    )


def test_a_derived_series_takes_its_partitions_from_its_inputs() -> None:
    daily = MADE_UP.replace("series:", "cadence: daily, series:")
    steps = compiled(
        daily + site("/raw/m/*") + reduce("/combined/c/x") + pivot("/combined/c/x")
    ).steps

    assert {step.cadence for step in steps} == {"daily"}


def test_series_of_two_cadences_cannot_be_joined() -> None:
    daily = MADE_UP.replace("name: m", "name: n").replace("series:", "cadence: daily, series:")

    assert refused(MADE_UP + daily + site("/raw/m/a", "/raw/n/a")) == (
        "12: spec.sites[0].name: its inputs have partitions of two lengths: "
        "/raw/m/a monthly and /raw/n/a daily; give their sources one `cadence`"
    )


def test_a_directory_goes_with_any_cadence() -> None:
    daily = MADE_UP.replace("series:", "cadence: daily, series:")
    step = only(compiled(INBOX + DERIVE + daily + site("/raw/m/a", "/derived/d/c/*")), CombineStep)

    assert isinstance(step, CombineStep)
    assert step.cadence == "daily"


def test_a_plan_of_years_begins_in_the_month_of_its_source() -> None:
    plan = compiled(MADE_UP.replace("series:", "cadence: yearly, series:"))

    assert (plan.start, plan.steps[0].cadence) == (date(2024, 3, 1), "yearly")


def test_services_write_nothing_into_the_pond() -> None:
    text = (
        "kind: Backup\nname: b\ndesc: Away\nmetadata: {owner: lab}\n"
        "spec: {folder: backup, schedule: '0 3 * * *'}\n---\n"
        "kind: Copy\nname: c\nspec: {folder: backup, to: copy}\n---\n"
        "kind: Alert\nname: b\nspec: {conditions: [{when: run_failed}], channels: [{ntfy: x}]}\n"
    )
    plan = compiled(text)
    backup, copy, alert = plan.services

    assert (plan.steps, plan.sources) == ((), ())
    assert isinstance(backup, Backup)
    assert isinstance(copy, Copy)
    assert isinstance(alert, Alert)
    assert alert.grace == timedelta(minutes=30)
    assert (backup.root, backup.schedule, backup.after_changes) == (ROOT, "0 3 * * *", True)
    assert (backup.owners, backup.description) == (("team:lab",), "A backup of the pond.\n\nAway")
    assert (str(copy.place.folder), copy.to.template) == ("backup", "copy")


def test_a_backup_and_a_copy_cannot_have_one_name() -> None:
    text = (
        "kind: Backup\nname: b\nspec: {folder: x}\n---\n"
        "kind: Copy\nname: b\nspec: {folder: x, to: y}\n"
    )

    assert refused(text).startswith("6: name: the Backup in line 2 is named 'b' already")


@pytest.mark.parametrize("kind", ["HydroVu", "LakeTech", "Scribble"])
def test_no_two_sources_share_a_name(kind: str) -> None:
    specs = {
        "HydroVu": "{key: k, secret: s, start: 2024-01-01}",
        "LakeTech": "{pattern: x, start: 2024-01-01}",
        "Scribble": "{start: 2024-01-01, series: [a]}",
    }
    text = f"{INBOX}kind: {kind}\nname: in\nspec: {specs[kind]}\n"

    assert "the Inbox in line 2 is named 'in' already" in refused(text)


def test_each_source_is_told_by_its_kind() -> None:
    assert [type(source).__name__ for source in compiled(INBOX + MADE_UP).sources] == [
        "InboxSource",
        "ScribbleSource",
    ]
