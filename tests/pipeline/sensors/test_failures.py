"""A failed run is told once: in the log, and to whoever wants to know."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pond_pipeline import webhook
from pond_pipeline.plan import Plan
from pond_pipeline.sensors import build_failure_sensors, patience
from tests.pipeline.services import RESOURCES, Receiver, definitions_of, plan_of, plug_in, receiving

TWIN = dg.AssetKey(["backup", "twin"])


class Daemon:
    """Evaluates the sensor as the daemon does, and keeps its cursor."""

    def __init__(self, root: Path, instance: dg.DagsterInstance, resources: str) -> None:
        self.definitions = definitions_of(root, resources)
        self.instance = instance
        self.cursor: str | None = None
        self.tick()

    def fail(self) -> str:
        """Run what must fail: a copy of a backup that is not there; return the run's id."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            instance=self.instance, asset_selection=[TWIN], raise_on_error=False
        )
        assert not result.success
        return result.run_id

    def tick(self) -> None:
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            repository_def=self.definitions.get_repository_def(),
        )
        sensor = self.definitions.resolve_sensor_def("failed_runs")
        self.cursor = sensor.evaluate_tick(context).cursor


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def daemon(tmp_path: Path, instance: dg.DagsterInstance, receiver: Receiver) -> Daemon:
    plug_in(tmp_path)
    (tmp_path / ".env").write_text(f"PAGER={receiver.url}\n")
    return Daemon(tmp_path, instance, RESOURCES)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_BACKOFF", lambda _state: 0.0)


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    lines = [record.getMessage() for record in caplog.records]
    return [
        json.loads(line.removeprefix("run failed: "))
        for line in lines
        if line.startswith("run failed: ")
    ]


def test_a_failed_run_is_a_line_of_the_log(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = daemon.fail()
    daemon.tick()
    [line] = told(caplog)
    assert (line["run_id"], line["assets"], line["partitions"]) == (run_id, ["/backup/twin"], [])
    assert str(line["reason"]).startswith("there is no backup in ")
    assert "hint: is the disk plugged in?" in str(line["reason"])


def test_it_is_posted_to_the_webhook_once(daemon: Daemon, receiver: Receiver) -> None:
    run_id = daemon.fail()
    for _ in range(3):
        daemon.tick()
    [body] = map(json.loads, receiver.bodies)
    assert (body["event"], body["alert"], body["run_id"]) == ("run_failed", "pager", run_id)
    assert body["text"].startswith("DuckPond: /backup/twin failed: there is no backup")


def test_each_failed_run_is_told(daemon: Daemon, receiver: Receiver) -> None:
    runs = [daemon.fail(), daemon.fail()]
    daemon.tick()
    assert [json.loads(body)["run_id"] for body in receiver.bodies] == runs


def test_a_webhook_that_takes_too_long_keeps_no_other_from_being_told(
    tmp_path: Path,
    instance: dg.DagsterInstance,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "_LEAST_S", 1e-6)
    monkeypatch.setattr(patience, "_SPENT_S", 0.0)
    plug_in(tmp_path)
    both = RESOURCES.replace("[{webhook", '[{webhook: "${env:SLOW}"}, {webhook')
    with receiving() as slow:
        slow.answers[:] = [500] * 9
        (tmp_path / ".env").write_text(f"SLOW={slow.url}\nPAGER={receiver.url}\n")
        daemon = Daemon(tmp_path, instance, both)
        daemon.fail()
        daemon.tick()
    assert len(receiver.bodies) == 1


def test_a_run_that_succeeds_is_not_told(
    daemon: Daemon, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    job = daemon.definitions.resolve_job_def("safe_backup")
    assert job.execute_in_process(instance=daemon.instance).success
    daemon.tick()
    assert (told(caplog), receiver.bodies) == ([], [])


def test_a_webhook_that_fails_is_not_asked_for_ever(
    daemon: Daemon, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers[:] = [500] * 99
    daemon.fail()
    for _ in range(3):
        daemon.tick()
    assert len(receiver.bodies) == webhook.ATTEMPTS
    assert "the alert pager of run" in caplog.text
    assert len(told(caplog)) == 1


def test_the_address_is_nowhere_to_be_read(
    daemon: Daemon, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers[:] = [404]
    daemon.fail()
    with caplog.at_level(logging.DEBUG):
        daemon.tick()
    sent = b"".join(receiver.bodies).decode()
    assert "s3cret" not in f"{caplog.text}{sent}{daemon.cursor}"


def test_an_address_that_is_not_set_does_not_hide_the_failure(
    tmp_path: Path, instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    daemon = Daemon(tmp_path, instance, RESOURCES)
    daemon.fail()
    daemon.tick()
    assert len(told(caplog)) == 1
    assert "PAGER is not set" in caplog.text


def test_a_run_whose_process_is_gone_is_told(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    job = daemon.definitions.resolve_job_def("twin_copy")
    run = daemon.instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.STARTED, asset_selection=frozenset({TWIN})
    )
    daemon.instance.report_run_failed(run, "the process of this run is gone")
    daemon.tick()
    [line] = told(caplog)
    assert (line["reason"], line["assets"]) == ("the process of this run is gone", ["/backup/twin"])


def test_an_alert_about_something_else_is_not_told(
    tmp_path: Path, instance: dg.DagsterInstance, receiver: Receiver
) -> None:
    (tmp_path / ".env").write_text(f"PAGER={receiver.url}\n")
    resources = RESOURCES.replace("when: run_failed", "when: check_failed")
    daemon = Daemon(tmp_path, instance, resources)
    daemon.fail()
    daemon.tick()
    assert receiver.bodies == []


def test_it_is_on_by_itself_also_without_an_alert(tmp_path: Path) -> None:
    plan: Plan = plan_of(tmp_path, RESOURCES.partition("---")[0])
    [sensor] = build_failure_sensors(plan, root=tmp_path)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
