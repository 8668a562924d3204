from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from pond_pipeline.errors import ConfigError
from pond_pipeline.event_log import EventLog
from pond_pipeline.instance import open_instance


@pytest.fixture(autouse=True)
def _home_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back what `open_instance` puts into the environment."""
    monkeypatch.setenv("DAGSTER_HOME", "to be restored")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dagster") / "home"


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(home) as opened:
        yield opened


def test_a_home_is_made_with_its_settings_and_databases(
    home: Path, instance: dg.DagsterInstance
) -> None:
    assert instance.root_directory == str(home)
    assert (home / "dagster.yaml").is_file()
    assert (home / "history" / "runs.db").is_file()


def test_nothing_is_sent_home(home: Path, instance: dg.DagsterInstance) -> None:
    assert instance.telemetry_enabled is False
    assert yaml.safe_load((home / "dagster.yaml").read_text())["telemetry"] == {"enabled": False}


def test_a_run_that_was_killed_gives_its_place_in_a_pool_back(instance: dg.DagsterInstance) -> None:
    assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"]
    assert instance.run_monitoring_poll_interval_seconds <= 15


def test_nobody_is_asked_to_sign_up(instance: dg.DagsterInstance) -> None:
    assert instance.nux_enabled is False


@pytest.mark.usefixtures("instance")
def test_the_steps_of_one_pool_take_turns(home: Path) -> None:
    concurrency = yaml.safe_load((home / "dagster.yaml").read_text())["concurrency"]
    assert concurrency["pools"] == {"default_limit": 1, "granularity": "op"}


def test_a_run_that_lost_its_process_is_made_again_and_one_that_failed_is_not(
    instance: dg.DagsterInstance,
) -> None:
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 3
    assert not instance.run_retries_retry_on_asset_or_op_failure


def test_the_event_log_is_ours(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, EventLog)


def test_the_home_is_where_dagster_itself_looks(home: Path, instance: dg.DagsterInstance) -> None:
    with dg.DagsterInstance.get() as found:
        assert found.root_directory == instance.root_directory == str(home)


@pytest.mark.usefixtures("instance")
def test_settings_that_are_there_stay(home: Path) -> None:
    settings = home / "dagster.yaml"
    written = settings.read_text()
    settings.write_text(f"{written}# mine\n")
    with open_instance(home):
        assert settings.read_text() == f"{written}# mine\n"


def test_settings_that_a_power_cut_left_empty_are_written_anew(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").touch()
    with open_instance(tmp_path) as opened:
        assert opened.telemetry_enabled is False


def test_settings_that_dagster_refuses_are_named(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabeld: false}\n")
    with pytest.raises(ConfigError, match=r"(?s)dagster\.yaml .*enabeld") as caught:
        open_instance(tmp_path)
    assert "mend it" in caught.value.hint


def test_settings_that_are_no_yaml_are_named(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: [\n")
    with pytest.raises(ConfigError, match=r"dagster\.yaml"):
        open_instance(tmp_path)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file/home") as caught:
        open_instance(tmp_path / "file" / "home")
    assert "DAGSTER_HOME" in caught.value.hint


@pytest.mark.parametrize("kind", ["folder", "damaged"])
def test_a_home_whose_databases_cannot_be_opened_is_refused(tmp_path: Path, kind: str) -> None:
    home = tmp_path / "home"
    (home / "history").mkdir(parents=True)
    database = home / "history" / "runs.db"
    if kind == "folder":
        database.mkdir()
    else:
        database.write_bytes(b"no database" * 100)
    with pytest.raises(ConfigError, match=r"the databases in .*home cannot be opened"):
        open_instance(home)
