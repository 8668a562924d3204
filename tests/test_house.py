"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pond_core", "pond_pipeline")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REQUIREMENTS = "".join(path.read_text() for path in sorted(ROOT.glob("requirements*.txt")))
LONGEST = 400
FOREIGN = ("dagster", "httpx", "yaml", "click", "rich", "pydantic", "pond_pipeline")

# Written in two parts so that this file does not find itself.
POSTPONED = "from __future__ import " + "annotations"
MACHINE_PATH = re.compile(r"(?<![\w.-])/" + r"(work|root|home/\w+|tmp)/")


def modules() -> list[Path]:
    """Return the files of the packages, below the root."""
    found = (each.relative_to(ROOT) for name in PACKAGES for each in (ROOT / name).rglob("*.py"))
    return sorted(found)


def python_files() -> list[Path]:
    folders = (*PACKAGES, "tests", "benchmarks")
    return sorted(each for name in folders for each in (ROOT / name).rglob("*.py"))


def name_of(module: Path) -> str:
    return ".".join(module.with_suffix("").parts).removesuffix(".__init__")


@cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text())


def imported_by(module: Path) -> Iterator[str]:
    """Yield every dotted name that a module imports."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def started_by_name() -> set[str]:
    """Return the modules that are named in a text: scripts, commands, what Dagster loads."""
    texts = [(ROOT / each).read_text() for each in (*modules(), Path("workspace.yaml"))]
    texts += [f'"{script}' for script in PROJECT["project"]["scripts"].values()]
    found = PROJECT["project"]["entry-points"].values()
    texts += [f'"{entry}' for entries in found for entry in entries.values()]
    quoted = re.compile(r"""(?:["']|module: |module_name: )(pond_\w+(?:\.\w+)+)""")
    commands = (ROOT / "pond_pipeline" / "cli" / "entry.py").read_text()
    lazy = {f"pond_pipeline.cli.{each}" for each in re.findall(r': \("(\w+)", "', commands)}
    return lazy | {name for text in texts for name in quoted.findall(text)}


def test_annotations_are_never_postponed() -> None:
    guilty = [str(each) for each in python_files() if POSTPONED in each.read_text()]
    assert guilty == []


def test_the_core_loads_nothing_of_the_pipeline_s() -> None:
    code = "import sys, pond_core; print('\\n'.join({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run(  # noqa: S603 -- our own Python, our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(loaded.stdout.split()) & set(FOREIGN) == set()


def test_every_module_is_imported_by_another() -> None:
    imported = {name for each in modules() for name in imported_by(each) if name != name_of(each)}
    used = imported | started_by_name()
    dead = [name for name in map(name_of, modules()) if name not in used]
    assert [name for name in dead if name not in PACKAGES] == []


def test_modules_and_files_of_tests_are_short() -> None:
    lines = {str(each): len(each.read_text().splitlines()) for each in python_files()}
    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_every_module_and_package_says_what_lives_there() -> None:
    assert [str(each) for each in modules() if not ast.get_docstring(tree_of(each))] == []


def test_every_folder_of_a_package_is_a_package() -> None:
    folders = {each.parent for each in modules()}
    assert [str(each) for each in folders if not (ROOT / each / "__init__.py").is_file()] == []


def test_no_page_names_a_place_on_somebody_s_machine() -> None:
    pages = [ROOT / "README.md", ROOT / "resources.yaml", *sorted((ROOT / "docs").rglob("*.md"))]
    pages += [ROOT / each for each in modules()]
    guilty = [str(page) for page in pages if MACHINE_PATH.search(page.read_text())]
    assert guilty == []


def test_the_top_of_the_change_log_is_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    top = re.search(r"^## \[?([0-9][^\]\s]*)", text, flags=re.MULTILINE)
    assert top is not None
    assert top[1] == PROJECT["project"]["version"]


@pytest.mark.parametrize("dependency", PROJECT["project"]["dependencies"])
def test_every_dependency_is_pinned(dependency: str) -> None:
    name = re.split(r"[<>=!~\[ ]", dependency)[0]
    assert re.search(rf"^{re.escape(name)}(\[[^\]]*\])?==", REQUIREMENTS, flags=re.MULTILINE)


@pytest.mark.parametrize("dependency", PROJECT["dependency-groups"]["dev"])
def test_every_tool_is_pinned(dependency: str) -> None:
    name = re.split(r"[<>=!~\[ ]", dependency)[0].lower()
    assert re.search(rf"^{re.escape(name)}==", REQUIREMENTS, flags=re.MULTILINE)


def test_every_pin_has_hashes() -> None:
    pins = re.findall(r"^[A-Za-z0-9].*$", REQUIREMENTS, flags=re.MULTILINE)
    assert [pin for pin in pins if not pin.rstrip().endswith("\\")] == []


def test_requirements_name_no_registry() -> None:
    assert re.findall(r"https?://\S+|--\S*index\S*|--find-links\S*", REQUIREMENTS) == []
