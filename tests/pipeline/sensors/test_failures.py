"""A failed run is told once: in the log, and to whoever wants to know; so is that it was made."""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline import webhook
from pond_pipeline.alerts import patience
from pond_pipeline.plan import Plan
from pond_pipeline.sensors import build_alert_sensors, build_failure_sensors
from tests.pipeline.services import RESOURCES, Receiver, definitions_of, plan_of, plug_in, receiving

TWIN = dg.AssetKey(["backup", "twin"])


class Daemon:
    """Evaluates both sensors as the daemon does, and keeps their cursor."""

    def __init__(self, root: Path, instance: dg.DagsterInstance, resources: str) -> None:
        Pond.init(root / "pond", durability="process", exist_ok=True)
        self.root = root
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

    def unplug(self) -> None:
        """Let the backup be gone of which the copy is made."""
        shutil.rmtree(self.root / "stick")

    def succeed(self) -> None:
        """Make the backup, and then what had failed."""
        for job in ("safe_backup", "twin_copy"):
            made = self.definitions.resolve_job_def(job).execute_in_process(instance=self.instance)
            assert made.success

    def tick(self) -> None:
        for name in ("failed_runs", "alerts"):
            context = dg.build_sensor_context(
                instance=self.instance,
                cursor=self.cursor if name == "failed_runs" else None,
                repository_def=self.definitions.get_repository_def(),
            )
            ticked = self.definitions.resolve_sensor_def(name).evaluate_tick(context)
            self.cursor = ticked.cursor if name == "failed_runs" else self.cursor


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


def test_what_goes_on_failing_is_told_once_and_once_when_it_is_made(
    daemon: Daemon, receiver: Receiver
) -> None:
    for _ in range(2):
        daemon.fail()
        daemon.tick()
    daemon.succeed()
    daemon.tick()
    daemon.tick()
    bodies = [*map(json.loads, receiver.bodies)]
    assert [(each["state"], each["subject"]) for each in bodies] == [
        ("began", "/backup/twin"),
        ("recovered", "/backup/twin"),
    ]
    daemon.unplug()
    daemon.fail()
    daemon.tick()
    assert json.loads(receiver.bodies[-1])["state"] == "began"


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


def test_a_failure_without_a_pond_is_a_line_of_the_log_that_says_so(
    daemon: Daemon, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(daemon.root / "pond")
    run_id = daemon.fail()
    daemon.tick()
    assert len(told(caplog)) == 1
    assert f"alerts do not tell of run {run_id}: there is no pond" in caplog.text
    assert receiver.bodies == []


def test_a_webhook_that_fails_is_not_asked_for_ever(
    daemon: Daemon, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers[:] = [500] * 99
    daemon.fail()
    for _ in range(3):
        daemon.tick()
    assert len(receiver.bodies) == webhook.ATTEMPTS
    assert "the alert pager was not sent by webhook" in caplog.text
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
    pond = tmp_path / "pond"
    [sensor] = build_failure_sensors(plan, pond=pond)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert build_alert_sensors(plan, root=tmp_path, pond=pond) == []
    [alerts] = build_alert_sensors(plan_of(tmp_path), root=tmp_path, pond=pond)
    assert alerts.default_status is dg.DefaultSensorStatus.RUNNING
