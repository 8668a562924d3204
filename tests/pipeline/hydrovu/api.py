"""What the tests of the client share: a clock that sleeping moves, and a scripted API."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
import pyarrow as pa
from typing_extensions import override

from pond_core import ALWAYS
from pond_pipeline.hydrovu import HydroVuClient, Page, raw_table, read_readings

LOCATION = 4990594334457856
SECRET = "a-very-secret-word"  # noqa: S105  # nobody's
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

Point = tuple[int, float | None]
"""An instant in seconds, and the value."""


class Clock:
    """A clock that only sleeping moves; it remembers the naps."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self.naps: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += timedelta(seconds=seconds)


class Script(httpx.BaseTransport):
    """An API that answers from a list, and gives a token whenever asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": "t0ken", "expires_in": 3600})
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def client_of(script: httpx.BaseTransport, *, clock: Clock | None = None) -> HydroVuClient:
    clock = clock or Clock()
    return HydroVuClient(
        "http://hydrovu.test", "key", SECRET, transport=script, sleep=clock.sleep, clock=clock
    )


def page_of(
    *series: tuple[str, str, Sequence[Point]], location_id: int = LOCATION
) -> dict[str, object]:
    """Return a page as the API sends it, of (parameter id, unit id, readings)."""
    parameters = [
        {
            "parameterId": parameter_id,
            "unitId": unit_id,
            "customParameter": False,
            "readings": [{"timestamp": stamp, "value": value} for stamp, value in points],
        }
        for parameter_id, unit_id, points in series
    ]
    return {"locationId": location_id, "parameters": parameters}


def answer(page: object, *, following: str | None = None) -> httpx.Response:
    headers = {} if following is None else {"X-ISI-Next-Page": following}
    return httpx.Response(200, content=json.dumps(page), headers=headers)


def raw_of(*series: tuple[str, str, Sequence[Point]], fetched_at: datetime = NOON) -> pa.Table:
    """Return the raw table of one page."""
    readings = read_readings(page_of(*series), location_id=LOCATION)
    return raw_table([Page(1, readings)], ALWAYS, fetched_at=fetched_at)
