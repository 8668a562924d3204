"""The original tool's files: what loads as it is, and what is told of the rest."""

from pathlib import Path

import pytest

from pond_pipeline.config import (
    BackupSpec,
    CombineSpec,
    DeriveSpec,
    Document,
    HydroVuSpec,
    InboxSpec,
    ReduceSpec,
    TemplateSpec,
    load_documents,
)
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import CombineStep, compile_plan
from tests.pipeline.config import original

TABLES = "the original tool's random tables are not made; remove it, and say `start` and `series`"


def load(text: str) -> Document:
    (document,) = load_documents(text, variables=original.VARIABLES)
    return document


def refused(text: str) -> list[str]:
    """Return the lines of the error of a text, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        load_documents(text, variables=original.VARIABLES)
    lines = str(caught.value).replace("resources.yaml:", "").splitlines()
    return lines if len(lines) > 1 else [f"{lines[0]}; {caught.value.hint}"]


def test_an_account_needs_a_start_and_nothing_else() -> None:
    assert refused(original.HYDROVU) == ["7: spec.start: is missing; add start: ..."]


def test_an_account_has_its_devices_and_its_variables() -> None:
    document = load(original.CONVERTED[0])

    assert isinstance(document.spec, HydroVuSpec)
    assert document.spec.key.template == "${env:HYDROVU_KEY}"
    assert [(each.name, each.id, each.scope) for each in document.spec.devices] == [
        ("AT500_1", 6154708427603968, "AT500_Surface"),
        ("VuLink1", 5877040213786624, "Vulink"),
    ]
    assert document.spec.devices[0].comment == "at the dock"


def test_variables_in_metadata_are_left_alone() -> None:
    assert load(original.CONVERTED[0]).metadata == {"path": "{{ not_expanded }}"}


def test_a_variable_without_a_value_is_told_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"the variable 'key' has no value \(give it: -v key="):
        load_documents(original.CONVERTED[0])


def test_an_inbox_has_an_absolute_glob() -> None:
    spec = load(original.INBOX).spec

    assert isinstance(spec, InboxSpec)
    assert spec.pattern.resolve({}) == "/srv/laboratory/**/*.csv"


def test_random_tables_are_told_as_what_is_not_made() -> None:
    assert [line for line in refused(original.SCRIBBLE) if "count_min" in line] == [
        f"6: spec.count_min: is no known key ({TABLES.replace('; ', '; ')})"
    ]
    assert len(refused(original.SCRIBBLE)) == 5


def test_a_query_reads_an_inbox() -> None:
    spec = load(original.DERIVE).spec

    assert isinstance(spec, DeriveSpec)
    assert spec.collections[0].pattern == "/raw/exports/surface*.csv"
    assert "read_csv('$1')" in spec.collections[0].query


def test_scopes_are_sites_and_series_are_inputs() -> None:
    spec = load(original.COMBINE).spec

    assert isinstance(spec, CombineSpec)
    assert [each.pattern for each in spec.sites[0].inputs] == [
        "/derived/laboratory/surface/*",
        "/normalized/noyo/AT500_1",
        "/normalized/noyo/VuLink*",
    ]


def test_downsamples_read_sites_and_instruments() -> None:
    spec = load(original.REDUCE).spec

    assert isinstance(spec, ReduceSpec)
    assert [each.in_pattern for each in spec.collections[0].datasets] == [
        "/combined/*/*",
        "/normalized/noyo/*",
    ]


def test_a_template_keeps_its_braces() -> None:
    spec = load(original.TEMPLATE).spec

    assert isinstance(spec, TemplateSpec)
    first, second = spec.collections
    assert first.in_pattern == "/reduced/*/*/*/res=1h"
    assert "{{ args[0] }}" in (first.template or "")
    assert (second.in_pattern, second.template_file) == ("/combined/*/*", "page.md.tmpl")


def test_a_backup_keeps_its_bucket() -> None:
    spec = load(original.BACKUP).spec

    assert isinstance(spec, BackupSpec)
    assert (str(spec.bucket), str(spec.region)) == ("noyo", "us-west-2")
    assert (str(spec.endpoint), str(spec.secret)) == (
        "https://s3.example.com",
        "${env:HYDROVU_SECRET}",
    )


def test_a_copy_needs_a_place_to_go_to() -> None:
    assert refused(original.COPY) == [
        "5: spec.to: is missing (add to: ...)",
        (
            "11: spec.backup_uuid: is not supported by this version yet "
            "(remove it: to ignore it would give wrong data)"
        ),
    ]


@pytest.mark.parametrize(
    ("former", "ours"),
    [
        ("/HydroVu/noyo/data/AT500_1", "/normalized/noyo/AT500_1"),
        ("/HydroVu/noyo/data/AT500_1-6154708427603968", "/normalized/noyo/AT500_1"),
        ("/HydroVu/noyo/data/FB-Surface-1084669", "/normalized/noyo/FB-Surface-1084669"),
        ("/HydroVu/*/data/AT500*", "/normalized/*/AT500*"),
        ("/HydroVu/noyo/params", "/raw/noyo/parameters"),
        ("/HydroVu/noyo/units", "/raw/noyo/units"),
        ("/HydroVu/noyo/locations", "/raw/noyo/locations"),
        ("/Inbox/in/**/*.csv", "/raw/in/**/*.csv"),
        ("/Derive/n/c/*", "/derived/n/c/*"),
        ("/Derive/*/*/*", "/derived/*/*/*"),
        ("/Combine/*/*/combine", "/combined/*/*"),
        ("/Combine/n/Field?/combine", "/combined/n/Field?"),
        ("/Reduce/*/*/*/res=1h", "/reduced/*/*/*/res=1h"),
        ("/Reduce/n/c/o/*", "/reduced/n/c/o/*"),
        ("/Template/n/c/*.md", "/rendered/n/c/*.md"),
    ],
)
def test_its_paths_are_ours_with_as_many_wildcards(former: str, ours: str) -> None:
    text = original.REDUCE.replace("/Combine/*/*/combine", f'"{former}"')
    spec = load(text).spec

    assert isinstance(spec, ReduceSpec)
    assert spec.collections[0].datasets[0].in_pattern == ours


def test_what_a_directory_of_queries_holds_cannot_be_downsampled_by_itself(tmp_path: Path) -> None:
    text = original.REDUCE.replace("/Combine/*/*/combine", "/Derive/laboratory/surface/*")
    documents = load_documents(
        "---\n".join([*original.CONVERTED[:4], text]), variables=original.VARIABLES
    )
    with pytest.raises(ConfigError) as caught:
        compile_plan(documents, root=tmp_path)

    assert "what is below /derived/laboratory/surface shows only when it runs" in str(caught.value)
    assert "combine them into a site first" in caught.value.hint


def test_a_file_that_is_converted_as_its_errors_say_compiles(tmp_path: Path) -> None:
    (tmp_path / "page.md.tmpl").write_text("# {{ args[0] }}")
    documents = load_documents("---\n".join(original.CONVERTED), variables=original.VARIABLES)
    plan = compile_plan(documents, root=tmp_path)

    (site,) = (step for step in plan.steps if isinstance(step, CombineStep))
    assert site.outputs == ("/combined/noyo/FieldStation",)
    assert [part.scope for part in site.parts] == [None, "AT500_Surface", "Vulink"]
    assert {step.kind for step in plan.steps} >= {"inbox", "scribble", "derive", "template"}
    assert [type(service).__name__ for service in plan.services] == ["Backup", "Copy"]
