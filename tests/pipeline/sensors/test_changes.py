"""A backup is asked for once after each change that matters."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.sensors import changes
from tests.pipeline.services import RESOURCES, definitions_of, plug_in, write


class Daemon:
    """Evaluates the sensor as the daemon does, and keeps its cursor."""

    def __init__(self, root: Path, instance: dg.DagsterInstance) -> None:
        self.definitions = definitions_of(root)
        self.instance = instance
        self.cursor: str | None = None

    def tick(self) -> list[str | None]:
        """Return the keys of the runs that are asked for."""
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursor,
            repository_def=self.definitions.get_repository_def(),
        )
        result = self.definitions.resolve_sensor_def("safe_after_changes").evaluate_tick(context)
        self.cursor = result.cursor
        return [request.run_key for request in result.run_requests or ()]


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(tmp_path, instance)


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    plug_in(tmp_path)
    return Pond.init(tmp_path / "pond", durability="process")


def test_it_is_on_by_itself_and_looks_once_a_minute(daemon: Daemon) -> None:
    sensor = daemon.definitions.resolve_sensor_def("safe_after_changes")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 60


def test_without_a_pond_nothing_is_asked_for(daemon: Daemon) -> None:
    assert daemon.tick() == []


def test_an_empty_pond_needs_no_backup(daemon: Daemon, pond: Pond) -> None:
    assert pond.snapshot().txn == 0
    assert daemon.tick() == []


def test_a_change_asks_once(daemon: Daemon, pond: Pond) -> None:
    write(pond, "/a")
    assert daemon.tick() == [f"1 {pond.log()[0].hash}"]
    assert daemon.tick() == []


def test_many_changes_ask_once(daemon: Daemon, pond: Pond) -> None:
    for data in (b"1", b"2", b"3"):
        write(pond, "/a", data)
    assert len(daemon.tick()) == 1
    assert daemon.tick() == []


def test_what_the_pipeline_keeps_about_itself_does_not_count(daemon: Daemon, pond: Pond) -> None:
    write(pond, "/a")
    daemon.tick()
    write(pond, "/sys/resources/x")
    assert daemon.tick() == []
    assert daemon.cursor is not None
    assert daemon.cursor.startswith("2 ")


def test_a_change_before_one_of_the_pipelines_own_counts(daemon: Daemon, pond: Pond) -> None:
    write(pond, "/a")
    write(pond, "/sys/resources/x")
    assert len(daemon.tick()) == 1


def test_a_name_that_only_begins_like_it_counts(daemon: Daemon, pond: Pond) -> None:
    write(pond, "/system")
    assert len(daemon.tick()) == 1


def test_what_was_forgotten_counts(daemon: Daemon, pond: Pond) -> None:
    write(pond, "/sys/x")
    write(pond, "/sys/y")
    pond.maintain(forget_before=2)
    assert len(daemon.tick()) == 1


def test_a_pond_that_took_the_place_of_another_is_looked_at(
    daemon: Daemon, pond: Pond, tmp_path: Path
) -> None:
    for data in (b"1", b"2"):
        write(pond, "/a", data)
    daemon.tick()
    pond.path.rename(tmp_path / "before")
    write(Pond.init(tmp_path / "pond"), "/b")
    assert len(daemon.tick()) == 1


def test_a_backup_that_is_running_is_waited_for(daemon: Daemon, pond: Pond) -> None:
    write(pond, "/a")
    job = daemon.definitions.resolve_job_def("safe_backup")
    run = daemon.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert daemon.tick() == []
    daemon.instance.report_run_canceled(run)
    assert len(daemon.tick()) == 1


def test_what_is_asked_for_makes_the_backup(daemon: Daemon, pond: Pond, tmp_path: Path) -> None:
    write(pond, "/a")
    assert daemon.tick()
    job = daemon.definitions.resolve_job_def("safe_backup")
    assert job.execute_in_process(instance=daemon.instance).success
    assert (tmp_path / "stick" / "backup" / "ponds" / pond.id).is_dir()


def test_a_backup_that_failed_is_asked_for_again_an_hour_later(
    daemon: Daemon, pond: Pond, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stick").rmdir()
    write(pond, "/a")
    assert daemon.tick()
    job = daemon.definitions.resolve_job_def("safe_backup")
    assert not job.execute_in_process(instance=daemon.instance, raise_on_error=False).success
    assert daemon.tick() == []
    monkeypatch.setattr(changes, "_PAUSE", timedelta(0))
    assert len(daemon.tick()) == 1
    plug_in(tmp_path)
    assert job.execute_in_process(instance=daemon.instance).success
    assert daemon.tick() == []


def test_a_backup_without_after_changes_has_no_sensor(tmp_path: Path) -> None:
    resources = RESOURCES.replace('schedule: "0 3 * * *"}', "after_changes: false}")
    names = {sensor.name for sensor in definitions_of(tmp_path, resources).sensors or ()}
    assert not any("safe" in name for name in names)
