"""A `resources.yaml` for instruments of the harbor, and what the API was asked of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pond_pipeline.simulator import Simulator

PIER = 5_103_667_482_910_720
BUOY = 5_590_284_771_635_200
SONDE = 6_845_330_117_242_880

FIRST = datetime(2024, 11, 1, tzinfo=UTC)
"""When the harbor's readings begin."""

RESOURCES = f"""
kind: HydroVu
name: bay
spec:
  key: demo
  secret: demo
  base_url: {{url}}
  start: {FIRST:%Y-%m-%d}
  devices: [{{{{name: Pier, id: {PIER}, scope: Pier, interval: 1h}}}}]
---
kind: HydroVu
name: reef
spec:
  key: ${{{{env:REEF_KEY}}}}
  secret: ${{{{env:REEF_SECRET}}}}
  base_url: {{url}}
  start: {FIRST:%Y-%m-%d}
  devices:
    - {{{{name: Buoy, id: {BUOY}, interval: 1h}}}}
    - {{{{name: Spare, id: {SONDE}, interval: 1h}}}}
---
kind: HydroVu
name: cove
spec:
  key: demo
  secret: demo
  base_url: {{url}}
  start: {FIRST:%Y-%m-%d}
  devices: [{{{{name: Sonde, id: {SONDE}, interval: 1h}}}}]
---
kind: LakeTech
name: exports
spec:
  pattern: inbox/*.csv
  timezone: UTC
  start: {FIRST:%Y-%m-%d}
  locations: [{{{{name: Dock, match: "Dock-*"}}}}]
---
kind: Combine
name: bay
spec:
  sites: [{{{{name: Bay, inputs: [{{{{pattern: /normalized/bay/Pier}}}}]}}}}]
---
kind: Reduce
name: bay
spec:
  collections:
    - name: sites
      resolutions: [1d]
      datasets: [{{{{in_pattern: "/combined/bay/*", out_pattern: "$0"}}}}]
"""
"""Three accounts, which the tests need not share, and a folder of exports."""

ACCOUNT = {"REEF_KEY": "demo", "REEF_SECRET": "demo"}
"""What the environment says; a secret that stands in the file is not kept with what was applied."""


@dataclass(frozen=True, slots=True)
class Question:
    """A range that the API was asked for, and the number of its pages.

    Attributes:
        start: The earliest instant.
        end: The latest one; None where it is open.
        pages: How many pages were asked for.
    """

    start: datetime
    end: datetime | None
    pages: int


def questions(simulator: Simulator, location_id: int, *, since: int = 0) -> list[Question]:
    """Return the ranges that were asked for of a location, in order.

    Args:
        simulator: The server.
        location_id: Of whom.
        since: How many requests of its log are left out.
    """
    pages: dict[tuple[str, str], int] = {}
    for served in simulator.log[since:]:
        if served.path.endswith(f"/{location_id}/data"):
            asked = served.query.get("startTime", "0"), served.query.get("endTime", "")
            pages[asked] = pages.get(asked, 0) + 1
    return [
        Question(_instant(start), _instant(end) if end else None, count)
        for (start, end), count in pages.items()
    ]


def _instant(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
