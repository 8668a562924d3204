"""The life of a resource: init, start, run, backup.

`pond apply` records it (init), loading the definitions compiles it (start), a materialization does
its work (run), and a backup follows (backup).
"""

import socket
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.apply import apply_resources
from pond_pipeline.config import read_documents
from pond_pipeline.config.kind import Kind
from pond_pipeline.definitions import defs
from pond_pipeline.periods import Period
from pond_pipeline.plan import Backup, Plan, compile_plan
from pond_pipeline.resources import Change
from pond_pipeline.runs import launch

EVERY_KIND = """\
kind: HydroVu
name: noyo
spec:
  key: ${env:NOBODY_SET_THIS}
  secret: ${env:NOR_THIS}
  start: 2024-03-01
  devices: [{name: A, id: 7, scope: A}]
---
kind: LakeTech
name: exports
spec:
  pattern: ${env:NOR_THIS}/*.htm
  start: 2024-03-01
  locations: [{name: B, match: B}]
---
kind: Inbox
name: files
spec: {pattern: /no/such/folder/*.csv}
---
kind: Scribble
name: tide
spec: {start: 2024-03-01, interval: 1h, series: [north]}
---
kind: Derive
name: sums
spec:
  collections: [{name: days, pattern: /raw/files/*.csv, query: "SELECT * FROM read_csv('$1')"}]
---
kind: Combine
name: shore
spec:
  sites: [{name: Pier, inputs: [{pattern: /raw/tide/north, scope: N}]}]
---
kind: Pivot
name: shown
spec:
  datasets: [{name: values, in_pattern: "/combined/shore/*", column: N.value}]
---
kind: Reduce
name: charts
spec:
  collections:
    - {name: c, resolutions: [1d], datasets: [{in_pattern: "/combined/shore/*", out_pattern: $0}]}
---
kind: Template
name: pages
spec:
  collections: [{name: c, in_pattern: "/combined/shore/*", out_pattern: $0.md, template: "#"}]
---
kind: Site
name: web
spec: {pages: [no/such/page.md]}
---
kind: Backup
name: away
spec: {folder: "${env:NOR_THIS}"}
---
kind: Copy
name: mirror
spec: {folder: backup, to: copy}
---
kind: Alert
name: calls
spec: {conditions: [{when: run_failed}], channels: [{webhook: "${env:NOR_THIS}"}]}
"""
MARCH = Period.parse("2024-03")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "resources.yaml"
    path.write_text(EVERY_KIND)
    return path


@pytest.fixture
def pond(file: Path) -> Path:
    return file.parent / "pond"


def plan_of(file: Path) -> Plan:
    return compile_plan(read_documents(file), root=file.parent)


def test_every_kind_has_a_life() -> None:
    kinds = {line.removeprefix("kind: ") for line in EVERY_KIND.splitlines() if "kind: " in line}

    assert kinds == set(Kind)


def test_init_gives_each_resource_a_uuid_for_life(file: Path, pond: Path) -> None:
    first, second = (apply_resources(file, pond=pond) for _ in range(2))

    assert {UUID(each.id or "").version for each in first.resources} == {4}
    assert {each.change for each in first.resources} == {Change.CREATED}
    assert [each.id for each in second.resources] == [each.id for each in first.resources]


def test_start_needs_no_network_no_secret_no_file_and_no_pond(
    file: Path, pond: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> NoReturn:
        raise AssertionError("asked the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("POND_RESOURCES", str(file))
    monkeypatch.setenv("POND", str(pond))
    definitions = defs()

    assert isinstance(definitions, dg.Definitions)
    dg.Definitions.validate_loadable(definitions)
    assert not pond.exists()
    paths = {"/" + "/".join(spec.key.path) for spec in definitions.resolve_all_asset_specs()}
    assert paths >= {"/raw/noyo/A", "/raw/files", "/derived/sums/days", "/site/web"}


def test_run_does_the_work_of_the_resources_that_are_asked_for(file: Path, pond: Path) -> None:
    apply_resources(file, pond=pond)
    plan = plan_of(file)
    steps = launch.select_steps(plan, ["/raw/tide/*", "/combined/**", "/reduced/**", "/pivoted/**"])
    with dg.instance_for_test() as instance:
        [report] = launch.run(plan, steps, [MARCH], root=file.parent, pond=pond, instance=instance)
    snapshot = Pond.open(pond).snapshot()

    assert report.failures == ()
    assert snapshot.read_series("/raw/tide/north").num_rows == 31 * 24
    assert snapshot.read_series("/combined/shore/Pier").column_names == ["timestamp", "N.value"]
    assert snapshot.read_series("/reduced/charts/c/Pier/res=1d").num_rows == 31
    assert snapshot.read_series("/pivoted/shown/values").num_rows == 31 * 24


def test_backup_is_compiled_and_writes_nothing_into_the_pond(file: Path) -> None:
    plan = plan_of(file)
    (backup,) = (service for service in plan.services if isinstance(service, Backup))

    assert (backup.name, backup.after_changes) == ("away", True)
    assert not any(path.startswith("/backup") for step in plan.steps for path in step.outputs)
