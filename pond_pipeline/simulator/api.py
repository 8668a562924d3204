"""The HydroVu API without HTTP: a request goes in, a reply comes out.

Not thread-safe: the server asks for one reply at a time, which also makes counted faults
deterministic. What nobody has documented about the real API is a switch in `Faults`, or said here:

- 404 means no data at or after `startTime`, or an unknown location. Where only data after `endTime`
  exist, the reply is 200 with an empty list.
- Every request with a living token counts against the rate limit, refused ones too.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from urllib.parse import urlencode

from pond_pipeline.simulator.credentials import Credentials, Grant, parse_form
from pond_pipeline.simulator.cursor import Cursor, Cursors
from pond_pipeline.simulator.data import DataEndpoint, Question, parse_range
from pond_pipeline.simulator.distortion import DistortedWorld
from pond_pipeline.simulator.exchange import Delivery, RefusedError, Reply, Request, refusal
from pond_pipeline.simulator.faults import Faults
from pond_pipeline.simulator.payload import locations_body, names_body
from pond_pipeline.simulator.rate import MinuteLimit
from pond_pipeline.simulator.specification import SPECIFICATION
from pond_pipeline.simulator.world import World

_START_PAGE = "x-isi-start-page"
_NEXT_PAGE = "X-ISI-Next-Page"
_DAY_S = 86_400
_MAX_ID_DIGITS = 18


class Kind(StrEnum):
    """What a request is for."""

    TOKEN = "token"  # noqa: S105  # a word, no password
    LOCATIONS = "locations"
    DATA = "data"
    NAMES = "names"
    SPEC = "spec"
    OTHER = "other"


_ROUTES = (
    ("POST", re.compile(r"/public-api/oauth/token"), Kind.TOKEN),
    ("GET", re.compile(r"/public-api/docs/spec"), Kind.SPEC),
    ("GET", re.compile(r"/public-api/v1/sispec/friendlynames"), Kind.NAMES),
    ("GET", re.compile(r"/public-api/v1/locations/list"), Kind.LOCATIONS),
    ("GET", re.compile(r"/public-api/v1/locations/[^/]+/data"), Kind.DATA),
)


def kind_of(request: Request) -> Kind:
    """Return what a request is for."""
    for method, path, kind in _ROUTES:
        if request.method == method and path.fullmatch(request.path):
            return kind
    return Kind.OTHER


class Api:
    """One account's view of a world."""

    def __init__(
        self,
        world: World,
        *,
        credentials: Credentials,
        limit: MinuteLimit,
        cursors: Cursors,
        clock: Callable[[], datetime],
        page_days: float,
        locations_per_page: int,
        faults: Faults,
    ) -> None:
        self._faults = faults
        self._undistorted = world
        self._credentials = credentials
        self._limit = limit
        self._cursors = cursors
        self._clock = clock
        self._locations_per_page = locations_per_page
        self._data_endpoint = DataEndpoint(
            page_s=int(page_days * _DAY_S), forget_tokens=credentials.forget
        )
        self._asked = 0

    @property
    def faults(self) -> Faults:
        """What goes wrong. New faults strike as if they had never struck."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        self._data_endpoint.forget_strikes()

    def answer(self, request: Request) -> Reply:
        """Return the reply to a request, whatever it is."""
        if self.faults.down:
            return Reply(503, "", delivery=Delivery.DROPPED)
        now_s = self._clock().timestamp()
        try:
            match kind_of(request):
                case Kind.TOKEN:
                    return self._token(request, now_s)
                case Kind.SPEC:
                    return Reply(200, json.dumps(SPECIFICATION))
                case Kind.OTHER:
                    raise refusal(404, "no such endpoint")
                case Kind.LOCATIONS | Kind.NAMES | Kind.DATA as kind:
                    return self._guarded(request, kind, now_s)
        except RefusedError as refused:
            return refused.reply

    def _token(self, request: Request, now_s: float) -> Reply:
        if self.faults.token_status is not None:
            raise refusal(self.faults.token_status, "the token endpoint is out of order")
        form = parse_form(request.body)
        if form.get("grant_type") != "client_credentials":
            raise refusal(400, "unsupported_grant_type")
        if not self._credentials.knows(form, request.headers.get("authorization", "")):
            raise refusal(401, "invalid_client")
        grant = self._credentials.grant(form, now_s=now_s)
        granted = {
            "access_token": grant.token,
            "token_type": "bearer",
            "expires_in": self._credentials.lifetime_s,
            "scope": " ".join(sorted(grant.scopes, reverse=True)),
        }
        return Reply(200, json.dumps(granted))

    def _guarded(self, request: Request, kind: Kind, now_s: float) -> Reply:
        """Answer who has a token and keeps to the rate limit."""
        grant = self._credentials.check(request.headers.get("authorization", ""), now_s=now_s)
        if grant is None:
            raise refusal(401, "invalid_token", headers={"WWW-Authenticate": "Bearer"})
        usage = self._limit.count(now_s=now_s)
        self._asked += 1
        every = self.faults.status_429_every
        try:
            if usage.is_over or (every is not None and self._asked % every == 0):
                raise refusal(429, "too many requests", headers=self._retry_after())
            reply = self._granted(request, kind, grant, int(now_s))
        except RefusedError as refused:
            reply = refused.reply
        return replace(reply, headers={**reply.headers, **usage.headers()})

    def _granted(self, request: Request, kind: Kind, grant: Grant, now_s: int) -> Reply:
        scope = "read:data" if kind is Kind.DATA else "read:locations"
        if self.faults.enforce_scope and scope not in grant.scopes:
            raise refusal(403, f"the token lacks the scope {scope}")
        world = DistortedWorld(self._undistorted, self.faults)
        if kind is Kind.NAMES:
            return Reply(200, names_body(world.names()))
        if kind is Kind.LOCATIONS:
            return self._locations(request, world)
        return self._data(request, world, now_s)

    def _locations(self, request: Request, world: World) -> Reply:
        cursor = self._cursor(request, Cursor(position=0, page=1))
        end = cursor.position + self._locations_per_page
        listed = world.locations()
        repeated = 1 if self.faults.duplicate_locations and cursor.position else 0
        body = locations_body(listed[cursor.position - repeated : end])
        following = Cursor(end, cursor.page + 1) if end < len(listed) else None
        return self._turned(Reply(200, body), request, following)

    def _data(self, request: Request, world: World, now_s: int) -> Reply:
        location = request.path.split("/")[-2]
        # More than 18 digits may not fit int64; no real id has them.
        if not (location.isascii() and location.isdecimal() and len(location) <= _MAX_ID_DIGITS):
            raise refusal(404, "no such location")
        faults = self.faults.at(int(location))
        start_s, end_s = parse_range(request, faults)
        question = Question(
            location_id=int(location),
            start_s=start_s,
            end_s=end_s,
            cursor=self._cursor(request, Cursor(position=start_s, page=1)),
            now_s=now_s,
        )
        reply, following = self._data_endpoint.answer(question, world, faults)
        return self._turned(reply, request, following)

    def _cursor(self, request: Request, first: Cursor) -> Cursor:
        """Return the page that is asked for: without the header, or with a blank one, the first."""
        text = request.headers.get(_START_PAGE, "").strip()
        if not text:
            return first
        cursor = self._cursors.read(text, query=_canonical(request))
        if cursor is None:
            raise refusal(400, "the page cursor does not belong to this query")
        return cursor

    def _turned(self, reply: Reply, request: Request, following: Cursor | None) -> Reply:
        """Name the next page in a reply."""
        if following is not None:
            text = self._cursors.write(following, query=_canonical(request))
        elif self.faults.blank_last_cursor:
            text = ""
        else:
            return reply
        return replace(reply, headers={**reply.headers, _NEXT_PAGE: text})

    def _retry_after(self) -> Mapping[str, str]:
        match self.faults.retry_after:
            case None:
                return {}
            case int() as seconds:
                return {"Retry-After": str(seconds)}
            case instant:
                return {"Retry-After": format_datetime(instant.astimezone(UTC), usegmt=True)}


def _canonical(request: Request) -> str:
    """Return path and query in one spelling: a cursor is bound to it."""
    return f"{request.path}?{urlencode(sorted(request.query.items()))}"
