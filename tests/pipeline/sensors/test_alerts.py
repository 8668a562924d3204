"""The sensor of the alerts learns from Dagster which checks fail, and what was made again."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Pond
from pond_pipeline.alerts.book import Shelf
from pond_pipeline.alerts.failure import FailedRun
from pond_pipeline.alerts.incident import Ongoing
from tests.pipeline.services import RESOURCES, Receiver, definitions_of, plug_in, receiving

BOTH = RESOURCES.replace("[{when: run_failed}]", "[{when: run_failed}, {when: check_failed}]")
SAFE, MADE = dg.AssetKey(["backup", "safe"]), dg.AssetKey(["raw", "made", "A"])
CHECK = "backup_is_complete"


class Daemon:
    """Evaluates the sensor as the daemon does.

    Attributes:
        instance: Dagster's.
        definitions: What the daemon has loaded.
        shelf: Where the sensor remembers.
    """

    def __init__(self, root: Path, instance: dg.DagsterInstance) -> None:
        plug_in(root)
        self.instance = instance
        self.definitions = definitions_of(root, BOTH)
        self.shelf = Shelf(Pond.init(root / "pond", durability="process").path)

    def tick(self) -> list[Ongoing]:
        """Look once; return what goes on."""
        repository = self.definitions.get_repository_def()
        context = dg.build_sensor_context(instance=self.instance, repository_def=repository)
        ticked = self.definitions.resolve_sensor_def("alerts").evaluate_tick(context)
        assert ticked.skip_message is not None
        return [*self.shelf.read().ongoing]

    def judge(
        self, *, passed: bool, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
    ) -> None:
        """Let a check come to a verdict in a run."""
        self.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=SAFE,
                check_name=CHECK,
                passed=passed,
                metadata={},
                severity=severity,
                description="an object is lost",
            )
        )
        self.run("made_look_at")

    def run(self, job: str) -> None:
        """Let a run of any job begin: nothing is looked at before."""
        self.instance.create_run_for_job(
            self.definitions.resolve_implicit_global_asset_job_def(),
            tags={"made": job},
            asset_selection=frozenset({MADE}),
        )

    def make(self, partition: str) -> None:
        """Make one partition of the made-up readings."""
        job = self.definitions.resolve_implicit_global_asset_job_def()
        made = job.execute_in_process(
            instance=self.instance, asset_selection=[MADE], partition_key=partition
        )
        assert made.success

    def note(self, *partitions: str) -> None:
        """Let a run have failed just now."""
        now = datetime.now(UTC)
        self.shelf.note(
            FailedRun(
                run_id="0f" * 16,
                job="__ASSET_JOB",
                assets=("/raw/made/A",),
                partitions=partitions,
                reason="the disk is full",
                failed=now,
                began=now,
            )
        )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def daemon(tmp_path: Path, receiver: Receiver) -> Iterator[Daemon]:
    (tmp_path / ".env").write_text(f"PAGER={receiver.url}\n")
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(tmp_path, instance)


def test_a_check_of_severity_error_that_fails_is_an_incident_until_it_passes(
    daemon: Daemon,
) -> None:
    assert daemon.tick() == []
    daemon.judge(passed=False)
    [ongoing] = daemon.tick()
    assert ongoing.observed.subject == f"/backup/safe {CHECK}"
    assert ongoing.observed.text.endswith(f"the check {CHECK} failed: an object is lost")
    daemon.judge(passed=True)
    assert daemon.tick() == []


def test_a_check_that_only_warns_is_none(daemon: Daemon) -> None:
    daemon.judge(passed=False, severity=dg.AssetCheckSeverity.WARN)
    assert daemon.tick() == []


def test_a_check_that_is_just_being_judged_again_still_fails(daemon: Daemon) -> None:
    daemon.judge(passed=False)
    daemon.instance.create_run_for_job(daemon.definitions.resolve_job_def("safe_backup"))
    key = dg.AssetCheckKey(SAFE, CHECK)
    [record] = daemon.instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [key]
    ).values()
    assert record.status.value == "PLANNED"
    assert len(daemon.tick()) == 1


def test_a_failed_run_is_over_when_one_of_its_periods_was_made_and_no_other(
    daemon: Daemon, receiver: Receiver
) -> None:
    daemon.note("2026-01", "2026-01")
    assert [each.observed.subject for each in daemon.tick()] == ["/raw/made/A [2026-01..2026-01]"]
    daemon.make("2026-02")
    assert len(daemon.tick()) == 1
    daemon.make("2026-01")
    assert daemon.tick() == []
    states = [json.loads(body)["state"] for body in receiver.bodies]
    assert states == ["began", "recovered"]


def test_without_a_pond_there_is_nothing_to_look_at(daemon: Daemon, tmp_path: Path) -> None:
    (tmp_path / "pond").rename(tmp_path / "elsewhere")
    assert daemon.tick() == []
