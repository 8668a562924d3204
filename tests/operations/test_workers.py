"""Runs that are carried out by two workers: what they leave, and what a dead one leaves."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository
from distributed import get_task_stream

from pond_core import Pond, Window, content_hash
from pond_pipeline.config import load_documents
from pond_pipeline.instance import open_instance
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.plan import compile_plan
from pond_pipeline.runs import launch
from pond_pipeline.simulator import Simulator, harbor
from tests.operations.cluster import Cluster
from tests.operations.gate import Gate
from tests.operations.waiting import until
from tests.pipeline.harbor import harbor_server
from tests.s3 import server as s3

NOW = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
MONTHS = [
    f"{number // 12}-{number % 12 + 1:02}" for number in range(2024 * 12 + 10, 2026 * 12 + 10)
]
"""The 24 months before the last reading: all that the harbor has."""

RESOURCES = """
kind: HydroVu
name: bay
spec:
  key: demo
  secret: demo
  base_url: {url}
  start: 2024-11-01
  devices:
    - {{name: Pier, id: 5103667482910720, scope: Pier, interval: 1h}}
    - {{name: Buoy, id: 5590284771635200, scope: Buoy, interval: 1h}}
---
kind: Combine
name: bay
spec:
  sites:
    - name: Bay
      inputs: [{{pattern: /normalized/bay/Pier}}, {{pattern: /normalized/bay/Buoy}}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [1d]
      datasets: [{{in_pattern: "/combined/bay/*", out_pattern: "$0"}}]
"""
"""Two instruments of one account, of which one is asked at a time, and what is made of them."""

DICTIONARIES = ("/raw/bay/units", "/raw/bay/parameters", "/raw/bay/locations")
PULLS = ("/raw/bay/Pier", "/raw/bay/Buoy")
DERIVED = (
    "/normalized/bay/Pier",
    "/normalized/bay/Buoy",
    "/combined/bay/Bay",
    "/reduced/bay/sites/Bay/res=1d",
)


@pytest.fixture
def gate() -> Iterator[Gate]:
    """What is behind the server of the tests."""
    with Gate(harbor(now=NOW)) as gate:
        yield gate


@pytest.fixture
def server(gate: Gate) -> Iterator[Simulator]:
    with harbor_server(gate) as server:
        yield server


@pytest.fixture
def pond(tmp_path: Path, server: Simulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the workers keep what they collect, as the environment of a run says it."""
    (tmp_path / "resources.yaml").write_text(RESOURCES.format(url=server.base_url))
    monkeypatch.setenv("POND_RESOURCES", str(tmp_path / "resources.yaml"))
    monkeypatch.setenv("POND", str(tmp_path / "pond"))
    return tmp_path / "pond"


@pytest.fixture
def lake(
    pond: Path,
    s3_server: s3.Server,
    bucket_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The same in a bucket, which workers of several machines share."""
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POND_CACHE", str(pond.with_name("copies")))
    monkeypatch.setenv("POND", bucket_url)
    return bucket_url


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(tmp_path / "home") as instance:
        yield instance


@pytest.fixture
def cluster(
    tmp_path: Path, s3_server: s3.Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cluster]:
    with Cluster(tmp_path / "cluster", s3_server.environ) as cluster:
        monkeypatch.setenv("POND_EXECUTOR", "dask")
        monkeypatch.setenv("POND_DASK_SCHEDULER", cluster.address)
        yield cluster


def backfill(instance: dg.DagsterInstance, months: Sequence[str]) -> str:
    """Carry out a run over some months as the code location says, and return its id."""
    span = {
        "dagster/asset_partition_range_start": months[0],
        "dagster/asset_partition_range_end": months[-1],
    }
    keys = [path_to_key(path) for path in (*DICTIONARIES, *PULLS, *DERIVED)]
    location = ReconstructableRepository.for_module("pond_pipeline.definitions", "defs")
    job = location.get_reconstructable_job("__ASSET_JOB")
    with dg.execute_job(
        job, instance=instance, tags=span, asset_selection=keys, raise_on_error=False
    ) as result:
        return result.run_id


def succeeded(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is not None and run.is_success


def contents(pond: str | Path, months: Sequence[str]) -> dict[str, str]:
    """Return what series hold in some months; when that was asked for does not count."""
    first, last = (Period.parse(month).window for month in (months[0], months[-1]))
    window = Window(first.start_us, last.end_us)
    snapshot = Pond.open(pond).snapshot()
    return {
        path: content_hash(snapshot.read_series(path, window), ignore=["fetched_at"])
        for path in (*PULLS, *DERIVED)
    }


def by_one_process(folder: Path, server: Simulator, months: Sequence[str]) -> dict[str, str]:
    """Return what a run in one process makes of the same months."""
    folder.mkdir()
    plan = compile_plan(load_documents(RESOURCES.format(url=server.base_url)), root=folder)
    pond, periods = folder / "pond", [Period.parse(month) for month in months]
    with open_instance(folder / "home") as instance:
        [report] = launch.run(plan, plan.steps, periods, root=folder, pond=pond, instance=instance)
    assert report.failures == ()
    return contents(pond, months)


def times(instance: dg.DagsterInstance, run_id: str, step: str) -> list[tuple[str, float]]:
    """Return when a step began and ended, as Dagster's log tells it."""
    kinds = {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_SUCCESS}
    return [
        (each.dagster_event.event_type_value, each.timestamp)
        for each in instance.all_logs(run_id, of_type=kinds)
        if each.dagster_event is not None and each.dagster_event.step_key == step
    ]


def test_a_backfill_by_two_workers_on_a_bucket_leaves_what_one_process_leaves_on_a_disk(
    lake: str,
    tmp_path: Path,
    server: Simulator,
    instance: dg.DagsterInstance,
    cluster: Cluster,
) -> None:
    with get_task_stream(cluster.client) as stream:
        run = backfill(instance, MONTHS)
    assert succeeded(instance, run)
    by = {each["worker"] for each in stream.data if each["key"].startswith(run)}
    assert by == set(cluster.workers().values()), "both workers had steps of the run"
    pulls = [times(instance, run, step) for step in ("raw_bay_Pier", "raw_bay_Buoy")]
    (_, ended), (begun, _) = sorted((begun, ended) for (_, begun), (_, ended) in pulls)
    assert ended <= begun, "one step at a time asks the account's API"
    assert contents(lake, MONTHS) == by_one_process(tmp_path / "alone", server, MONTHS)
    assert Pond.open(lake).verify().findings == ()


def test_a_worker_that_dies_in_the_middle_loses_nothing(
    pond: Path,
    server: Simulator,
    gate: Gate,
    instance: dg.DagsterInstance,
    cluster: Cluster,
) -> None:
    months = MONTHS[:3]
    gate.close_after(2)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(backfill, instance, months)
        until(lambda: gate.held.is_set() or running.done(), "a pull in its middle")
        [busy], [step] = cluster.busy(), cluster.steps()
        cluster.kill(busy)
        until(lambda: not step.is_running(), "end of the step with its worker")
        gate.open()
        run = running.result()
    assert succeeded(instance, run)
    assert list(cluster.workers()) == [{"one": "two", "two": "one"}[busy]]
    pulls = [
        kind for step in ("raw_bay_Pier", "raw_bay_Buoy") for kind, _ in times(instance, run, step)
    ]
    assert Counter(pulls) == {"STEP_START": 3, "STEP_SUCCESS": 2}, "one was begun again"
    assert contents(pond, months) == by_one_process(pond.parent / "alone", server, months)
    assert Pond.open(pond).verify().findings == ()


@pytest.mark.usefixtures("pond")
def test_a_step_that_nobody_waits_for_any_more_ends(
    gate: Gate, instance: dg.DagsterInstance, cluster: Cluster
) -> None:
    gate.close_after(0)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(backfill, instance, MONTHS[:1])
        until(lambda: gate.held.is_set() or running.done(), "a pull in its middle")
        [step] = cluster.steps()
        cluster.cancel()
        until(lambda: not step.is_running(), "end of the step")
        gate.open()
        assert not succeeded(instance, running.result())


@pytest.mark.usefixtures("pond")
def test_a_run_that_has_ended_has_left_the_scheduler(
    instance: dg.DagsterInstance, cluster: Cluster
) -> None:
    assert succeeded(instance, backfill(instance, MONTHS[:1]))
    until(lambda: cluster.clients() == 0, "end of the run's connection")
