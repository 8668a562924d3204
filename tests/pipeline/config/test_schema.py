"""The JSON Schema of the file: it is what the models say, and takes what they take."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator as Validator  # type: ignore[import-untyped]

from pond_pipeline.config import Document, load_documents, resources_schema
from pond_pipeline.config.kind import SPECS, Kind
from pond_pipeline.config.problem import Problems
from pond_pipeline.config.tree import parse_trees
from pond_pipeline.errors import ConfigError
from tests.pipeline.config import documents, original, test_judgement, test_kinds
from tests.pipeline.plan import test_compiler, test_derived, test_source

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "resources.schema.json"
_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)

TEXTS = {
    "resources.yaml": (ROOT / "resources.yaml").read_text(),
    **{f"original {index}": text for index, text in enumerate(original.CONVERTED)},
    **{
        f"{module.__name__}.{name}": text
        for module in (
            documents,
            test_judgement,
            test_kinds,
            test_compiler,
            test_derived,
            test_source,
        )
        for name, text in vars(module).items()
        if name.isupper() and isinstance(text, str) and text.startswith(("kind:", "apiVersion:"))
    },
    **{
        f"{page.name} {index}": text
        for page in sorted((ROOT / "docs").glob("*.md"))
        for index, text in enumerate(_FENCE.findall(page.read_text()))
    },
}
"""Every YAML text that there is."""


@pytest.fixture(scope="module")
def validator() -> Validator:
    schema = resources_schema()
    Validator.check_schema(schema)
    return Validator(schema)


def values(text: str) -> list[object]:
    """Return the documents of a YAML text as plain values, its variables left alone."""
    trees = parse_trees(text, file="x", variables=original.VARIABLES, problems=Problems())
    return [tree.value for tree in trees]


def is_right(text: str) -> bool:
    try:
        load(text)
    except ConfigError:
        return False
    return True


def load(text: str) -> list[Document]:
    return load_documents(text, variables=original.VARIABLES)


RIGHT = {name: text for name, text in TEXTS.items() if is_right(text)}


def test_the_committed_schema_is_what_the_models_say() -> None:
    assert json.loads(COMMITTED.read_text()) == resources_schema(), "make reference"


def test_the_shipped_file_names_the_schema() -> None:
    first = (ROOT / "resources.yaml").read_text().splitlines()[0]
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)

    assert found is not None
    assert (ROOT / found[1]).resolve() == COMMITTED


@pytest.mark.parametrize("name", RIGHT)
def test_the_schema_takes_what_loads(validator: Validator, name: str) -> None:
    for value in values(RIGHT[name]):
        assert [error.message for error in validator.iter_errors(value)] == []


def test_every_kind_is_in_some_text() -> None:
    assert {each.kind for text in RIGHT.values() for each in load(text)} == set(Kind)


ACCOUNT = documents.HYDROVU
INPUT = documents.COMBINE + "        - {pattern: /x"


@pytest.mark.parametrize(
    "text",
    [
        "- 1\n",
        "kind: HydroVu\nname: n\n",
        ACCOUNT.replace("HydroVu", "Hydrovu"),
        ACCOUNT.replace("name: noyo", "name: a/b"),
        ACCOUNT.replace("name: noyo", "name: $a"),
        ACCOUNT.replace("name: noyo", "name: 7"),
        ACCOUNT.replace("name: noyo", "name: noyo\nmetadata: {a: 1}"),
        ACCOUNT.replace("name: noyo", "name: noyo\ndescr: x"),
        ACCOUNT.replace("duckpond/v1", "duckpond/v2"),
        ACCOUNT.replace("  start: 2024-03-01\n", ""),
        ACCOUNT.replace("2024-03-01", "soon"),
        ACCOUNT.replace("2024-03-01", "2024-03-01T12:00"),
        ACCOUNT + "  overlap: 3 days\n",
        ACCOUNT + "  schedule: hourly\n",
        ACCOUNT + "  cadence: weekly\n",
        ACCOUNT + "  base_url: https://me:hunter2@hydrovu.com\n",
        ACCOUNT + "  units: [m]\n",
        ACCOUNT + "  devices: [{name: A, id: x1}]\n",
        ACCOUNT + "  devices: [{name: A, id: 0}]\n",
        ACCOUNT + "  devices: [{name: A, id: 7, scop: S}]\n",
        ACCOUNT + "  devices: [{name: A, id: 7, active: 1}]\n",
        ACCOUNT + "  devices: [{name: A, id: 7, columns: []}]\n",
        ACCOUNT + "  quality: [{spike: {suspect: 1}}]\n",
        ACCOUNT + "  checks: {gaps: {intervals: 1}}\n",
        INPUT + ", scopes: x}\n",
        INPUT + ", corrections: [{column: a}]}\n",
        INPUT.replace("/x", "x") + "}\n",
        INPUT + "}\n      latitude: 91\n",
        test_kinds.SCRIBBLE.replace("[a, b]", "[]"),
        test_kinds.DERIVE,
        test_kinds.PIVOT,
        test_kinds.PIVOT + "      parameter: a\n      column: b\n",
        test_kinds.TEMPLATE + "      out_pattern: a\n",
        test_kinds.BACKUP.replace("backup}", "backup, keep: 7}"),
        test_kinds.ALERT.replace("run_failed", "run_fails"),
        test_kinds.REDUCE.replace("[1h]", "[hourly]"),
        test_kinds.REDUCE.replace("a}", "a, aggregates: [mean]}"),
        test_kinds.REDUCE.replace("a}", "a, exclude_flags: [5]}"),
        original.HYDROVU,
        original.SCRIBBLE,
        original.COPY,
    ],
)
def test_the_schema_refuses_what_does_not_load(validator: Validator, text: str) -> None:
    assert not is_right(text)
    assert any(not validator.is_valid(value) for value in values(text))


@pytest.mark.parametrize("kind", Kind)
def test_every_key_has_words(kind: Kind) -> None:
    definitions = resources_schema()["$defs"]
    assert isinstance(definitions, dict)
    properties = definitions[SPECS[kind].__name__]["properties"]

    assert [key for key, shape in properties.items() if not shape.get("description")] == []


def test_no_default_of_the_schema_is_another_than_the_file_s() -> None:
    definitions = resources_schema()["$defs"]
    assert isinstance(definitions, dict)
    properties = definitions["HydroVuSpec"]["properties"]

    assert {key: each["default"] for key, each in properties.items() if "default" in each} == {
        "base_url": "https://www.hydrovu.com",
        "clock_floor": "2000-01-01T00:00:00Z",
        "overlap": "3d",
        "cadence": "monthly",
        "quality": [],
        "devices": [],
    }
