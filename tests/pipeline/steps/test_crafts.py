"""What steps take from the outside: credentials when a run needs them, and no sooner."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.build import build_definitions
from pond_pipeline.config import load_documents, read_environment
from pond_pipeline.errors import ConfigError, HydroVuError
from pond_pipeline.hydrovu import HydroVuClient
from pond_pipeline.plan import HydroVuSource, Plan, compile_plan
from pond_pipeline.simulator import Simulator
from pond_pipeline.steps import Request
from pond_pipeline.steps.crafts import open_client
from tests.pipeline.harbor import harbor_server
from tests.pipeline.steps.exports import put, write_export

ACCOUNT = """
kind: HydroVu
name: bay
spec:
  key: ${env:HYDROVU_KEY}
  secret: ${env:HYDROVU_SECRET}
  base_url: ${env:HYDROVU_URL}
  start: 2025-01-01
"""
EXPORTS = """
kind: LakeTech
name: fb
spec:
  pattern: inbox/*.csv
  timezone: UTC
  start: 2025-01-01
  locations: [{name: Pier, match: "Pier-*"}]
"""
SECRET = "swordfish"  # noqa: S105  # nobody's


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with harbor_server() as running:
        yield running


def plan_of(text: str, folder: Path) -> Plan:
    return compile_plan(load_documents(text), root=folder)


def account(folder: Path) -> HydroVuSource:
    (source,) = plan_of(ACCOUNT, folder).sources
    assert isinstance(source, HydroVuSource)
    return source


def request_in(folder: Path) -> Request:
    return Request(now=datetime.now(UTC), environ=lambda: read_environment(folder).values)


def make(plan: Plan, folder: Path, month: str | None = None) -> dg.ExecuteInProcessResult:
    definitions = build_definitions(plan, root=folder, pond=folder / "pond")
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, partition_key=month, raise_on_error=False)


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = (each for each in result.all_events if each.is_step_failure)
    return str(event.step_failure_data.error)


def test_credentials_are_read_from_the_file_beside_the_resources(
    tmp_path: Path, server: Simulator
) -> None:
    lines = ("HYDROVU_KEY=demo", "HYDROVU_SECRET=demo", f"HYDROVU_URL={server.base_url}")
    (tmp_path / ".env").write_text("\n".join(lines))
    with open_client(account(tmp_path), request_in(tmp_path)) as client:
        assert isinstance(client, HydroVuClient)
        assert client.names().units


def test_the_environment_wins_over_the_file(
    tmp_path: Path, server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("HYDROVU_KEY=demo", f"HYDROVU_SECRET={SECRET}", f"HYDROVU_URL={server.base_url}")
    (tmp_path / ".env").write_text("\n".join(lines))
    with (
        open_client(account(tmp_path), request_in(tmp_path)) as client,
        pytest.raises(HydroVuError),
    ):
        client.names()
    monkeypatch.setenv("HYDROVU_SECRET", "demo")
    with open_client(account(tmp_path), request_in(tmp_path)) as client:
        assert client.names().units


def test_a_variable_that_is_not_set_fails_the_run_and_is_named(tmp_path: Path) -> None:
    result = make(plan_of(ACCOUNT, tmp_path), tmp_path)
    assert not result.success
    assert "HYDROVU_URL is not set" in failure(result)


def test_a_secret_that_is_refused_is_in_no_event_of_the_run(
    tmp_path: Path, server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"KEY": "demo", "SECRET": SECRET, "URL": server.base_url}.items():
        monkeypatch.setenv(f"HYDROVU_{name}", value)
    result = make(plan_of(ACCOUNT, tmp_path), tmp_path)
    assert not result.success
    assert SECRET not in repr(result.all_events)
    assert SECRET not in failure(result)


def test_a_variable_that_is_not_set_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    with (
        pytest.raises(ConfigError, match="HYDROVU_URL") as caught,
        open_client(account(tmp_path), request_in(tmp_path)),
    ):
        pass
    assert ".env" in caught.value.hint


def test_the_dictionaries_of_an_account_are_tables(
    tmp_path: Path, server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"KEY": "demo", "SECRET": "demo", "URL": server.base_url}.items():
        monkeypatch.setenv(f"HYDROVU_{name}", value)
    assert make(plan_of(ACCOUNT, tmp_path), tmp_path).success
    snapshot = Pond.open(tmp_path / "pond").snapshot()
    assert [each.name for each in snapshot.ls("/raw/bay")] == ["locations", "parameters", "units"]
    assert snapshot.read_table("/raw/bay/locations").num_rows == 6


def test_exported_files_become_readings_and_their_checks_are_told(tmp_path: Path) -> None:
    write_export(tmp_path / "inbox", "a.csv", "2025-01-01 00:00,Pier-1,Temp (C),5")
    put(tmp_path / "inbox", "b.csv", "nothing of the kind")
    result = make(plan_of(EXPORTS, tmp_path), tmp_path, "2025-01")
    checks = {each.check_name: each.passed for each in result.get_asset_check_evaluations()}
    snapshot = Pond.open(tmp_path / "pond").snapshot()
    assert result.success
    assert checks["exports_are_readable"] is False
    assert checks["locations_are_declared"] is True
    assert snapshot.read_series("/normalized/fb/Pier")["Temp.C"].to_pylist() == [5]
