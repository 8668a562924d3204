"""A client of the simulator that hides nothing: plain HTTP, one call per request."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx

from pond_pipeline.simulator import Simulator

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""The present of these tests."""

LOCATION = 5_590_284_771_635_200
"""The sonde in the Basin: always there, with a good clock."""

HARBOR_MISCOUNTER = 6_845_330_117_242_880
"""The sonde at the Mouth, which now and then stamps a reading years in the future."""


def epoch(*date: int) -> int:
    """Return the seconds of a date in UTC."""
    year, month, day, hour = (*date, 0)[:4]
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


class StoppedClock:
    """A clock that only moves when it is told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class Visitor:
    """One client with a token."""

    def __init__(self, sim: Simulator) -> None:
        self.http = httpx.Client(
            base_url=f"{sim.base_url}/public-api",
            trust_env=False,
            timeout=60,
            verify=False,  # noqa: S501  # plain HTTP: loading certificates would take 0.1 s each
        )

    def __enter__(self) -> Self:
        self.log_in()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.http.close()

    def token(self, **form: str) -> httpx.Response:
        asked = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo"}
        return self.http.post("/oauth/token", data={**asked, **form})

    def log_in(self, **form: str) -> None:
        token = self.token(**form).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def locations(self, *, cursor: str | None = None) -> httpx.Response:
        return self._get("/v1/locations/list", {}, cursor)

    def data(
        self, location: int = LOCATION, /, *, cursor: object = None, **query: object
    ) -> httpx.Response:
        return self._get(f"/v1/locations/{location}/data", query, cursor)

    def pages(self, location: int = LOCATION, /, **query: object) -> Iterator[httpx.Response]:
        cursor: str | None = None
        while cursor != "":
            page = self.data(location, cursor=cursor, **query)
            assert page.status_code == 200, page.text
            yield page
            cursor = page.headers.get("X-ISI-Next-Page", "")

    def _get(self, path: str, query: Mapping[str, object], cursor: object) -> httpx.Response:
        headers = {} if cursor is None else {"X-ISI-Start-Page": str(cursor)}
        params = {name: str(value) for name, value in query.items()}
        return self.http.get(path, params=params, headers=headers)


def stamps(page: httpx.Response, parameter: str = "1") -> list[int]:
    """Return the stamps of one parameter of a page, as they come."""
    return [reading["timestamp"] for reading in _listed(page, parameter)]


def values(page: httpx.Response, parameter: str = "1") -> list[float]:
    """Return the values of one parameter of a page, as they come."""
    return [reading["value"] for reading in _listed(page, parameter)]


def _listed(page: httpx.Response, parameter: str) -> list[dict[str, Any]]:
    return [
        reading
        for listed in page.json()["parameters"]
        if listed["parameterId"] == parameter
        for reading in listed["readings"]
    ]
