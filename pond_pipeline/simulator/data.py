"""The endpoint for readings: pages of one location's time, and the faults that strike them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from pond_pipeline.simulator.cursor import Cursor
from pond_pipeline.simulator.exchange import Delivery, Reply, Request, refusal
from pond_pipeline.simulator.faults import Faults
from pond_pipeline.simulator.paging import turn
from pond_pipeline.simulator.payload import ReadingsBody
from pond_pipeline.simulator.world import World

_LAST_S = 2**60
"""Later than any stamp, and safe to add a page to in int64."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request for readings, checked.

    Attributes:
        location_id: Whose readings.
        start_s: The earliest stamp that is asked for.
        end_s: The latest one, inclusive whatever `endTime` means.
        cursor: Where the page starts, and its number.
        now_s: The clock when it was asked.
    """

    location_id: int
    start_s: int
    end_s: int
    cursor: Cursor
    now_s: int


def parse_range(request: Request, faults: Faults) -> tuple[int, int]:
    """Return the first and the last stamp that a request asks for, both inclusive.

    Unknown query parameters are ignored. Without `startTime` everything is asked for: what the real
    server does then is unknown.

    Raises:
        RefusedError: 400, a bound is no integer of epoch seconds.
    """
    start_s = _seconds(request, "startTime", default=0)
    end_s = _seconds(request, "endTime", default=_LAST_S)
    return start_s, end_s - 1 if faults.end_time_exclusive and "endTime" in request.query else end_s


class DataEndpoint:
    """Answers questions for readings, and counts how often a fault has struck."""

    def __init__(self, *, page_s: int, forget_tokens: Callable[[], None]) -> None:
        self._page_s = page_s
        self._forget_tokens = forget_tokens
        self._strikes: Counter[tuple[int, str, int]] = Counter()

    def answer(
        self, question: Question, world: World, faults: Faults
    ) -> tuple[Reply, Cursor | None]:
        """Return the page, and where the next one starts.

        Raises:
            RefusedError: 404, no data at or after `startTime`, or no such location; or a fault.
        """
        self._fail(question, faults)

        def first_at(start_s: int) -> int | None:
            return world.first_at(question.location_id, start_s, now_s=question.now_s)

        def following(start_s: int) -> int | None:
            found = first_at(start_s + self._page_s)
            return found if found is not None and found <= question.end_s else None

        start_s = first_at(question.cursor.position)
        known = any(location.id == question.location_id for location in world.locations())
        if not known or (start_s is None and not faults.empty_instead_of_404):
            reason = "no data at or after startTime" if known else "no such location"
            raise refusal(404, reason, delay_s=faults.slow_404_s)
        body = ReadingsBody(
            question.location_id,
            rotate=question.cursor.page,
            repeat_last=faults.duplicate_readings,
        )
        if start_s is None or start_s > question.end_s:
            return Reply(200, body.write({})), None
        page = turn(start_s, number=question.cursor.page, following=following, faults=faults)
        readings = world.readings(
            question.location_id,
            page.start_s,
            min(page.start_s + self._page_s - 1, question.end_s),
            now_s=question.now_s,
        )
        return self._deliver(Reply(200, body.write(readings)), question, faults), page.following

    def forget_strikes(self) -> None:
        """Let every fault strike again."""
        self._strikes.clear()

    def _fail(self, question: Question, faults: Faults) -> None:
        if self._strikes_now("expire_token", faults.expire_token_on_page, question, faults):
            self._forget_tokens()
            raise refusal(401, "invalid_token")
        if self._strikes_now("status_500", faults.status_500_on_page, question, faults):
            raise refusal(500, "internal server error")

    def _deliver(self, reply: Reply, question: Question, faults: Faults) -> Reply:
        if self._strikes_now("drop", faults.drop_connection_on_page, question, faults):
            return replace(reply, delivery=Delivery.DROPPED)
        if self._strikes_now("truncate", faults.truncate_body_on_page, question, faults):
            return replace(reply, delivery=Delivery.TRUNCATED)
        return reply

    def _strikes_now(
        self, fault: str, page: int | None, question: Question, faults: Faults
    ) -> bool:
        if page is None or question.cursor.page != page:
            return False
        strike = (question.location_id, fault, page)
        if faults.times is not None and self._strikes[strike] >= faults.times:
            return False
        self._strikes[strike] += 1
        return True


def _seconds(request: Request, name: str, *, default: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise refusal(400, f"{name} is no integer of epoch seconds") from None
    return max(-_LAST_S, min(value, _LAST_S))
