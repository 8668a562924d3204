"""Dagster's names of the tags that runs are known by (dagster 1.13, storage/tags.py)."""

from collections.abc import Sequence

from pond_pipeline.periods import Period

SCHEDULE = "dagster/schedule_name"
"""Which schedule asked for a run."""

ROOT_RUN = "dagster/root_run_id"
"""Of a rerun: the run that was made first."""

BACKFILL = "dagster/backfill"
"""Of which backfill a run is part."""


def span_tags(periods: Sequence[Period]) -> dict[str, str]:
    """Return the tags of a single run over periods without a gap; none for no periods."""
    if not periods:
        return {}
    return {
        "dagster/asset_partition_range_start": periods[0].key,
        "dagster/asset_partition_range_end": periods[-1].key,
    }
