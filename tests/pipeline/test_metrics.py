"""What Prometheus reads of a pond is what `pond status` finds."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families

from pond_core import Pond
from pond_pipeline.metrics import Found, PondCollector, metrics_of, registry_of
from pond_pipeline.runs.ended import Ended
from pond_pipeline.status import Status, status_of
from tests.pipeline.alerts.lookout import RESOURCES, Lookout, looking_out
from tests.pipeline.alerts.lookout import seen_at as t
from tests.pipeline.instruments import PIER
from tests.pipeline.services import plug_in, write
from tests.pipeline.waters import at

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def lookout(tmp_path: Path) -> Iterator[Lookout]:
    with looking_out(tmp_path) as made:
        (tmp_path / "resources.yaml").write_text(RESOURCES)
        yield made


def look(lookout: Lookout, when: str = t(9)) -> Status:
    file = lookout.root / "resources.yaml"
    return status_of(lookout.pond.path, file=file, variables={}, now=at(when))


def samples(registry: CollectorRegistry) -> Samples:
    """Return what Prometheus's own parser reads, by name and labels."""
    return parsed(generate_latest(registry).decode())


def parsed(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, /, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def test_an_instrument_tells_when_it_was_heard_of_and_whether_that_is_late(
    lookout: Lookout,
) -> None:
    lookout.readings(PIER, {t(3): 7.0, t(4): 7.0}, "2025-03")
    status = look(lookout)
    found = samples(registry_of(Found(metrics_of(status))))
    heard = next(each for each in status.series if each.path == PIER)
    series = {name: value(found, f"pond_series_{name}", path=PIER) for name in ("late", "rows")}
    assert series == {"late": 1.0, "rows": 2.0}
    timestamp = value(found, "pond_series_newest_reading_timestamp_seconds", path=PIER)
    assert timestamp == at(t(4)).timestamp()
    assert (
        value(found, "pond_series_newest_reading_age_seconds", path=PIER) == heard.age_s == 18_000
    )
    assert value(found, "pond_series_expected_within_seconds", path=PIER) == heard.limit_s


def test_a_battery_is_told_in_base_units(lookout: Lookout) -> None:
    lookout.battery(PIER, {t(3): 80.0, t(4): 75.0}, "2025-03")
    found = samples(registry_of(Found(metrics_of(look(lookout)))))
    assert value(found, "pond_battery_level_ratio", path=PIER, column="Charge.%") == 0.75


def test_the_pond_tells_what_it_is_and_takes(lookout: Lookout) -> None:
    write(lookout.pond, "/files/a")
    status = look(lookout)
    found = samples(registry_of(Found(metrics_of(status))))
    assert value(found, "pond_up") == 1.0
    assert value(found, "pond_transactions_total") == 1.0
    assert value(found, "pond_log_size_bytes") == status.sizes.log_bytes
    assert value(found, "pond_warnings") == len(status.concerns)
    facts = {"id": lookout.pond.id, "place": str(lookout.pond.path), "format": "2"}
    assert value(found, "pond_info", **facts) == 1.0


def test_a_backup_tells_how_far_it_is_behind(lookout: Lookout) -> None:
    plug_in(lookout.root)
    where = {"name": "safe", "place": str(lookout.root / "stick" / "backup"), "way": "push"}
    write(lookout.pond, "/files/a")
    never = samples(registry_of(Found(metrics_of(look(lookout)))))
    assert value(never, "pond_backup_last_success_timestamp_seconds", **where) == 0.0
    lookout.pond.push(lookout.root / "stick" / "backup")
    write(lookout.pond, "/files/b")
    found = samples(registry_of(Found(metrics_of(look(lookout)))))
    assert value(found, "pond_backup_behind_transactions", **where) == 1.0
    assert value(found, "pond_backup_failed", **where) == 0.0
    assert (value(found, "pond_backup_last_success_timestamp_seconds", **where) or 0.0) > 0


def test_incidents_that_last_are_counted(lookout: Lookout) -> None:
    lookout.readings(PIER, {t(4): 7.0}, "2025-03")
    lookout.receiver.answers[:] = [404]
    lookout.begin("{when: stale}")
    lookout.look(t(8))
    lookout.look(t(9))
    found = samples(registry_of(Found(metrics_of(look(lookout)))))
    assert value(found, "pond_alert_incidents", alert="watch", event="stale") == 1.0
    assert value(found, "pond_alert_messages_owed") == 1.0


def test_a_job_tells_how_its_newest_run_ended_and_when_one_last_did_well(lookout: Lookout) -> None:
    ends = [at(t(hour)) for hour in (3, 4)]
    ended = [Ended("bay_pull", ends[1], is_failed=True, succeeded=ends[0])]
    never = Ended("safe_backup", ends[1], is_failed=True, succeeded=None)
    found = samples(registry_of(Found(metrics_of(look(lookout), [*ended, never]))))
    job = {
        name: value(found, f"pond_job_last_{name}", dagster_job="bay_pull")
        for name in ("run_timestamp_seconds", "run_failed", "success_timestamp_seconds")
    }
    assert [*job.values()] == [ends[1].timestamp(), 1.0, ends[0].timestamp()]
    name = "pond_job_last_success_timestamp_seconds"
    assert value(found, name, dagster_job="safe_backup") == 0.0


def test_a_name_with_quotes_and_backslashes_is_read_as_it_is(lookout: Lookout) -> None:
    name = 'a "quoted" \\n name'
    resources = RESOURCES.replace("name: Pier, id", f"name: '{name}', id").partition("\n---")[0]
    (lookout.root / "resources.yaml").write_text(resources)
    found = samples(registry_of(Found(metrics_of(look(lookout)))))
    assert value(found, "pond_series_rows", path=f"/normalized/bay/{name}") == 0.0


def test_each_scrape_looks_anew_and_a_pond_that_is_gone_is_not_up(lookout: Lookout) -> None:
    collector = PondCollector(lambda: metrics_of(look(lookout)))
    server, thread = start_http_server(0, "127.0.0.1", registry_of(collector))
    url = f"http://127.0.0.1:{server.server_port}/metrics"
    try:
        before = parsed(httpx.get(url, timeout=60).text)
        write(lookout.pond, "/files/a")
        after = parsed(httpx.get(url, timeout=60).text)
        lookout.pond.path.rename(lookout.root / "elsewhere")
        gone = parsed(httpx.get(url, timeout=60).text)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    counts = [value(each, "pond_transactions_total") for each in (before, after)]
    assert counts == [0.0, 1.0]
    assert gone == {("pond_up", frozenset()): 0.0}


def test_an_empty_pond_and_no_resources_are_no_reason_to_fail(tmp_path: Path) -> None:
    pond = Pond.init(tmp_path / "pond", durability="process")
    status = status_of(
        pond.path, file=tmp_path / "resources.yaml", variables={}, now=at("2025-03-01 12:00")
    )
    assert value(samples(registry_of(Found(metrics_of(status)))), "pond_transactions_total") == 0.0
