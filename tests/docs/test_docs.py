"""What the docs say is there: links, commands, keys, names, and code that runs."""

import re
import tomllib
from pathlib import Path
from types import ModuleType

import dagster as dg
import pytest
import yaml

import pond_core
from pond_core import Pond
from pond_pipeline import definitions
from pond_pipeline.config import load_documents, read_documents
from pond_pipeline.config.kind import Kind
from pond_pipeline.config.problem import FORMER_KEYS
from pond_pipeline.periods import Period
from pond_pipeline.plan import compile_plan
from pond_pipeline.runs import launch
from pond_pipeline.simulator import Faults, Simulator, harbor

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"<!-- test: (\w+) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?!https?://)([^)\s#]*)(?:#([^)\s]*))?\)")
_CODE = re.compile(r"`[^`\n]*`")

ROOMS = ("pond_core", "pond_pipeline")

MONTH = "2026-09"
"""The month of the harbor that the blocks of the README run on."""


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    """Return a page without its code, in which brackets are no links."""
    return _CODE.sub("``", _FENCE.sub("", text_of(page)))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(page: Path, language: str) -> list[str]:
    return [body for found, body in _FENCE.findall(text_of(page)) if found == language]


def named_block(page: str, name: str) -> str:
    """Return the Python block of a page that stands below `<!-- test: name -->`."""
    named: dict[str, str] = dict(_NAMED.findall(text_of(ROOT / page)))
    return named[name]


@pytest.fixture(scope="module")
def harbor_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the harbor's `resources.yaml`, and a pond with one month of one site."""
    folder = tmp_path_factory.mktemp("harbor")
    resources = folder / "resources.yaml"
    resources.write_text(text_of(ROOT / "resources.yaml"), encoding="utf-8")
    plan = compile_plan(read_documents(resources), root=folder)
    with (
        Simulator(harbor(), page_days=31) as simulator,
        pytest.MonkeyPatch.context() as environment,
        dg.instance_for_test() as instance,
    ):
        account = {"KEY": "demo", "SECRET": "demo", "URL": simulator.base_url}
        for name, value in account.items():
            environment.setenv(f"HYDROVU_{name}", value)
        [report] = launch.run(
            plan,
            launch.select_steps(plan, ["/raw/harbor/units", "/*/harbor/Wharf*"]),
            [Period.parse(MONTH)],
            root=folder,
            pond=folder / ".pond",
            instance=instance,
        )
    assert report.failures == ()
    return folder


def module_of(code: str) -> ModuleType:
    """Run a block as a module of its own."""
    module = ModuleType("block")
    exec(compile(code, "block", "exec"), module.__dict__)  # noqa: S102  # the docs are ours
    return module


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(prose_of(page)):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_page_names_a_path_of_somebodys_machine(page: Path) -> None:
    assert re.findall(r"/(?:home|work|Users|root)/\S+", text_of(page)) == []


def test_every_page_is_in_the_index() -> None:
    index = text_of(ROOT / "docs" / "index.md")
    names = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert [name for name in sorted(names) if f"({name})" not in index] == []


def test_decisions_are_numbered_without_holes() -> None:
    names = sorted(page.name for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [name[:4] for name in names] == [f"{n:03}-" for n in range(1, len(names) + 1)]


def test_every_make_target_in_the_docs_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    shown = {
        target
        for page in PAGES
        for target in re.findall(r"(?:`|^    )make ([a-z]+)", text_of(page), re.MULTILINE)
    }
    assert shown
    assert shown <= targets


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_python_block_compiles(page: Path) -> None:
    for body in blocks(page, "python"):
        compile(body, str(page), "exec")


def test_the_notebook_block_runs(
    harbor_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(harbor_folder)
    module = module_of(named_block("README.md", "notebook"))
    assert module.__dict__["table"].num_rows == 30 * 24
    assert "/combined/harbor/Wharf" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")
def test_the_asset_block_is_kept_in_the_pond(
    harbor_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(harbor_folder)
    definition = module_of(named_block("README.md", "asset")).__dict__["defs"]
    with dg.instance_for_test() as instance:
        result = definition.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(["derived", "harbor", "WharfOxygen"])],
            partition_key=MONTH,
        )
    assert result.success
    days = Pond.open(".pond").snapshot().read_series("/derived/harbor/WharfOxygen")
    assert days.num_rows == 30
    assert days.column_names == ["timestamp", "DO.min.mg/L"]


def test_the_months_of_the_asset_block_are_those_of_the_pond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POND_RESOURCES", str(ROOT / "resources.yaml"))
    own = module_of(named_block("README.md", "asset")).__dict__["MONTHS"]
    specs = {spec.key: spec for spec in definitions.defs().resolve_all_asset_specs()}
    assert specs[dg.AssetKey(["combined", "harbor", "Wharf"])].partitions_def == own


EVERY_SOURCE_AND_SERVICE = """
kind: HydroVu
name: sea
spec:
  {key: "${env:KEY}", secret: "${env:SECRET}", start: 2026-09-01, schedule: "*/15 * * * *",
   devices: [{name: A, id: 1, interval: 1h}]}
---
kind: LakeTech
name: sea_exports
spec: {pattern: "exports/*", start: 2026-09-01, locations: [{name: P, match: "P*"}]}
---
kind: Inbox
name: sea_notes
spec: {pattern: "notes/*"}
---
kind: Derive
name: sea_notes
spec: {collections: [{name: all, pattern: "/raw/sea_notes/*", query: "SELECT * FROM $1"}]}
---
kind: Backup
name: stick
spec: {folder: ../stick, schedule: "0 1 * * *"}
---
kind: Copy
name: office
spec: {folder: ../stick, to: ../office, schedule: "0 1 * * *"}
---
kind: Alert
name: duty
spec: {conditions: [{when: stale}], channels: [{webhook: "${env:WEBHOOK}"}]}
"""


def test_every_job_schedule_and_sensor_is_on_the_page_of_the_ui(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "resources.yaml").write_text(EVERY_SOURCE_AND_SERVICE)
    monkeypatch.setenv("POND_RESOURCES", str(tmp_path / "resources.yaml"))
    monkeypatch.setenv("POND", str(tmp_path / ".pond"))
    made = definitions.defs().get_repository_def()
    there = {each.name for each in made.schedule_defs} | {each.name for each in made.sensor_defs}
    there |= {name for name in made.job_names if not name.startswith("__")}
    page = text_of(ROOT / "docs" / "ui.md").partition("## Jobs, schedules and sensors")[2]
    shown = re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)))
    stand_in = {"<source>": "sea[a-z_]*", "<folder>": "raw_sea[a-z_]*", "<name>": "stick|office"}
    patterns = [re.sub("<[a-z]+>", lambda word: f"({stand_in[word[0]]})", each) for each in shown]
    assert [n for n in sorted(there) if not any(re.fullmatch(p, n) for p in patterns)] == []
    assert [p for p in patterns if not any(re.fullmatch(p, n) for n in there)] == []


def test_every_key_of_metadata_on_the_page_of_the_ui_is_in_the_code() -> None:
    code = "".join(text_of(each) for each in sorted((ROOT / "pond_pipeline").rglob("*.py")))
    told = set(re.findall(r"`(pond/[a-z_]+)`", text_of(ROOT / "docs" / "ui.md")))
    assert "pond/txn" in told
    assert [key for key in sorted(told) if f'"{key}"' not in code] == []


def test_every_variable_that_the_code_reads_is_on_the_page_of_the_command() -> None:
    variable = r"\b(?:POND|HYDROVU|AWS|SMTP)(?:_[A-Z]+)+\b|\bPOND\b"
    code = "".join(text_of(each) for room in ROOMS for each in sorted((ROOT / room).rglob("*.py")))
    read = {
        name for text in re.findall(r'"([A-Z_]+)"', code) for name in re.findall(variable, text)
    }
    page = text_of(ROOT / "docs" / "cli.md").partition("| variable | says |")[2]
    told = set(re.findall(r"`([A-Z_]+)`", page.partition("\n\n")[0]))
    assert {"POND", "POND_EXECUTOR", "AWS_REGION"} <= read
    assert sorted(read - told) == []


def test_the_faults_block_runs() -> None:
    module_of(named_block("docs/hydrovu.md", "faults"))


def test_every_fault_is_in_the_docs() -> None:
    page = text_of(ROOT / "docs" / "hydrovu.md")
    assert [name for name in Faults.__dataclass_fields__ if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_resource_in_the_docs_loads(page: Path) -> None:
    for body in blocks(page, "yaml"):
        if re.search(r"^kind: ", body, re.MULTILINE):
            assert load_documents(body)


def test_the_settings_on_the_page_of_quality_can_be_written_so() -> None:
    found = [yaml.safe_load(body) for body in blocks(ROOT / "docs" / "quality.md", "yaml")]
    said = {key: value for each in found for key, value in each.items()}
    source = {"key": "k", "secret": "s", "start": "2024-11-01"}
    corrected = {"pattern": "/normalized/a/A", "corrections": said.pop("corrections")}
    excluding = {"in_pattern": "/combined/a/A", "exclude_flags": said.pop("exclude_flags")}
    dataset = {**excluding, "out_pattern": "A"}
    specs = {
        "HydroVu": {**source, **said},
        "Combine": {"sites": [{"name": "A", "inputs": [corrected]}]},
        "Reduce": {"collections": [{"name": "c", "resolutions": ["1h"], "datasets": [dataset]}]},
    }
    assert set(said) == {"quality", "checks"}
    documents = [{"kind": kind, "name": "a", "spec": spec} for kind, spec in specs.items()]
    assert len(load_documents(yaml.safe_dump_all(documents))) == len(specs)


@pytest.mark.parametrize("kind", Kind)
def test_the_chapter_of_each_kind_has_an_example_of_it(kind: Kind) -> None:
    page = text_of(ROOT / "docs" / "resources-yaml.md")
    chapter = page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    examples = [body for language, body in _FENCE.findall(chapter) if language == "yaml"]
    assert any(each.kind is kind for body in examples for each in load_documents(body))


def test_the_original_tool_s_keys_are_in_the_docs() -> None:
    page = text_of(ROOT / "docs" / "resources-yaml.md")
    assert [word for word in FORMER_KEYS.values() if f"`{word}`" not in page] == []


def test_every_public_name_of_the_core_is_in_the_reference() -> None:
    page = text_of(ROOT / "docs" / "reference.md")
    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(named) == sorted(pond_core.__all__)


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    newest = re.search(
        r"^## \[([^\]]+)\] - \d{4}-\d{2}-\d{2}$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE
    )
    assert newest is not None
    assert newest[1] == project["version"]
