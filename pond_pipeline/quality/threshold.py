"""What every pair of thresholds has in common."""

import math
from datetime import timedelta
from typing import TypeVar

from pond_pipeline.errors import ConfigError

Threshold = TypeVar("Threshold", float, timedelta)

MICROSECOND = timedelta(microseconds=1)


def check_thresholds(
    test: str, *, suspect: Threshold | None, fail: Threshold | None, zero: Threshold
) -> None:
    """Make sure that at least one threshold is given, both are positive, and in order.

    Args:
        test: The test's name, for the message.
        suspect: What is exceeded first.
        fail: What is exceeded last.
        zero: The zero of their type.

    Raises:
        ConfigError: They are not.
    """
    if suspect is None and fail is None:
        raise ConfigError(f"{test} has no threshold", hint="write suspect, fail, or both")
    for each in (suspect, fail):
        if each is not None and not (each > zero and is_finite(each)):
            raise ConfigError(f"{test}: the threshold {each} is not positive")
    if suspect is not None and fail is not None and fail < suspect:
        msg = f"{test}: what fails at {fail} was never suspect at {suspect}"
        raise ConfigError(msg, hint="let fail be the larger one")


def is_finite(number: float | timedelta) -> bool:
    """Say whether a number is neither NaN nor infinite; a duration never is."""
    return isinstance(number, timedelta) or math.isfinite(number)
