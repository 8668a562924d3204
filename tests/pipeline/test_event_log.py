"""Our event log and Dagster's own read, write and mean the same files."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.utils import make_new_run_id

from pond_pipeline.errors import ConfigError
from pond_pipeline.event_log import _OPEN_FILES, EventLog
from tests.pipeline.waters import at

NOON = at("2025-01-01 12:00")


def stock(folder: Path) -> SqliteEventLogStorage:
    return SqliteEventLogStorage(str(folder))


def ours(folder: Path) -> EventLog:
    return EventLog(str(folder))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = ours(tmp_path)
    yield opened
    opened.dispose()


def entry(
    run_id: str, message: str, *, instant: datetime = NOON, key: str | None = None
) -> EventLogEntry:
    """Return an event of a run; with a key, a materialization of that asset."""
    event = None
    if key is not None:
        materialization = dg.AssetMaterialization(key, partition="2025-01", tags={"a": "b"})
        event = dg.DagsterEvent(
            DagsterEventType.ASSET_MATERIALIZATION.value,
            "job",
            event_specific_data=dg._core.events.StepMaterializationData(materialization),
        )
    return EventLogEntry(  # type: ignore[no-untyped-call]  # Dagster's own class is untyped
        error_info=None,
        level=20,
        user_message=message,
        run_id=run_id,
        timestamp=instant.timestamp(),
        dagster_event=event,
    )


def messages(log: SqliteEventLogStorage, run_id: str) -> list[str]:
    return [each.user_message for each in log.get_logs_for_run(run_id)]


def facts(log: SqliteEventLogStorage, run_id: str) -> dict[str, object]:
    """Return everything that readers ask for."""
    key = dg.AssetKey("pier")
    records = log.get_event_records(
        dg.EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION, asset_key=key)
    )
    return {
        "events": log.get_logs_for_run(run_id),
        "stats": log.get_stats_for_run(run_id),
        "runs": log.get_all_run_ids(),
        "keys": list(log.get_latest_materialization_events([key])),
        "records": [(each.storage_id, each.event_log_entry) for each in records],
        "partitions": log.get_materialized_partitions(key),
        "tags": log.get_event_tags_for_asset(key),
    }


@pytest.fixture(params=[stock, ours], ids=["stock", "ours"])
def writer(request: pytest.FixtureRequest) -> Callable[[Path], SqliteEventLogStorage]:
    made: Callable[[Path], SqliteEventLogStorage] = request.param
    return made


def test_what_either_writes_both_read_alike(
    tmp_path: Path, writer: Callable[[Path], SqliteEventLogStorage]
) -> None:
    run_id = make_new_run_id()
    log = writer(tmp_path)
    for number in range(3):
        log.store_event(entry(run_id, f"event {number}", key="pier"))
    read_by_ours, read_by_stock = facts(ours(tmp_path), run_id), facts(stock(tmp_path), run_id)
    assert read_by_ours == read_by_stock
    assert len(read_by_ours["events"]) == 3  # type: ignore[arg-type]  # a list of entries
    assert read_by_ours["partitions"] == {"2025-01"}
    log.dispose()


def test_both_write_the_same_events_for_the_same_run(tmp_path: Path) -> None:
    run_id = make_new_run_id()
    found = []
    for name, make in {"stock": stock, "ours": ours}.items():
        log = make(tmp_path / name)
        for number in range(3):
            log.store_event(entry(run_id, f"event {number}", key="pier"))
        found.append(facts(log, run_id))
        log.dispose()
    assert found[0] == found[1]


def test_two_logs_of_the_same_files_see_each_other_s_events(tmp_path: Path, log: EventLog) -> None:
    run_id = make_new_run_id()
    other = stock(tmp_path)
    for number, each in enumerate([log, other, log, other]):
        each.store_event(entry(run_id, f"event {number}"))
    assert messages(log, run_id) == messages(other, run_id) == [f"event {n}" for n in range(4)]


def test_more_runs_than_open_files_are_kept(log: EventLog) -> None:
    runs = [make_new_run_id() for _ in range(_OPEN_FILES + 2)]
    for _ in range(2):
        for run_id in runs:
            log.store_event(entry(run_id, run_id))
    assert [messages(log, run_id) for run_id in runs] == [[run_id] * 2 for run_id in runs]
    assert len(log._engines) == _OPEN_FILES


def test_threads_share_a_log(log: EventLog) -> None:
    run_ids = [make_new_run_id() for _ in range(4)]
    ready = threading.Barrier(4)

    def write(run_id: str) -> None:
        ready.wait()
        for number in range(10):
            log.store_event(entry(run_id, str(number), key="pier"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, run_ids))
    for run_id in run_ids:
        assert messages(log, run_id) == [str(number) for number in range(10)]
    key = dg.AssetKey("pier")
    wanted = dg.EventRecordsFilter(DagsterEventType.ASSET_MATERIALIZATION, asset_key=key)
    assert len(log.get_event_records(wanted)) == 40


def test_an_error_inside_a_transaction_leaves_no_trace(log: EventLog) -> None:
    run_id = make_new_run_id()
    log.store_event(entry(run_id, "before"))
    with suppress(RuntimeError), log.run_connection(run_id) as connection:
        connection.execute(log.prepare_insert_event(entry(run_id, "lost")))
        raise RuntimeError
    log.store_event(entry(run_id, "after"))
    assert messages(log, run_id) == ["before", "after"]


def test_after_a_wipe_the_log_is_empty_and_usable(log: EventLog) -> None:
    run_id = make_new_run_id()
    log.store_event(entry(run_id, "old", key="pier"))
    log.wipe()
    assert (messages(log, run_id), facts(log, run_id)["records"]) == ([], [])
    log.store_event(entry(run_id, "new"))
    assert messages(log, run_id) == ["new"]


def test_a_run_can_be_deleted(tmp_path: Path, log: EventLog) -> None:
    run_id = make_new_run_id()
    log.store_event(entry(run_id, "old"))
    log.delete_events(run_id)
    assert messages(log, run_id) == messages(stock(tmp_path), run_id) == []


def test_files_are_closed_when_the_log_is(log: EventLog) -> None:
    log.store_event(entry(make_new_run_id(), "event"))
    log.dispose()
    assert len(log._engines) == 0


def test_it_lies_in_dagster_s_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    log = EventLog.from_config_value(None, {})
    assert log.path_for_shard("index") == str(tmp_path / "history" / "runs" / "index.db")
    log.dispose()


@pytest.mark.usefixtures("_clean_environment")
def test_without_a_home_it_is_refused() -> None:
    with pytest.raises(ConfigError, match="DAGSTER_HOME"):
        EventLog.from_config_value(None, {})
