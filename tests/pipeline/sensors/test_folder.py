"""Ticks of real sensors on real folders, and the runs that they ask for."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.assets import IO_MANAGER, POND, build_assets
from pond_pipeline.assets.condition import condition_of
from pond_pipeline.build import PondResource, build_definitions
from pond_pipeline.config import load_documents
from pond_pipeline.due import stale
from pond_pipeline.io_manager import PondIOManager
from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import ExportStep, compile_plan
from pond_pipeline.sensors import build_folder_sensors
from tests.pipeline.steps.exports import put, write_export

RESOURCES = """
kind: LakeTech
name: fb
spec:
  pattern: "${env:EXPORTS:-inbox/fb}/*.csv"
  timezone: UTC
  start: 2025-01-01
  locations: [{name: Pier, match: "Pier-*"}]
---
kind: Inbox
name: notes
spec: {pattern: "inbox/notes/**/*"}
"""
ROW = "2025-01-01 00:00,Pier-1,Temp (C),5"
NONSENSE = "nothing of the kind"
START = datetime.now(UTC)
EXPORTS, NOTES = "raw_fb_files_sensor", "raw_notes_sensor"


class Watched:
    """Two folders, their sensors, and the daemon's part: cursors, run keys and time."""

    def __init__(self, root: Path, instance: dg.DagsterInstance, text: str = RESOURCES) -> None:
        self.root = root
        self.instance = instance
        self.now = START
        self.cursors: dict[str, str | None] = {}
        self.logged: list[str] = []
        self.definitions = self._definitions(text)

    @property
    def exports(self) -> Path:
        return self.root / "inbox" / "fb"

    @property
    def notes(self) -> Path:
        return self.root / "inbox" / "notes"

    def apply(self, text: str) -> None:
        """Load other resources, as when the code location is loaded anew."""
        self.definitions = self._definitions(text)

    def evaluate(self, name: str = EXPORTS) -> tuple[dg.RunRequest | None, str]:
        """Evaluate a sensor and forget its answer; return its request, or why there is none."""
        with self._context(name) as context:
            sensors = self.definitions.get_repository_def()
            answer = sensors.get_sensor_def(name).evaluate_tick(context)
        self._cursor = answer.cursor
        requests = answer.run_requests or []
        assert len(requests) <= 1
        return next(iter(requests), None), answer.skip_message or ""

    def tick(self, name: str = EXPORTS) -> tuple[dg.RunRequest | None, str]:
        """Evaluate a sensor half a minute later."""
        self.now += timedelta(seconds=30)
        answer = self.evaluate(name)
        self.cursors[name] = self._cursor
        return answer

    def run(self, request: dg.RunRequest | None, name: str = EXPORTS) -> dg.ExecuteInProcessResult:
        """Start what was asked for."""
        assert request is not None
        job = self.definitions.resolve_job_def(name.replace("_sensor", "_look"))
        tags = {"dagster/run_key": str(request.run_key)}
        return job.execute_in_process(instance=self.instance, tags=tags, raise_on_error=False)

    def settle(self, name: str = EXPORTS) -> None:
        """Tick, run what is asked for, and tick once more."""
        request, _ = self.tick(name)
        assert self.run(request, name).success
        assert self.tick(name)[0] is None

    def behind(self) -> list[str]:
        """Return the months of the places that are behind the files that are kept."""
        snapshot = Pond.open(self.root / "pond").snapshot()
        return [str(each.period) for each in stale(self.plan, self.plan.steps, snapshot, now=START)]

    def catch_up(self) -> None:
        """Make every month of the place."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        tags = {
            "dagster/asset_partition_range_start": "2025-01",
            "dagster/asset_partition_range_end": "2025-03",
        }
        places = [path_to_key("/normalized/fb/Pier")]
        result = job.execute_in_process(instance=self.instance, asset_selection=places, tags=tags)
        assert result.success

    def read(self, path: str) -> bytes:
        return Pond.open(self.root / "pond").snapshot().read_data(path)

    def _context(self, name: str) -> dg.SensorEvaluationContext:
        return dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursors.get(name),
            definitions=self.definitions,
            sensor_name=name,
        )

    def _definitions(self, text: str) -> dg.Definitions:
        self.plan = compile_plan(load_documents(text), root=self.root)
        pond = self.root / "pond"
        sensors = build_folder_sensors(self.plan, root=self.root, pond=pond, clock=lambda: self.now)
        return dg.Definitions(
            assets=build_assets(self.plan, root=self.root),
            sensors=sensors,
            resources={
                IO_MANAGER: PondIOManager(path=str(pond)),
                POND: PondResource(path=str(pond)),
            },
            executor=dg.in_process_executor,
        )


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with dg.DagsterInstance.ephemeral() as instance:
        watched = Watched(tmp_path, instance)
        watched.exports.mkdir(parents=True)
        watched.notes.mkdir()
        yield watched


def test_each_folder_has_a_sensor_that_is_on_by_itself(tmp_path: Path) -> None:
    plan = compile_plan(load_documents(RESOURCES), root=tmp_path)
    definitions = build_definitions(plan, root=tmp_path, pond=tmp_path / "pond")
    sensors = {each.name: each for each in definitions.get_repository_def().sensor_defs}
    for name in (EXPORTS, NOTES):
        assert sensors[name].default_status is dg.DefaultSensorStatus.RUNNING
        assert sensors[name].minimum_interval_seconds == 30


def test_its_job_makes_the_files_and_nothing_else(watched: Watched) -> None:
    job = watched.definitions.resolve_job_def("raw_fb_files_look")
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == {
        "raw/fb/files"
    }


def test_an_empty_folder_asks_for_nothing(watched: Watched) -> None:
    assert [watched.tick()[0] for _ in range(2)] == [None, None]


def test_a_new_file_is_asked_for_once(watched: Watched) -> None:
    file = write_export(watched.exports, "a.csv", ROW)
    request, _ = watched.tick()
    assert watched.run(request).success
    assert watched.read("/raw/fb/files/a.csv") == file.read_bytes()
    assert [watched.tick()[0] for _ in range(3)] == [None, None, None]


def test_an_inbox_is_watched_in_the_same_way(watched: Watched) -> None:
    put(watched.notes, "deep/a.txt", "hello")
    watched.settle(NOTES)
    assert watched.read("/raw/notes/deep/a.txt") == b"hello"


def test_a_tick_that_is_repeated_asks_for_the_same_run(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", ROW)
    first, again = watched.evaluate()[0], watched.evaluate()[0]
    assert first is not None
    assert again is not None
    assert first.run_key == again.run_key


def test_a_changed_file_is_asked_for_with_another_key(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", ROW)
    first, _ = watched.tick()
    watched.run(first)
    watched.tick()
    write_export(watched.exports, "a.csv", ROW, ROW.replace("00:00", "01:00"))
    second, _ = watched.tick()
    assert first is not None
    assert second is not None
    assert first.run_key != second.run_key


def test_a_folder_that_is_as_it_was_once_is_asked_for_again(watched: Watched) -> None:
    keys = []
    write_export(watched.exports, "a.csv", ROW)
    status = (watched.exports / "a.csv").stat()
    for value in ("5", "6", "5"):
        (watched.exports / "a.csv").write_text(f"Timestamp,Location,Parameter,Value\n{ROW[:-1]}")
        with (watched.exports / "a.csv").open("a") as file:
            file.write(value + "\n")
        when = status.st_mtime_ns + (value == "6")
        os.utime(watched.exports / "a.csv", ns=(when, when))
        request, _ = watched.tick()
        watched.run(request)
        watched.tick()
        assert request is not None
        keys.append(request.run_key)
    assert len(set(keys)) == 3
    assert watched.read("/raw/fb/files/a.csv").endswith(b",5\n")


def test_a_file_that_is_gone_asks_for_nothing(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", ROW)
    watched.settle()
    (watched.exports / "a.csv").unlink()
    assert watched.tick() == (None, "all is kept: 0 files")


def test_a_file_that_is_still_written_is_asked_for_when_it_has_settled(watched: Watched) -> None:
    file = write_export(watched.exports, "a.csv", ROW)
    soon = (watched.now + timedelta(seconds=29)).timestamp()
    os.utime(file, (soon, soon))
    assert watched.tick() == (None, "all is kept: 0 files, 1 to come")
    assert watched.tick()[0] is not None


def test_while_a_run_looks_no_other_is_asked_for(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", ROW)
    request, _ = watched.tick()
    assert request is not None
    run = watched.instance.create_run_for_job(
        watched.definitions.resolve_job_def("raw_fb_files_look"),
        tags={"dagster/run_key": str(request.run_key)},
        status=dg.DagsterRunStatus.STARTED,
    )
    write_export(watched.exports, "b.csv", ROW)
    assert watched.tick() == (None, f"run {run.run_id} is looking")


def test_a_run_that_failed_is_asked_for_again_later_and_later(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", ROW)
    asked: list[float] = []
    (watched.root / "pond").write_text("no pond can be made here")
    for _ in range(60):
        request, _ = watched.tick()
        if request is not None:
            (watched.root / "pond").touch()
            assert not watched.run(request).success
            asked.append((watched.now - START).total_seconds())
    waits = [later - sooner for sooner, later in pairwise(asked)]
    assert waits == [60, 120, 240, 480]
    (watched.root / "pond").unlink()
    watched.now += timedelta(hours=1)
    watched.settle()
    assert watched.read("/raw/fb/files/a.csv")


def test_a_bad_file_is_told_once_and_retried_when_it_changes(watched: Watched) -> None:
    put(watched.exports, "a.csv", NONSENSE)
    request, _ = watched.tick()
    checks = watched.run(request).get_asset_check_evaluations()
    assert [each.passed for each in checks if each.check_name == "exports_are_readable"] == [False]
    assert [watched.tick()[0] for _ in range(3)] == [None, None, None]
    write_export(watched.exports, "a.csv", ROW)
    request, _ = watched.tick()
    checks = watched.run(request).get_asset_check_evaluations()
    assert [each.passed for each in checks if each.check_name == "exports_are_readable"] == [True]


def test_a_bad_file_that_was_taken_away_is_looked_for_once_so_that_its_check_passes(
    watched: Watched,
) -> None:
    put(watched.exports, "a.csv", NONSENSE)
    watched.settle()
    (watched.exports / "a.csv").unlink()
    request, _ = watched.tick()
    checks = watched.run(request).get_asset_check_evaluations()
    assert all(each.passed for each in checks)
    assert [watched.tick()[0] for _ in range(2)] == [None, None]


def test_what_cannot_be_taken_is_told_once(watched: Watched) -> None:
    (watched.notes / "link").symlink_to(watched.root)
    (watched.notes / "gone").symlink_to(watched.root / "nowhere")
    request, _ = watched.tick(NOTES)
    (check,) = watched.run(request, NOTES).get_asset_check_evaluations()
    assert (check.passed, "gone" in (check.description or "")) == (False, True)
    assert [watched.tick(NOTES)[0] for _ in range(3)] == [None, None, None]


def test_after_its_run_only_the_months_of_a_new_file_are_behind(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", *(ROW.replace("-01-", f"-0{n}-") for n in (1, 2, 3)))
    watched.settle()
    assert watched.behind() == ["2025-01", "2025-02", "2025-03"]
    watched.catch_up()
    write_export(watched.exports, "b.csv", "2025-03-09 00:00,Pier-1,Temp (C),6")
    assert watched.behind() == []
    watched.settle()
    assert watched.behind() == ["2025-03"]


def test_a_new_file_is_left_to_the_one_that_knows_its_months(watched: Watched) -> None:
    (export,) = (step for step in watched.plan.steps if isinstance(step, ExportStep))
    assert condition_of(export) is None


def test_other_settings_are_a_reason_to_look(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", ROW)
    watched.settle()
    watched.apply(RESOURCES.replace("timezone: UTC", 'timezone: "UTC-08:00"'))
    watched.settle()
    assert watched.tick()[0] is None


def test_a_sensor_without_memory_asks_for_nothing_that_is_kept(watched: Watched) -> None:
    write_export(watched.exports, "a.csv", ROW)
    watched.settle()
    for cursor in (None, "", "[]", '{"from": "another version"}'):
        watched.cursors[EXPORTS] = cursor
        assert watched.tick() == (None, "all is kept: 1 files")


def test_a_folder_that_is_not_there_is_told_once_and_taken_up_when_it_is(
    watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    write_export(watched.exports, "a.csv", ROW)
    watched.exports.rename(watched.root / "unmounted")
    reasons = [watched.tick()[1] for _ in range(3)]
    assert len(set(reasons)) == 1
    assert "there is no folder" in reasons[0]
    assert capfd.readouterr().err.count("there is no folder") == 1
    (watched.root / "unmounted").rename(watched.exports)
    watched.settle()
    assert watched.read("/raw/fb/files/a.csv")


def test_variables_of_the_pattern_are_read_at_each_tick(watched: Watched) -> None:
    watched.tick()
    write_export(watched.root / "elsewhere", "a.csv", ROW)
    (watched.root / ".env").write_text(f"EXPORTS={watched.root / 'elsewhere'}\n")
    (watched.root / ".env").chmod(0o600)
    watched.settle()
    assert watched.read("/raw/fb/files/a.csv")


def test_a_variable_that_is_not_set_is_a_reason_to_skip(watched: Watched) -> None:
    watched.apply(RESOURCES.replace(":-inbox/fb", ""))
    request, why = watched.tick()
    assert request is None
    assert "EXPORTS is not set" in why


def test_a_cursor_does_not_grow_with_the_folder(watched: Watched) -> None:
    put(watched.notes, "first", "x")
    watched.settle(NOTES)
    before = len(watched.cursors[NOTES] or "")
    for index in range(10_000):
        put(watched.notes, f"{index}.txt", "x")
    watched.settle(NOTES)
    assert len(watched.cursors[NOTES] or "") == before
    assert len(list(Pond.open(watched.root / "pond").snapshot().ls("/raw/notes"))) == 10_001
