"""B10: what HydroVu answers, from JSON text to the wide table: readings per second of one core.

The way is a pull's, without the network and the store: each page is decoded and its columns are
taken out, the pages are put together, cut, sorted and made unique, and the raw table is made wide.
The pages are those of a month of quarter hours of one instrument with eight parameters, and of
several such months one after the other; values are float32 written as JSON, as the API sends them.

Seconds are those of all cores together: what polars does on a second core counts as well.
"""

import json
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.inputs import Inputs
from benchmarks.measure import Result, at_least, core_seconds_of, in_turns, medians
from pond_core import Window
from pond_pipeline.hydrovu import Names, Page, decode, normalize, raw_table, read_readings

_LOCATION = 4811790026301440
_START = datetime(2024, 1, 1, tzinfo=UTC)
_STEP_S = 900
_PAGE = timedelta(days=2)
"""How much time a page holds, as in the API."""

_NAMES = Names(
    {str(each): f"Parameter {each}" for each in range(8)},
    {str(each): f"unit {each}" for each in range(8)},
)
_READINGS_A_SECOND = 1_000_000


def measure(inputs: Inputs) -> list[Result]:
    """Return B10."""
    end = _START + timedelta(days=30 * inputs.scale.decoded_months)
    pages = _pages(end)
    fetched_at = end + timedelta(hours=1)
    window = Window.of(_START, end)
    made: list[int] = []

    def work() -> None:
        tables = (read_readings(decode(text), location_id=_LOCATION) for text in pages)
        received = [Page(number, table) for number, table in enumerate(tables, 1)]
        raw = raw_table(received, window, fetched_at=fetched_at)
        wide = normalize(raw, _NAMES, window=window, clock_floor=_START).table
        made.append(wide.num_rows * (wide.num_columns - 1))

    runs = {"all": lambda: core_seconds_of(work)}
    took = medians(in_turns(runs, rounds=inputs.scale.rounds))
    what = f"{made[0]:,} readings in {len(pages)} pages, JSON to a wide table"
    speed = made[0] / took["all"]
    return [at_least("B10", what, speed, limit=_READINGS_A_SECOND, unit="a second")]


def _pages(end: datetime) -> list[bytes]:
    """Return pages of JSON from `_START` on."""
    chance = np.random.default_rng(1)
    pages = []
    for first in range(int(_START.timestamp()), int(end.timestamp()), int(_PAGE.total_seconds())):
        stamps = range(first, first + int(_PAGE.total_seconds()), _STEP_S)
        parameters = [
            {
                "parameterId": id_,
                "unitId": id_,
                "customParameter": False,
                "readings": [
                    {"timestamp": stamp, "value": value}
                    for stamp, value in zip(stamps, _values(chance, len(stamps)), strict=True)
                ],
            }
            for id_ in _NAMES.parameters
        ]
        page = {"locationId": _LOCATION, "parameters": parameters}
        pages.append(json.dumps(page, separators=(",", ":")).encode())
    return pages


def _values(chance: np.random.Generator, count: int) -> list[float]:
    values: list[float] = chance.normal(12, 3, count).astype(np.float32).astype(float).tolist()
    return values
