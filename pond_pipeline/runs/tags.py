"""Dagster's names of the tags that runs are known by (dagster 1.13, storage/tags.py)."""

from collections.abc import Sequence

from pond_pipeline.periods import Period

SCHEDULE = "dagster/schedule_name"
"""Which schedule asked for a run."""

ROOT_RUN = "dagster/root_run_id"
"""Of a rerun: the run that was made first."""

BACKFILL = "dagster/backfill"
"""Of which backfill a run is part."""

RANGE_START = "dagster/asset_partition_range_start"
"""Of a single run over several partitions: the first."""

RANGE_END = "dagster/asset_partition_range_end"
"""Of a single run over several partitions: the last."""


def span_tags(periods: Sequence[Period]) -> dict[str, str]:
    """Return the tags of a single run over periods without a gap; none for no periods."""
    if not periods:
        return {}
    return {RANGE_START: periods[0].key, RANGE_END: periods[-1].key}
