"""Telling a webhook: a POST of JSON, a few attempts, and never a word about the address.

A webhook's address is a secret: whoever knows it can write there.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus

import httpx
import tenacity

from pond_pipeline.errors import AlertError

ATTEMPTS = 3
"""How often a message is sent at most."""

_TIMEOUT_S = 5.0
_BACKOFF = tenacity.wait_exponential_jitter(initial=1, max=4, jitter=1)
_HINT = "look at the webhook's address in .env, and at the service that it belongs to"


class _TransientError(Exception):
    """An attempt failed in a way that another one may not."""


def post(
    url: str,
    message: Mapping[str, object],
    *,
    within_s: float = 30.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send a message.

    Args:
        url: The address; it is in no error and no log.
        message: What is sent, as JSON.
        within_s: After so many seconds no other attempt is made.
        sleep: How to wait before another attempt.

    Raises:
        AlertError: It was not taken.
    """
    caller = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_TransientError),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_before_delay(within_s),
        wait=_BACKOFF,
        sleep=sleep,
        reraise=True,
    )
    try:
        with _unlogged(), httpx.Client(timeout=_TIMEOUT_S) as client:
            caller(_attempt, client, url, message)
    except _TransientError as exc:
        msg = f"the webhook {exc}, up to {ATTEMPTS} times"
        raise AlertError(msg, hint=_HINT) from None  # the causes quote the address


def _attempt(client: httpx.Client, url: str, message: Mapping[str, object]) -> None:
    try:
        # Its answer is not read: one that comes a byte at a time would keep us for ever.
        with client.stream("POST", url, json=message) as response:
            pass
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
        raise AlertError("the webhook's address is no URL", hint=_HINT) from exc.__cause__
    except httpx.HTTPError as exc:
        raise _TransientError(f"did not answer ({type(exc).__name__})") from None
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error:
        raise _TransientError(f"answered HTTP {response.status_code}")
    if not response.is_success:
        msg = f"the webhook answered HTTP {response.status_code}"
        raise AlertError(msg, hint=_HINT)


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Keep httpx from logging requests: it tells the whole address."""
    logger = logging.getLogger("httpx")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
