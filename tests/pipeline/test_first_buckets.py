"""The bucket in which a source begins may begin before it, even in the month before."""

from datetime import date
from pathlib import Path

import pytest

from pond_pipeline.record import Totals
from tests.pipeline.resources.shore import SOURCE, Shore

CHARTS = """\
kind: Reduce
name: charts
spec:
  collections:
    - name: c
      resolutions: [{resolution}]
      datasets: [{{in_pattern: /raw/tide/north, out_pattern: n, timezone: {zone}}}]
---
kind: Pivot
name: side
spec: {{datasets: [{{name: v, in_pattern: "/reduced/charts/c/n/*", column: value.avg}}]}}
"""


@pytest.mark.parametrize(
    ("resolution", "zone", "first"),
    [
        ("1d", "UTC", date(2024, 3, 1)),
        ("1w", "UTC", date(2024, 2, 1)),  # from Monday, 26 February
        ("1d", "America/Los_Angeles", date(2024, 2, 1)),
        ("1d", "Asia/Tokyo", date(2024, 2, 1)),
        ("1q", "UTC", date(2024, 1, 1)),
        ("1y", "America/Los_Angeles", date(2024, 1, 1)),
        ("1y", "Asia/Tokyo", date(2023, 12, 1)),
    ],
)
def test_every_bucket_lies_in_a_partition(
    tmp_path: Path, resolution: str, zone: str, first: date
) -> None:
    shore = Shore(tmp_path)
    source = SOURCE.replace("2024-03-10", "2024-03-01")
    shore.apply(source, CHARTS.format(resolution=resolution, zone=zone))
    shore.collect()
    snapshot, reduced = shore.snapshot(), f"/reduced/charts/c/n/res={resolution}"
    buckets = snapshot.read_series(reduced)

    assert shore.plan().start == first
    assert Totals.of(snapshot.node(reduced)).rows == buckets.num_rows > 0
    assert snapshot.read_series("/pivoted/side/v")["timestamp"] == buckets["timestamp"]
    assert shore.behind() == []
