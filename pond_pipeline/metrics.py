"""What `pond status` finds, as metrics for Prometheus: nobody is asked, and no series is read."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from pond_core import PondError, from_us
from pond_pipeline.alerts import Book, Shelf
from pond_pipeline.profiles import profiles_of
from pond_pipeline.quality import (
    BATTERY_LEVEL,
    BATTERY_VOLTAGE,
    Limit,
    check_battery,
)
from pond_pipeline.record import Totals
from pond_pipeline.runs.ended import Ended
from pond_pipeline.standing import Standing
from pond_pipeline.status import Status

_LOGGER = logging.getLogger(__name__)

HELP: Mapping[str, str] = {
    "pond_up": "Whether the pond could be looked at.",
    "pond": "What the pond is.",
    "pond_is_replica": "Whether the pond only follows another.",
    "pond_transactions": "Transactions so far.",
    "pond_last_commit_timestamp_seconds": "When the newest transaction committed.",
    "pond_last_run_commit_timestamp_seconds": "When the newest one of a Dagster run committed.",
    "pond_log_files": "Files of the log.",
    "pond_log_size_bytes": "Bytes of the log's files.",
    "pond_objects": "Objects, needed or not.",
    "pond_objects_size_bytes": "Bytes of the objects.",
    "pond_disk_free_bytes": "What is free on the pond's disk.",
    "pond_upkeep_due": "Whether pond maintain has much to do.",
    "pond_files_set_aside": "Files that openings and repairs moved away.",
    "pond_warnings": "Warnings of pond status.",
    "pond_series_newest_reading_timestamp_seconds": "When the newest reading was made.",
    "pond_series_newest_reading_age_seconds": "Age of the newest reading.",
    "pond_series_expected_within_seconds": "How old the newest reading may be.",
    "pond_series_late": "Whether the newest reading is older than it may be.",
    "pond_series_rows": "Rows of the series.",
    "pond_battery_level_ratio": "Newest charge of a battery, from 0 to 1.",
    "pond_battery_voltage_volts": "Newest voltage of a battery.",
    "pond_backup_behind_transactions": "Transactions that the backup lacks.",
    "pond_backup_behind_seconds": "How much later the newest transaction is than its own.",
    "pond_backup_waiting_seconds": "Age of the first transaction that the backup lacks.",
    "pond_backup_last_success_timestamp_seconds": "When it was last found in step; 0 if never.",
    "pond_backup_failed": "Whether the newest push or pull failed.",
    "pond_job_last_run_timestamp_seconds": "When the newest run of a job ended.",
    "pond_job_last_run_failed": "Whether the newest run of a job failed.",
    "pond_job_last_success_timestamp_seconds": "When a run last ended well; 0 if never.",
    "pond_alert_incidents": "Incidents that last, of an alert and an event.",
    "pond_alert_messages_owed": "Messages of alerts that were not taken yet.",
}
"""What each metric tells, by its name; of a counter and of what is constant without its ending."""

_BATTERIES = {
    BATTERY_LEVEL: (Limit(0.0, "%"), "pond_battery_level_ratio", 0.01),
    BATTERY_VOLTAGE: (Limit(0.0, "V"), "pond_battery_voltage_volts", 1.0),
}
"""By parameter: the unit that is understood, the metric, and that unit in the metric's own."""

_BACKUP = ("name", "place", "way")


class PondCollector(Collector):
    """Looks at a pond whenever somebody asks for its metrics.

    Args:
        look: Finds them.
    """

    def __init__(self, look: Callable[[], Iterable[Metric]]) -> None:
        self._look = look

    @override
    def collect(self) -> Iterable[Metric]:
        """Return the metrics; of a pond that cannot be opened `pond_up`, which is 0 then."""
        try:
            return self._look()
        except PondError as exc:
            _LOGGER.error("the pond could not be looked at: %s", exc)
            return [_up(0)]


class Found(Collector):
    """Metrics that were found already.

    Args:
        metrics: They.
    """

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = [*metrics]

    @override
    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._metrics


def registry_of(collector: Collector) -> CollectorRegistry:
    """Return what Prometheus's own functions take: one collector, and nothing of the process."""
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def metrics_of(status: Status, ended: Sequence[Ended] = ()) -> list[Metric]:
    """Return the metrics of a pond, each with all its samples.

    Args:
        status: How it stands.
        ended: How runs of each job last ended.
    """
    return [
        _up(1),
        *_of_pond(status),
        *_of_series(status),
        *_of_batteries(status),
        *_of_backups(status.backups),
        *_of_jobs(ended),
        *_of_alerts(Shelf(status.overview.path).read()),
    ]


def _up(value: float) -> Metric:
    return _gauge("pond_up", value)


def _of_pond(status: Status) -> Iterator[Metric]:
    overview, sizes = status.overview, status.sizes
    facts = {"id": overview.id, "place": overview.label, "format": str(overview.format)}
    yield InfoMetricFamily("pond", HELP["pond"], value=facts)
    yield _gauge("pond_is_replica", overview.is_replica)
    yield CounterMetricFamily("pond_transactions", HELP["pond_transactions"], value=overview.txn)
    for name, header in (
        ("pond_last_commit_timestamp_seconds", status.newest),
        ("pond_last_run_commit_timestamp_seconds", status.of_a_run),
    ):
        if header is not None:
            yield _gauge(name, from_us(header.ts_us).timestamp())
    yield _gauge("pond_log_files", sizes.log_files)
    yield _gauge("pond_log_size_bytes", sizes.log_bytes)
    if sizes.objects is not None and sizes.object_bytes is not None:
        yield _gauge("pond_objects", sizes.objects)
        yield _gauge("pond_objects_size_bytes", sizes.object_bytes)
    yield _gauge("pond_disk_free_bytes", sizes.free_bytes)
    yield _gauge("pond_upkeep_due", status.is_upkeep_due)
    yield _gauge("pond_files_set_aside", status.set_aside)
    yield _gauge("pond_warnings", len(status.concerns))


def _of_series(status: Status) -> Iterator[Metric]:
    newest = _labelled("pond_series_newest_reading_timestamp_seconds", "path")
    age = _labelled("pond_series_newest_reading_age_seconds", "path")
    expected = _labelled("pond_series_expected_within_seconds", "path")
    late = _labelled("pond_series_late", "path")
    rows = _labelled("pond_series_rows", "path")
    fs = status.overview.snapshot
    for each in status.series:
        _add(
            [each.path],
            (newest, _timestamp(each.newest)),
            (age, each.age_s),
            (expected, each.limit_s),
            (late, each.is_late),
            (rows, Totals.of(fs.node(each.path)).rows if fs.exists(each.path) else 0),
        )
    yield from (newest, age, expected, late, rows)


def _of_batteries(status: Status) -> Iterator[Metric]:
    fs = status.overview.snapshot
    parts = {each.path: [*profiles_of(fs, each.path).values()] for each in status.series}
    for parameter, (limit, name, scale) in _BATTERIES.items():
        metric = _labelled(name, "path", "column")
        for path, profiles in parts.items():
            for check in check_battery(profiles, limits={parameter: limit}):
                if check.limit is not None:  # the column is in the unit that is understood
                    metric.add_metric([path, check.column], check.last * scale)
        yield metric


def _of_backups(backups: Sequence[Standing]) -> Iterator[Metric]:
    behind = _labelled("pond_backup_behind_transactions", *_BACKUP)
    lag = _labelled("pond_backup_behind_seconds", *_BACKUP)
    waiting = _labelled("pond_backup_waiting_seconds", *_BACKUP)
    done = _labelled("pond_backup_last_success_timestamp_seconds", *_BACKUP)
    failed = _labelled("pond_backup_failed", *_BACKUP)
    for each in backups:
        _add(
            [each.resource or "", each.place, each.way],
            (behind, each.behind_txns),
            (lag, each.behind_s),
            (waiting, 0.0 if each.behind_txns == 0 else each.waiting_s),
            (done, _timestamp(each.done) or 0.0),
            (failed, bool(each.error)),
        )
    yield from (behind, lag, waiting, done, failed)


def _of_jobs(ended: Sequence[Ended]) -> Iterator[Metric]:
    # Not `job`: Prometheus gives that label itself.
    at = _labelled("pond_job_last_run_timestamp_seconds", "dagster_job")
    failed = _labelled("pond_job_last_run_failed", "dagster_job")
    done = _labelled("pond_job_last_success_timestamp_seconds", "dagster_job")
    for each in ended:
        succeeded = _timestamp(each.succeeded) or 0.0
        told = (at, _timestamp(each.at)), (failed, each.is_failed), (done, succeeded)
        _add([each.job], *told)
    yield from (at, failed, done)


def _of_alerts(book: Book) -> Iterator[Metric]:
    incidents = _labelled("pond_alert_incidents", "alert", "event")
    counts = Counter((each.alert, str(each.observed.event)) for each in book.ongoing)
    for labels, count in counts.items():
        incidents.add_metric([*labels], count)
    yield incidents
    yield _gauge("pond_alert_messages_owed", len(book.owed))


def _gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, HELP[name], value=float(value))


def _labelled(name: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, HELP[name], labels=labels)


def _add(labels: Sequence[str], *values: tuple[GaugeMetricFamily, float | None]) -> None:
    """Add a sample to each metric of which there is a value."""
    for metric, value in values:
        if value is not None:
            metric.add_metric(labels, float(value))


def _timestamp(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
