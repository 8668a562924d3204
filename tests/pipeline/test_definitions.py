"""What Dagster loads: from one file, and from nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from pond_pipeline.apply import apply_resources
from pond_pipeline.definitions import defs
from pond_pipeline.errors import ConfigError
from tests.pipeline.harbor import RESOURCES, ROOT

OFFLINE = """
import socket, sys
def refuse(*_args, **_options): raise AssertionError("asked the network")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from pond_pipeline.definitions import defs
from dagster import Definitions
Definitions.validate_loadable(defs())
"""
INSTRUMENTS = (
    "BasinAT500",
    "HarborVulink",
    "MouthAT500",
    "WharfAT500_1",
    "WharfAT500_2",
    "WharfVulink",
)
SITES = {
    "Basin": ("BasinAT500", "HarborVulink"),
    "Mouth": ("HarborVulink", "MouthAT500"),
    "Wharf": ("WharfAT500_1", "WharfAT500_2", "WharfVulink"),
}
WIDTHS = ("12h", "1h", "24h", "2h", "4h")


@pytest.fixture
def definitions(monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    monkeypatch.setenv("POND_RESOURCES", str(RESOURCES))
    loaded = defs()
    assert isinstance(loaded, dg.Definitions)
    return loaded


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a folder, with nothing in the environment but where our packages are."""
    environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder)}
    environ["PATH"] = os.environ["PATH"]
    return subprocess.run(  # noqa: S603 -- our own Python, our own arguments
        [sys.executable, *command],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_definitions_load_without_a_pond_an_account_an_environment_or_a_network(
    tmp_path: Path,
) -> None:
    (tmp_path / "resources.yaml").write_text(RESOURCES.read_text())
    loaded = run(tmp_path, "-W", "ignore", "-c", OFFLINE)
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert [each.name for each in tmp_path.iterdir()] == ["resources.yaml"]


def test_a_mistake_in_the_file_is_told_when_dagster_loads_it(tmp_path: Path) -> None:
    (tmp_path / "resources.yaml").write_text("kind: HydroVoo\nname: harbor\nspec: {}\n")
    loaded = run(tmp_path, "-W", "ignore", "-c", OFFLINE)
    assert loaded.returncode == 1
    assert "resources.yaml:1" in loaded.stderr
    assert "HydroVu" in loaded.stderr


def test_after_a_typo_what_was_applied_goes_on_and_the_log_says_so(tmp_path: Path) -> None:
    file = tmp_path / "resources.yaml"
    file.write_text(RESOURCES.read_text())
    apply_resources(file, pond=tmp_path / ".pond")
    file.write_text(RESOURCES.read_text().replace("kind: HydroVu", "kind: HydroVoo", 1))
    loaded = run(tmp_path, "-W", "ignore", "-c", OFFLINE)
    assert loaded.returncode == 0
    assert "resources.yaml:10" in loaded.stderr
    assert "applied last is served" in loaded.stderr


def test_dagster_s_own_check_accepts_them(tmp_path: Path) -> None:
    (tmp_path / "resources.yaml").write_text(RESOURCES.read_text())
    module = "pond_pipeline.definitions"
    checked = run(tmp_path, "-m", "dagster", "definitions", "validate", "-m", module)
    assert checked.returncode == 0, checked.stderr
    assert "Validation successful" in checked.stdout + checked.stderr


def test_without_a_file_the_error_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"resources\.yaml"):
        defs()


def test_the_environment_names_another_pond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POND_RESOURCES", str(RESOURCES))
    monkeypatch.setenv("POND", str(tmp_path / "elsewhere"))
    resources = defs().resources or {}
    assert {each.path for each in resources.values()} == {str(tmp_path / "elsewhere")}


def test_the_shipped_file_makes_these_assets(definitions: dg.Definitions) -> None:
    keys = sorted(spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs())
    assert keys == [
        *(f"combined/harbor/{site}" for site in SITES),
        *(f"normalized/harbor/{each}" for each in INSTRUMENTS),
        *(f"raw/harbor/{each}" for each in INSTRUMENTS),
        *(f"raw/harbor/{each}" for each in ("locations", "parameters", "units")),
        *(f"reduced/harbor/sites/{site}/res={width}" for site in SITES for width in WIDTHS),
        "site/harbor",
        "sys/resources",
    ]


def test_the_shipped_file_s_assets_depend_on_these(definitions: dg.Definitions) -> None:
    deps = {
        spec.key.to_user_string(): {dep.asset_key.to_user_string() for dep in spec.deps}
        for spec in definitions.resolve_all_asset_specs()
    }
    names = {"raw/harbor/units", "raw/harbor/parameters"}
    assert {key: sources for key, sources in deps.items() if sources} == {
        **{f"normalized/harbor/{each}": {f"raw/harbor/{each}", *names} for each in INSTRUMENTS},
        **{
            f"combined/harbor/{site}": {f"normalized/harbor/{each}" for each in inputs}
            for site, inputs in SITES.items()
        },
        **{
            f"reduced/harbor/sites/{site}/res={width}": {f"combined/harbor/{site}"}
            for site in SITES
            for width in WIDTHS
        },
        "site/harbor": {
            *(f"reduced/harbor/sites/{site}/res=1h" for site in SITES),
            *(f"combined/harbor/{site}" for site in SITES),
            *(f"normalized/harbor/{each}" for each in INSTRUMENTS),
        },
    }
