"""Posting a message: a few attempts, and never a word about the address.

The address of a webhook is a secret: whoever knows it can write there.
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


class _TransientError(Exception):
    """An attempt failed in a way that another one may not."""


def post(
    url: str,
    message: Mapping[str, object] | str,
    *,
    headers: Mapping[str, str] | None = None,
    called: str = "webhook",
    within_s: float = 30.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send a message.

    Args:
        url: The address; it is in no error and no log.
        message: What is sent: a mapping as JSON, text as it is.
        headers: What is sent besides; in no error and no log.
        called: What errors call whoever is told.
        within_s: After so many seconds no other attempt is made.
        sleep: How to wait before another attempt.

    Raises:
        AlertError: It was not taken.
    """
    hint = f"look at the {called}'s address in .env, and at the service that it belongs to"
    caller = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_TransientError),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_before_delay(within_s),
        wait=_BACKOFF,
        sleep=sleep,
        reraise=True,
    )
    try:
        with _unlogged(), httpx.Client(timeout=_TIMEOUT_S, headers=headers) as client:
            caller(_attempt, client, url, message, called, hint)
    except _TransientError as exc:
        msg = f"the {called} {exc}, up to {ATTEMPTS} times"
        raise AlertError(msg, hint=hint) from None  # the causes quote the address


def _attempt(
    client: httpx.Client,
    url: str,
    message: Mapping[str, object] | str,
    called: str,
    hint: str,
) -> None:
    sent = {"content": message.encode()} if isinstance(message, str) else {"json": message}
    try:
        # Its answer is not read: one that comes a byte at a time would keep us for ever.
        with client.stream("POST", url, **sent) as response:
            pass
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
        raise AlertError(f"the {called}'s address is no URL", hint=hint) from exc.__cause__
    except httpx.HTTPError as exc:
        raise _TransientError(f"did not answer ({type(exc).__name__})") from None
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or response.is_server_error:
        raise _TransientError(f"answered HTTP {response.status_code}")
    if not response.is_success:
        msg = f"the {called} answered HTTP {response.status_code}"
        raise AlertError(msg, hint=hint)


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Keep httpx from logging requests: it tells the whole address."""
    logger = logging.getLogger("httpx")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
