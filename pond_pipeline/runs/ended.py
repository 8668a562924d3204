"""How runs of each job last ended, as Dagster's own file tells: importing Dagster takes seconds."""

import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_LOGGER = logging.getLogger(__name__)

# Where Dagster 1.13 keeps its runs unless `dagster.yaml` says otherwise, and in what.
_FILE = Path("history", "runs.db")
_ENDED = """
SELECT pipeline_name, status = 'FAILURE', max(end_time)
FROM runs WHERE status IN ('SUCCESS', 'FAILURE') AND end_time IS NOT NULL
GROUP BY pipeline_name ORDER BY pipeline_name
"""  # of what is not grouped, SQLite returns that of the row that has the maximum
_SUCCEEDED = """
SELECT pipeline_name, max(end_time) FROM runs WHERE status = 'SUCCESS' GROUP BY pipeline_name
"""

_PATIENCE_S = 5.0
"""How long a writer is waited for."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How runs of a job last ended; those that somebody canceled do not count.

    Attributes:
        job: The job.
        at: When its newest run ended.
        is_failed: Whether that failed.
        succeeded: When one last ended well; None if none did that Dagster still knows.
    """

    job: str
    at: datetime
    is_failed: bool
    succeeded: datetime | None


def ended_jobs(home: Path) -> list[Ended]:
    """Return how runs of each job last ended, by its name; nothing is written.

    Args:
        home: Dagster's home; without one, and where it keeps runs elsewhere, there are none.
    """
    file = home.absolute() / _FILE
    if not file.exists():
        return []
    address = f"{file.as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_S)) as runs:
            succeeded = {job: _instant(at_s) for job, at_s in runs.execute(_SUCCEEDED)}
            ended = runs.execute(_ENDED).fetchall()
    except sqlite3.Error as exc:
        _LOGGER.warning("nothing is told of runs: %s cannot be read: %s", file, exc)
        return []
    return [
        Ended(job, datetime.fromtimestamp(at_s, UTC), bool(is_failed), succeeded.get(job))
        for job, is_failed, at_s in ended
    ]


def _instant(at_s: float | None) -> datetime | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC)
