"""One request and its reply, as values: what the API decides with and the HTTP server carries."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Delivery(StrEnum):
    """How a reply reaches the client."""

    WHOLE = "whole"
    TRUNCATED = "truncated"  # the connection closes in the middle of the body
    DROPPED = "dropped"  # the connection closes before the first byte


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; the body is JSON."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE
    delay_s: float = 0.0


class Served(NamedTuple):
    """One line of a simulator's log. A request that was dropped without a reply has status 0."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int


class RefusedError(Exception):
    """A request that gets an error reply; raised and caught inside the simulator only."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refusal(
    status: int, reason: str, *, headers: Mapping[str, str] | None = None, delay_s: float = 0.0
) -> RefusedError:
    """Return an error reply with a JSON body, ready to raise."""
    body = json.dumps({"error": reason})
    return RefusedError(Reply(status, body, headers=headers or {}, delay_s=delay_s))
