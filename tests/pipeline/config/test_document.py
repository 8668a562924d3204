from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Aggregate, Resolution
from pond_pipeline.config import (
    CombineSpec,
    Document,
    HydroVuSpec,
    Kind,
    LakeTechSpec,
    ReduceSpec,
    load_documents,
    read_documents,
)
from pond_pipeline.errors import ConfigError
from tests.pipeline.config.documents import COMBINE, HYDROVU, LAKETECH, REDUCE, refused


def load(text: str) -> Document:
    (document,) = load_documents(text)
    return document


def test_a_hydrovu_account_has_defaults() -> None:
    spec = load(HYDROVU).spec

    assert isinstance(spec, HydroVuSpec)
    assert spec.base_url.resolve({}) == "https://www.hydrovu.com"
    assert spec.clock_floor == datetime(2000, 1, 1, tzinfo=UTC)
    assert spec.overlap == timedelta(days=3)
    assert spec.schedule is None
    assert spec.devices == ()


def test_an_instrument_says_all_that_it_may() -> None:
    text = (
        "  devices:\n"
        "    - {name: A, id: '6154708427603968', scope: S, interval: 1h, start: 2024-05-01,\n"
        "       until: 2025-01-01T08:00-08:00, active: no, comment: c,\n"
        "       clock: America/Los_Angeles}\n"
    )
    spec = load(HYDROVU + text).spec

    assert isinstance(spec, HydroVuSpec)
    (found,) = spec.devices
    assert found.id == 6154708427603968
    assert found.interval == timedelta(hours=1)
    assert found.start == datetime(2024, 5, 1, tzinfo=UTC)
    assert found.until == datetime(2025, 1, 1, 16, tzinfo=UTC)
    assert found.active is False
    assert found.clock == "America/Los_Angeles"


def test_a_folder_of_exports_names_its_places() -> None:
    spec = load(
        LAKETECH + "  timezone: UTC-08:00\n  locations: [{name: A, match: 'A-*', scope: S}]\n"
    ).spec

    assert isinstance(spec, LakeTechSpec)
    assert spec.timezone == "UTC-08:00"
    assert [(place.name, place.match, place.scope) for place in spec.locations] == [
        ("A", "A-*", "S")
    ]


def test_a_downsample_has_four_aggregates_unless_it_says_otherwise() -> None:
    spec = load(
        REDUCE + "      resolutions: [1h]\n"
        "      datasets: [{in_pattern: /combined/a/b, out_pattern: b},\n"
        "                 {in_pattern: /combined/a/c, out_pattern: c, aggregates: [sum, last]}]\n"
    ).spec

    assert isinstance(spec, ReduceSpec)
    first, second = spec.collections[0].datasets
    assert spec.collections[0].resolutions == (Resolution.parse("1h"),)
    assert first.aggregates == ("avg", "min", "max", "count")
    assert second.aggregates == (Aggregate.SUM, Aggregate.LAST)


def test_a_document_keeps_what_people_say_about_it() -> None:
    document = load(
        HYDROVU.replace("name: noyo", "name: noyo\ndesc: Harbor\nmetadata: {renamedFrom: old}")
    )

    assert document.kind is Kind.HYDROVU
    assert (document.name, document.desc) == ("noyo", "Harbor")
    assert document.metadata == {"renamedFrom": "old"}


def test_what_is_left_out_is_empty() -> None:
    document = load(LAKETECH)

    assert (document.desc, dict(document.metadata)) == ("", {})


@pytest.mark.parametrize(
    "version", ["duckpond/v1", "www.hydrovu.com/v1", "github.com/jmacd/duckpond/v1"]
)
def test_the_original_tools_versions_are_read(version: str) -> None:
    assert load(HYDROVU.replace("duckpond/v1", version)).name == "noyo"


def test_a_name_is_normalized() -> None:
    assert load(LAKETECH.replace("name: fb", 'name: "e\\u0301"')).name == "\u00e9"


def test_loading_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROVU_SECRET", "hunter2")
    monkeypatch.delenv("HYDROVU_KEY", raising=False)
    spec = load(HYDROVU).spec

    assert isinstance(spec, HydroVuSpec)
    assert spec.secret.template == "${env:HYDROVU_SECRET}"
    assert spec.secret.resolve({"HYDROVU_SECRET": "given later"}) == "given later"


def test_a_secret_in_the_clear_is_accepted_and_never_shown() -> None:
    document = load(HYDROVU.replace("${env:HYDROVU_SECRET}", "hunter2"))

    assert isinstance(document.spec, HydroVuSpec)
    assert document.spec.secret.resolve({}) == "hunter2"
    assert "hunter2" not in f"{document!r} {document.spec} {document.spec.secret}"


@pytest.mark.parametrize(
    "secret", ["[hunter2]", "{hunter2: hunter2}", "a${hunter2", "'${env:hunter2'"]
)
def test_a_wrong_secret_is_not_shown(secret: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_documents(HYDROVU.replace("${env:HYDROVU_SECRET}", secret))

    assert "resources.yaml:6: spec.secret" in str(caught.value)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None


def test_variables_are_replaced_before_values_are_checked() -> None:
    text = HYDROVU.replace("2024-03-01", '"{{ start }}"')
    (document,) = load_documents(text, variables={"start": "2024-06-01"})

    assert isinstance(document.spec, HydroVuSpec)
    assert document.spec.start == datetime(2024, 6, 1, tzinfo=UTC)


def test_the_originals_spelling_of_sites_and_inputs_is_read() -> None:
    spec = load(
        "kind: Combine\nname: c\nspec:\n  scopes:\n    - name: s\n"
        "      series: [{pattern: /Derive/d/surface/FB}]\n"
    ).spec

    assert isinstance(spec, CombineSpec)
    assert spec.sites[0].inputs[0].pattern == "/derived/d/surface/FB"


@pytest.mark.parametrize(
    ("former", "ours"),
    [
        ("/HydroVu/n/data/d", "/normalized/n/d"),
        ("/HydroVu/n/data/d-6154708427603968", "/normalized/n/d"),
        ("/HydroVu/n/data/FB-1084669", "/normalized/n/FB-1084669"),
        ("/HydroVu/n/data/*", "/normalized/n/*"),
        ("/Inbox/n", "/raw/n"),
        ("/Derive/n/c/x", "/derived/n/c/x"),
        ("/Combine/n/s/combine", "/combined/n/s"),
        ("/Combine/*/*/combine", "/combined/*/*"),
        ("/Reduce/n/c/o", "/reduced/n/c/o"),
        ("/normalized/n/d", "/normalized/n/d"),
    ],
)
def test_the_originals_paths_are_rewritten(former: str, ours: str) -> None:
    spec = load(COMBINE + f"        - pattern: {former}\n").spec

    assert isinstance(spec, CombineSpec)
    assert spec.sites[0].inputs[0].pattern == ours


def test_a_wrong_key_under_the_originals_spelling_is_named_as_written() -> None:
    text = "kind: Combine\nname: c\nspec:\n  scopes:\n    - name: s\n      series: [{patern: /x}]\n"
    missing, unknown = refused(text).splitlines()

    assert missing == (
        "resources.yaml:6: spec.scopes[0].series[0].pattern: is missing (add pattern: ...)"
    )
    assert unknown == (
        "resources.yaml:6: spec.scopes[0].series[0].patern: is no known key "
        "(did you mean 'pattern'?); correct these 2 places"
    )


def test_a_file_is_read_under_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "harbor.yaml"
    file.write_text("\ufeff" + HYDROVU + LAKETECH.join(["---\n", ""]), encoding="utf-8")
    first, second = read_documents(file)

    assert first.location.file == "harbor.yaml"
    assert second.name == "fb"


def test_a_missing_file_is_an_error_that_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file") as caught:
        read_documents(tmp_path / "resources.yaml")

    assert caught.value.hint == (
        "go to the folder that holds it, or name it: -f FILE; or begin: pond init --template well"
    )


def test_a_file_that_is_in_a_folder_above_is_named(tmp_path: Path) -> None:
    (tmp_path / "resources.yaml").touch()
    below = tmp_path / "site" / "harbor"
    below.mkdir(parents=True)

    with pytest.raises(ConfigError) as caught:
        read_documents(below / "resources.yaml")

    assert caught.value.hint == f"there is one in {tmp_path}: go there first"


def test_a_folder_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        read_documents(tmp_path)


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "resources.yaml"
    file.write_bytes(b"kind: Site\nname: \xff\n")

    with pytest.raises(ConfigError, match=r"resources\.yaml:2: not UTF-8"):
        read_documents(file)
