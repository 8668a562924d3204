"""The HydroVu API as Python: locations, names and readings.

A window is only asked for: whoever keeps readings cuts them to it, as `raw_table` does, because
nobody documents whether `endTime` is inclusive.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx
from typing_extensions import override

from pond_core import Window
from pond_pipeline.errors import ConfigError
from pond_pipeline.hydrovu.auth import ClientCredentials
from pond_pipeline.hydrovu.outage import Outage
from pond_pipeline.hydrovu.page import Page, read_readings
from pond_pipeline.hydrovu.rate import RateLimit, shared_rate
from pond_pipeline.hydrovu.records import Location, Names, read_locations, read_names
from pond_pipeline.hydrovu.retry import ATTEMPTS
from pond_pipeline.hydrovu.session import Question, Session

BASE_URL = "https://www.hydrovu.com"
"""Where the API is."""

_TOKEN_PATH = "/public-api/oauth/token"  # noqa: S105  # an address, no secret
_LOCATIONS_PATH = "/public-api/v1/locations/list"
_NAMES_PATH = "/public-api/v1/sispec/friendlynames"
_READINGS_PATH = "/public-api/v1/locations/{location_id}/data"

_US_PER_S = 1_000_000
_SINCE_1970 = Window(0, None)
_shared: dict[tuple[str, str, str], ClientCredentials] = {}
_shared_lock = threading.Lock()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class HydroVuClient:
    """A session with the HydroVu API under one credential; a context manager.

    Args:
        base_url: Scheme and host, e.g. `https://www.hydrovu.com`.
        key: The OAuth2 client id.
        secret: The OAuth2 client secret; shown nowhere.
        transport: Instead of the network, for tests.
        sleep: Waits so many seconds.
        clock: The present instant, aware.
        attempts: How often one page is asked for.
        rate: The limit to keep to; by default the one that this process has for the credential.
        auth: Signs the requests, e.g. `shared_auth`; by default with a token of this client's own.
        outage: What is known of the server, e.g. `shared_outage`; by default what this client
            finds.

    Raises:
        ConfigError: `base_url` is no `http` or `https` address, or holds a password.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        secret: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = _utc_now,
        attempts: int = ATTEMPTS,
        rate: RateLimit | None = None,
        auth: ClientCredentials | None = None,
        outage: Outage | None = None,
    ) -> None:
        self._base_url = _address(base_url)
        own = ClientCredentials(self._base_url + _TOKEN_PATH, key, secret, clock=clock)
        self._session = Session(
            self._base_url,
            auth=own if auth is None else auth,
            transport=transport,
            sleep=sleep,
            clock=clock,
            attempts=attempts,
            rate=shared_rate(self._base_url, key) if rate is None else rate,
            outage=Outage() if outage is None else outage,
        )

    @override
    def __repr__(self) -> str:
        return f"HydroVuClient({self._base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def requests(self) -> int:
        """How many requests this client has sent, those for tokens and the repeated ones too."""
        return self._session.requests

    def close(self) -> None:
        """Close the connections; the client cannot be used again."""
        self._session.close()

    def locations(self) -> list[Location]:
        """Return every location of the account, once each, in the API's order.

        Raises:
            HydroVuError: The API refused, failed, or answered nonsense.
        """
        question = Question("list of locations", _LOCATIONS_PATH)
        found: dict[int, Location] = {}
        for _, page in self._session.pages(question, read_locations):
            found.update((location.id, location) for location in page)
        return list(found.values())

    def names(self) -> Names:
        """Return the dictionary of parameter and unit names.

        Raises:
            HydroVuError: The API refused, failed, or answered nonsense.
        """
        question = Question("dictionary of names", _NAMES_PATH)
        parameters: dict[str, str] = {}
        units: dict[str, str] = {}
        for _, page in self._session.pages(question, read_names):
            parameters.update(page.parameters)
            units.update(page.units)
        return Names(parameters=parameters, units=units)

    def readings(self, location_id: int, window: Window) -> Iterator[Page]:
        """Ask for the readings of a window, and yield the pages as they come.

        Nothing is asked before the first page is taken, nor for an empty window. Pages may repeat
        readings, come in any order, and reach over the window's end: `raw_table` settles all that.

        Args:
            location_id: The instrument.
            window: Without a start, from 1970; without an end, all there is.

        Raises:
            HydroVuError: The API refused, failed, or answered nonsense. No data is no error.
        """
        asked = window.intersect(_SINCE_1970)
        if asked.is_empty:
            return
        params = {"startTime": str(_ceil_s(asked.start_us or 0))}
        if asked.end_us is not None:
            # Rounded up, no reading before the end is lost even where `endTime` is exclusive.
            params["endTime"] = str(_ceil_s(asked.end_us))
        question = Question(
            subject=f"location {location_id}",
            path=_READINGS_PATH.format(location_id=location_id),
            params=params,
            is_empty_when_404=True,
        )
        for number, readings in self._session.pages(
            question, lambda document: read_readings(document, location_id=location_id)
        ):
            yield Page(number=number, readings=readings)


def shared_auth(base_url: str, key: str, secret: str) -> ClientCredentials:
    """Return what signs all requests of an account in this process: its sessions use one token.

    Raises:
        ConfigError: `base_url` is no `http` or `https` address, or holds a password.
    """
    account = (_address(base_url) + _TOKEN_PATH, key, secret)
    with _shared_lock:
        return _shared.setdefault(account, ClientCredentials(*account, clock=_utc_now))


def _address(base_url: str) -> str:
    hint = "write `base_url` as e.g. https://www.hydrovu.com"
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as exc:
        msg = "`base_url` is no address"
        raise ConfigError(msg, hint=hint) from exc
    # The address appears in messages, and so must hold nothing secret.
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query:
        msg = "`base_url` should be http or https and a host, without a password or a query"
        raise ConfigError(msg, hint=hint)
    return str(url).rstrip("/")


def _ceil_s(instant_us: int) -> int:
    return -(-instant_us // _US_PER_S)
