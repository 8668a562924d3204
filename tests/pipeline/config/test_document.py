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

HYDROVU = """\
apiVersion: duckpond/v1
kind: HydroVu
name: noyo
spec:
  key: ${env:HYDROVU_KEY}
  secret: ${env:HYDROVU_SECRET}
  start: 2024-03-01
"""

LAKETECH = "kind: LakeTech\nname: fb\nspec:\n  pattern: x/*.htm\n  start: 2024-01-01\n"

COMBINE = "kind: Combine\nname: c\nspec:\n  sites:\n    - name: s\n      inputs:\n"

REDUCE = "kind: Reduce\nname: r\nspec:\n  collections:\n    - name: c\n"

# Ends of messages that several tests expect.
RANGE = "no instant lies between; the end of a range is not part of it"
NO_LETTER = "holds a '/' or a character that cannot be printed; "
NO_ID = (
    "expected a location id, a whole number; HydroVu shows it; `pond hydrovu locations` lists all"
)
NO_SERVER = "is no address of a server; write it as https://www.hydrovu.com"
VERSIONS = "duckpond/v1, www.hydrovu.com/v1, github.com/jmacd/duckpond/v1"
KEYS = "name, id, scope, interval, start, until, active, clock, columns, comment"
REFERENCE = "${env:NAME} or ${env:NAME:-default}"


def load(text: str) -> Document:
    (document,) = load_documents(text)
    return document


def refused(text: str) -> str:
    """Return the error of a text with its hint."""
    with pytest.raises(ConfigError) as caught:
        load_documents(text)
    return f"{caught.value}; {caught.value.hint}"


def device(text: str) -> str:
    return refused(f"{HYDROVU}  devices:\n    - {{{text}}}\n").removeprefix("resources.yaml:9: ")


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: A, id: x1", f"spec.devices[0].id: {NO_ID}"),
        ("name: A, id: 1.0", f"spec.devices[0].id: {NO_ID}"),
        ("name: A, id: yes", f"spec.devices[0].id: {NO_ID}"),
        (
            "name: A, id: 9223372036854775808",
            "spec.devices[0].id: a location id lies between 1 and 9223372036854775807; ",
        ),
        (
            "name: A, id: 0",
            "spec.devices[0].id: a location id lies between 1 and 9223372036854775807; ",
        ),
        ("name: A", "spec.devices[0].id: is missing; add id: ..."),
        (
            "name: 7, id: 1",
            "spec.devices[0].name: expected text, found a number; write it in quotes",
        ),
        (
            "name: no, id: 1",
            "spec.devices[0].name: expected text, found true or false; write it in quotes",
        ),
        ("name: , id: 1", "spec.devices[0].name: expected text, found nothing; "),
        ("name: [a], id: 1", "spec.devices[0].name: expected text, found a list; "),
        ("name: '', id: 1", "spec.devices[0].name: '' is no name; give it a name such as AT500_1"),
        (
            "name: .., id: 1",
            "spec.devices[0].name: '..' is no name; give it a name such as AT500_1",
        ),
        ("name: a/b, id: 1", f"spec.devices[0].name: the name 'a/b' {NO_LETTER}"),
        ('name: "a\\0b", id: 1', f"spec.devices[0].name: the name 'a\\x00b' {NO_LETTER}"),
        ('name: "\\ud800", id: 1', f"spec.devices[0].name: the name '\\ud800' {NO_LETTER}"),
        ("name: $a, id: 1", "spec.devices[0].name: the name '$a' begins with '$'; "),
        (
            "name: '${env:A}', id: 1",
            (
                "spec.devices[0].name: the name '${env:A}' begins with '$'; ${env:...} is "
                "read in key, secret, base_url and pattern only"
            ),
        ),
        (
            f"name: {'a' * 101}, id: 1",
            "spec.devices[0].name: the name has more than 100 letters; shorten it",
        ),
        ("name: A, id: 1, scop: S", "spec.devices[0].scop: is no known key; did you mean 'scope'?"),
        ("name: A, id: 1, x: S", f"spec.devices[0].x: is no known key; known: {KEYS}"),
        (
            "name: A, id: 1, active: 1",
            "spec.devices[0].active: expected true or false, found a number; ",
        ),
        (
            "name: A, id: 1, interval: 60",
            "spec.devices[0].interval: expected text, found a number; write it in quotes",
        ),
        (
            "name: A, id: 1, start: 2024-05-01, until: 2024-05-01",
            f"spec.devices[0].until: is not after start (2024-05-01T00:00Z): {RANGE}",
        ),
    ],
)
def test_a_wrong_instrument_is_an_error(text: str, message: str) -> None:
    assert device(text) == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "duckpond/v1",
            "duckpond/v2",
            f"resources.yaml:1: apiVersion: 'duckpond/v2' is not known; write one of {VERSIONS}",
        ),
        (
            "kind: HydroVu",
            "kind: Hydrovu",
            "resources.yaml:2: kind: 'Hydrovu' is no kind of resource; did you mean 'HydroVu'?",
        ),
        (
            "kind: HydroVu",
            "kind: Thing",
            (
                "resources.yaml:2: kind: 'Thing' is no kind of resource; write one of "
                f"{', '.join(Kind)}"
            ),
        ),
        (
            "kind: HydroVu",
            "kind: [HydroVu]",
            "resources.yaml:2: kind: expected the name of a kind; ",
        ),
        ("kind: HydroVu\n", "", "resources.yaml:1: kind: is missing; add kind: ..."),
        ("name: noyo\n", "", "resources.yaml:1: name: is missing; add name: ..."),
        (
            "name: noyo",
            "name: noyo\nmetadata: {a: 1}",
            "resources.yaml:4: metadata.a: expected text, found a number; write it in quotes",
        ),
        (
            "name: noyo",
            "name: noyo\nmetadata: x",
            "resources.yaml:4: metadata: expected a mapping, found text; ",
        ),
        (
            "name: noyo",
            "name: noyo\ndescr: x",
            "resources.yaml:4: descr: is no known key; did you mean 'desc'?",
        ),
        ("  start: 2024-03-01\n", "", "resources.yaml:4: spec.start: is missing; add start: ..."),
        (
            "2024-03-01",
            "1999-01-01",
            (
                "resources.yaml:7: spec.start: is before clock_floor (2000-01-01): no "
                "reading would count until then; begin later, or lower clock_floor"
            ),
        ),
        (
            "2024-03-01",
            "2024-03-01\n  units: {Depth: metres}",
            (
                "resources.yaml:8: spec.units.Depth: 'metres' is no unit that is known; "
                "did you mean 'm'?"
            ),
        ),
        (
            "2024-03-01",
            "2024-03-01\n  devices: 3",
            "resources.yaml:8: spec.devices: expected a list, found a number; ",
        ),
        (
            "2024-03-01",
            "2024-03-01\n  devices: [3]",
            "resources.yaml:8: spec.devices[0]: expected a mapping, found a number; ",
        ),
        (
            "2024-03-01",
            "2024-03-01\n  base_url: hydrovu.com",
            f"resources.yaml:8: spec.base_url: {NO_SERVER}",
        ),
        (
            "2024-03-01",
            "2024-03-01\n  base_url: 'http://[x'",
            f"resources.yaml:8: spec.base_url: {NO_SERVER}",
        ),
        (
            "2024-03-01",
            "2024-03-01\n  base_url: https://me:hunter2@hydrovu.com",
            (
                "resources.yaml:8: spec.base_url: holds a user or a password; give them as "
                "key and secret"
            ),
        ),
        ("${env:HYDROVU_KEY}", "''", "resources.yaml:5: spec.key: must not be empty; "),
        (
            "${env:HYDROVU_KEY}",
            "${HYDROVU_KEY}",
            (
                f"resources.yaml:5: spec.key: '${{' begins no reference to the environment; "
                f"write {REFERENCE}"
            ),
        ),
    ],
)
def test_a_wrong_resource_is_an_error(old: str, new: str, message: str) -> None:
    assert refused(HYDROVU.replace(old, new)) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "pattern: normalized/x",
            "pattern: 'normalized/x' is no pond path; begin it with '/': /normalized/noyo/*",
        ),
        (
            "pattern: '/normalized/[x'",
            "pattern: '/normalized/[x' has a '[' that is not closed; write '[[]' for a '['",
        ),
        (
            "pattern: /x, begin: 2024-05-01, end: 2024-04-01",
            f"end: is not after begin (2024-05-01T00:00Z): {RANGE}",
        ),
        ("pattern: /x, priority: high", "priority: expected a whole number, found text; "),
        ("pattern: /x, rename: {a: c, b: c}", "rename: two columns get one name; "),
    ],
)
def test_a_wrong_input_of_a_site_is_an_error(text: str, message: str) -> None:
    assert refused(COMBINE + f"        - {{{text}}}\n") == (
        f"resources.yaml:7: spec.sites[0].inputs[0].{message}"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("latitude: 91", "latitude: should be less than or equal to 90; "),
        ("longitude: .nan", "longitude: should be less than or equal to 180; "),
        ("latitude: '39'", "latitude: expected a number, found text; "),
        ("timezone: PST8", "timezone: 'PST8' is no time zone; did you mean 'PST8PDT'?"),
    ],
)
def test_a_wrong_site_is_an_error(text: str, message: str) -> None:
    assert refused(COMBINE + f"        - pattern: /x\n      {text}\n") == (
        f"resources.yaml:8: spec.sites[0].{message}"
    )


@pytest.mark.parametrize(
    ("resolutions", "dataset", "message"),
    [
        (
            "1h",
            "out_pattern: a, aggregates: [mean]",
            (
                "7: spec.collections[0].datasets[0].aggregates[0]: 'mean' is no aggregate; "
                "write one of avg, min, max, count, sum, first, last"
            ),
        ),
        (
            "1h",
            "out_pattern: a, aggregates: [avg, avg]",
            (
                "7: spec.collections[0].datasets[0].aggregates: 'avg' is given twice; "
                "remove one of them"
            ),
        ),
        (
            "1h",
            "out_pattern: a, columns: []",
            "7: spec.collections[0].datasets[0].columns: must not be empty; ",
        ),
        (
            "1h",
            "out_pattern: ''",
            "7: spec.collections[0].datasets[0].out_pattern: must not be empty; ",
        ),
        (
            "1h",
            "out_pattern: a, timezone: America/LosAngeles",
            (
                "7: spec.collections[0].datasets[0].timezone: 'America/LosAngeles' is no time "
                "zone; did you mean 'America/Los_Angeles'?"
            ),
        ),
        (
            "1h",
            "out_pattern: a, exclude_flags: [x]",
            (
                "7: spec.collections[0].datasets[0].exclude_flags[0]: expected a QARTOD flag; "
                "3 is suspect, 4 is fail; also 1, 2 and 9"
            ),
        ),
        ("", "out_pattern: a", "6: spec.collections[0].resolutions: must not be empty; "),
        (
            "1h, 1h",
            "out_pattern: a",
            "6: spec.collections[0].resolutions: '1h' is given twice; remove one of them",
        ),
        (
            "hourly",
            "out_pattern: a",
            (
                "6: spec.collections[0].resolutions[0]: 'hourly' is no resolution; write "
                "e.g. 15m, 1h, 24h, 7d, 1w, 1mo, 1q or 1y"
            ),
        ),
    ],
)
def test_a_wrong_downsample_is_an_error(resolutions: str, dataset: str, message: str) -> None:
    text = f"      resolutions: [{resolutions}]\n      datasets: [{{in_pattern: /x, {dataset}}}]\n"

    assert refused(REDUCE + text) == f"resources.yaml:{message}"


def test_a_document_that_is_no_mapping_is_an_error() -> None:
    assert refused("- 1\n") == "resources.yaml:1: expected a mapping, found a list; "


def test_a_spec_that_is_nothing_is_an_error() -> None:
    assert refused("kind: LakeTech\nname: a\nspec:\n") == (
        "resources.yaml:3: spec: expected a mapping, found nothing; "
    )


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    text = HYDROVU.replace("2024-03-01", "soon") + "---\nkind: Combin\nname: a/b\nspec: {}\n"

    assert refused(text).splitlines() == [
        (
            "resources.yaml:7: spec.start: 'soon' is no instant "
            "(write 2024-03-01 or 2025-10-16T21:00Z)"
        ),
        "resources.yaml:9: kind: 'Combin' is no kind of resource (did you mean 'Combine'?)",
        (
            "resources.yaml:10: name: the name 'a/b' holds a '/' or a character that cannot be "
            "printed; correct these 3 places"
        ),
    ]


def test_an_instrument_that_is_wrong_does_not_make_its_list_empty() -> None:
    assert "must not be empty" not in refused(COMBINE + "        - {}\n")


def test_a_file_is_read_under_its_own_name(tmp_path: Path) -> None:
    file = tmp_path / "harbor.yaml"
    file.write_text("\ufeff" + HYDROVU + LAKETECH.join(["---\n", ""]), encoding="utf-8")
    first, second = read_documents(file)

    assert first.location.file == "harbor.yaml"
    assert second.name == "fb"


def test_a_missing_file_is_an_error_that_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file") as caught:
        read_documents(tmp_path / "resources.yaml")

    assert caught.value.hint == "name it: -f FILE; or begin: pond init --template noyo"


def test_a_folder_in_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        read_documents(tmp_path)


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "resources.yaml"
    file.write_bytes(b"name: \xff\n")

    with pytest.raises(ConfigError, match="byte 6 is not UTF-8"):
        read_documents(file)
