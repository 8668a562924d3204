"""Dagster's own home: where runs, schedules and events are kept, and how it behaves."""

import os
from pathlib import Path

import dagster as dg
import yaml
from sqlalchemy.exc import DatabaseError

from pond_pipeline.errors import ConfigError

_SETTINGS = """\
# Written by DuckPond at first use; yours to change. https://docs.dagster.io/deployment
telemetry:
  enabled: false
nux:
  enabled: false          # no form for a newsletter over the first page
python_logs:
  python_log_level: INFO  # the terminal gets no line per month; the UI has them
concurrency:
  pools:
    default_limit: 1      # one step at a time asks an account's API
    granularity: op
  runs:
    max_concurrent_runs: 2
event_log_storage:
  module: pond_pipeline.event_log   # SQLite, three times as fast as the stock class
  class: EventLog
  config: {}
compute_logs:
  module: pond_pipeline.compute_logs   # where Dagster keeps them, without tracebacks at Ctrl-C
  class: ComputeLogs
  config: {}
run_monitoring:
  enabled: true
  max_runtime_seconds: 86400
  poll_interval_seconds: 15
  free_slots_after_run_end_seconds: 1   # a run that was killed keeps its account's pool otherwise
run_retries:
  enabled: true         # runs that were lost with their process are made again, ...
  max_retries: 3
  retry_on_asset_or_op_failure: false   # ... those of which a step failed are not
retention:              # of the ticks of schedules and sensors; runs are purged by a job
  schedule: {purge_after_days: 90}
  sensor: {purge_after_days: {skipped: 1, started: 90, failure: 90, success: 90}}
"""


def open_instance(home: Path) -> dg.DagsterInstance:
    """Open the Dagster instance of a home directory; made with its databases if it is not there.

    Webserver and daemon must find it made: started together on a fresh home, one of them crashes.

    Raises:
        ConfigError: The directory cannot be made, its `dagster.yaml` is wrong, or its databases
            cannot be opened.
    """
    home = home.absolute()
    settings = home / "dagster.yaml"
    os.environ["DAGSTER_HOME"] = str(home)  # where Dagster's own code looks, and the event log
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not settings.exists() or not settings.stat().st_size:  # a power cut leaves it empty
            settings.write_text(_SETTINGS, encoding="utf-8")
    except OSError as exc:
        msg = f"{home}: {exc.strerror}"
        raise ConfigError(msg, hint="set DAGSTER_HOME to a directory that you can write") from exc
    try:
        instance = dg.DagsterInstance.from_config(str(home))
        instance.get_runs_count()  # opens the databases, which makes them
    except (dg.DagsterInvalidConfigError, yaml.YAMLError) as exc:
        msg = f"{settings} is not what Dagster accepts: {exc}"
        raise ConfigError(msg, hint="mend it, or delete it: it is written anew") from exc
    except DatabaseError as exc:
        msg = f"the databases in {home} cannot be opened: {exc.orig}"
        raise ConfigError(
            msg, hint="check who owns it, whether its disk is full, and what dagster.yaml says"
        ) from exc
    return instance
