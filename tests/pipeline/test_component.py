"""The component, loaded as Dagster loads the `defs` folder of somebody's own project."""

from pathlib import Path

import dagster as dg
import pytest
from dagster.components.core.component_tree import ComponentTreeException

from pond_core import Pond
from pond_pipeline.definitions import defs
from pond_pipeline.paths import path_to_key
from tests.pipeline.automation.lake import CHARTS, RAW, SITE, SITES, SOURCE

PROJECT = """
[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "{package}"
"""
DEFS = """
type: pond_pipeline.component.PondComponent
attributes:
  resources: lake/resources.yaml
  pond: lake/pond
"""
OWN = """
import dagster as dg

@dg.asset(deps=[dg.AssetKey(["combined", "bay", "Pier"])])
def report() -> None: ...
"""


class Project:
    """A project of one's own, with a pond in it."""

    def __init__(self, folder: Path, package: str) -> None:
        self.folder = folder
        self.code = folder / package / "defs"
        (self.code / "lake").mkdir(parents=True)
        (folder / "lake").mkdir()
        (folder / package / "__init__.py").touch()
        (self.code / "__init__.py").touch()
        (folder / "pyproject.toml").write_text(PROJECT.format(package=package))
        (folder / "lake" / "resources.yaml").write_text(SOURCE + SITES + CHARTS)
        self.configure(DEFS)

    def configure(self, text: str) -> None:
        (self.code / "lake" / "defs.yaml").write_text(text)

    def load(self) -> dg.Definitions:
        return dg.load_from_defs_folder(path_within_project=self.folder)


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Project:
    # Python imports a package of one name once.
    package = f"shore_{abs(hash(request.node.name))}"
    monkeypatch.syspath_prepend(str(tmp_path))
    return Project(tmp_path, package)


def keys_of(definitions: dg.Definitions) -> set[dg.AssetKey]:
    return {spec.key for spec in definitions.resolve_all_asset_specs()}


def test_a_project_gets_what_a_workspace_gets(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POND_RESOURCES", str(project.folder / "lake" / "resources.yaml"))
    monkeypatch.setenv("POND", str(project.folder / "lake" / "pond"))
    workspace = defs()
    assert isinstance(workspace, dg.Definitions)
    loaded = project.load()
    assert keys_of(loaded) == keys_of(workspace)
    ours, theirs = loaded.get_repository_def(), workspace.get_repository_def()
    assert ours.job_names == theirs.job_names
    assert {each.name for each in ours.sensor_defs} == {each.name for each in theirs.sensor_defs}
    assert {each.name for each in ours.schedule_defs} == {e.name for e in theirs.schedule_defs}


def test_what_is_materialized_is_in_the_project_s_pond(project: Project) -> None:
    job = project.load().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance, asset_selection=[path_to_key(RAW[0])], partition_key="2025-01"
        )
    assert result.success
    assert Pond.open(project.folder / "lake" / "pond").snapshot().read_series(RAW[0]).num_rows > 0


def test_assets_of_one_s_own_stand_beside_and_read_from_the_pond(project: Project) -> None:
    (project.code / "report.py").write_text(OWN)
    loaded = project.load()
    report = dg.AssetKey(["report"])
    assert report in keys_of(loaded)
    assert loaded.resolve_asset_graph().get(report).parent_keys == {path_to_key(SITE)}


def test_a_component_says_how_runs_are_carried_out(project: Project) -> None:
    assert project.load().executor is dg.in_process_executor
    project.configure(DEFS + "  executor: multiprocess\n")
    assert project.load().executor is dg.multiprocess_executor
    project.configure(DEFS + "  executor: null\n")
    assert project.load().executor is None


def test_an_attribute_that_means_nothing_is_refused_with_its_line(project: Project) -> None:
    project.configure(DEFS.replace("pond:", "pnd:"))
    with pytest.raises(ComponentTreeException) as refusal:
        project.load()
    assert "defs.yaml:5" in str(refusal.value.__cause__)
