"""What is wrong in a resource is told, with what to do."""

import pytest

from pond_pipeline.config import Kind
from tests.pipeline.config.documents import COMBINE, HYDROVU, REDUCE, refused

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


def device(text: str) -> str:
    return refused(f"{HYDROVU}  devices:\n    - {{{text}}}\n").removeprefix("resources.yaml:9: ")


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
            "pattern: 'normalized/x' is no pond path; begin it with '/': /normalized/x",
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
    assert refused("- 1\n") == (
        "resources.yaml:1: expected a mapping, found a list; "
        "begin it with the keys kind, name and spec; `pond init --template` writes one"
    )


def test_a_key_of_spec_that_stands_too_far_left_is_told_where_it_belongs() -> None:
    text = f"{HYDROVU}devices: []\n"
    assert refused(text).endswith(
        "devices: is no known key here; it belongs into `spec`: indent it by two more spaces"
    )


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
