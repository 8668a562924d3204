"""Backups and copies are assets of which nothing is kept in the pond."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from pond_core import Backups, Pond
from pond_pipeline.assets import services
from pond_pipeline.assets.services import LOOKED, TXN
from tests.pipeline.services import RESOURCES, definitions_of, plug_in, write

SAFE, TWIN = dg.AssetKey(["backup", "safe"]), dg.AssetKey(["backup", "twin"])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    plug_in(tmp_path)
    pond = Pond.init(tmp_path / "pond", durability="process")
    write(pond, "/a")
    return pond


def made(
    root: Path, instance: dg.DagsterInstance, *keys: dg.AssetKey, resources: str = RESOURCES
) -> dg.ExecuteInProcessResult:
    job = definitions_of(root, resources).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, asset_selection=keys, raise_on_error=False)


def test_definitions_with_services_are_loadable(tmp_path: Path) -> None:
    dg.Definitions.validate_loadable(definitions_of(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_backup_says_what_it_is_for(tmp_path: Path) -> None:
    specs = {spec.key: spec for spec in definitions_of(tmp_path).resolve_all_asset_specs()}
    spec = specs[SAFE]
    assert (spec.group_name, spec.owners, spec.kinds) == ("backup", ["ada@example.com"], {"backup"})
    assert "What we cannot lose." in (spec.description or "")


def test_a_backup_tells_what_it_sent_and_writes_nothing_into_the_pond(
    pond: Pond, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    assert made(tmp_path, instance, SAFE).success
    event = instance.get_latest_materialization_event(SAFE)
    assert event is not None
    assert event.asset_materialization is not None
    told = {key: value.value for key, value in event.asset_materialization.metadata.items()}
    assert (told[TXN], told["pond/place"]) == (1, "${env:STICK:-stick}/backup")
    sent = told["pond/bytes_sent"]
    assert isinstance(sent, int)
    assert told["pond/bytes"] == sent > 0
    assert told["pond/point"] == f"{pond.id} 1 {pond.log()[0].hash}"
    assert pond.snapshot().txn == 1


def test_the_check_of_a_backup_finds_what_is_missing(
    pond: Pond, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    [check] = made(tmp_path, instance, SAFE).get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("backup_is_complete", True)
    [point] = Backups(tmp_path / "stick" / "backup").points(pond.id)
    digest = point.segments[0].sha256
    (tmp_path / "stick" / "backup" / "segments" / digest[:2] / digest).unlink()
    monkeypatch.setattr(services, "_LOOKED_FOR", timedelta(0))
    [check] = made(tmp_path, instance, SAFE).get_asset_check_evaluations()
    assert not check.passed
    assert "segment missing" in (check.description or "")


def test_the_check_of_a_backup_looks_once_a_day_unless_it_found_something(
    pond: Pond, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checked() -> tuple[bool, object]:
        [check] = made(tmp_path, instance, SAFE).get_asset_check_evaluations()
        return check.passed, check.metadata[LOOKED].value

    first = checked()
    folder = tmp_path / "stick" / "backup" / "objects"
    write(pond, "/large", bytes(200_000))
    assert checked() == first
    [file] = folder.rglob("*/*")
    file.rename(tmp_path / "lost")
    assert checked() == first
    monkeypatch.setattr(services, "_LOOKED_FOR", timedelta(0))  # a day is over
    assert not checked()[0]
    monkeypatch.undo()
    assert not checked()[0]
    (tmp_path / "lost").rename(file)
    passed, looked = checked()
    assert (passed, looked == first[1]) == (True, False)
    assert checked() == (passed, looked)


def test_the_check_of_a_backup_looks_where_it_did_not_look_before(
    pond: Pond, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    assert pond.snapshot().txn == 1
    looked = []
    for resources in (RESOURCES, RESOURCES.replace("stick}/backup", "stick}/other")):
        result = made(tmp_path, instance, SAFE, resources=resources)
        [check] = result.get_asset_check_evaluations()
        looked.append(check.metadata[LOOKED].value)
    assert looked[0] != looked[1]


def test_a_push_that_takes_long_says_in_the_log_how_far_it_has_come(
    pond: Pond, tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines() -> list[str]:
        result = made(tmp_path, instance, SAFE)
        assert result.success
        logged = instance.all_logs(result.run_id)
        return [each.user_message for each in logged if "sent so far" in each.user_message]

    assert lines() == []
    write(pond, "/large", bytes(200_000))
    monkeypatch.setattr(services, "_LOGGED_S", 0)
    [first, *_] = lines()
    assert first.startswith("1 objects and 200,000 bytes")


def test_a_copy_is_made_of_a_backup(
    pond: Pond, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    assert made(tmp_path, instance, SAFE).success
    assert made(tmp_path, instance, TWIN).success
    assert Pond.open(tmp_path / "twin").snapshot().read_data("/a") == b"x"
    assert pond.snapshot().txn == 1


def test_both_have_a_schedule_that_is_on(tmp_path: Path) -> None:
    definitions = definitions_of(tmp_path)
    for name, cron, key in (("safe_backup", "0 3 * * *", SAFE), ("twin_copy", "30 3 * * *", TWIN)):
        schedule = definitions.resolve_schedule_def(f"{name}_schedule")
        assert schedule.cron_schedule == cron
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        job = definitions.resolve_job_def(schedule.job_name)
        assert set(job.asset_layer.executable_asset_keys) == {key}
