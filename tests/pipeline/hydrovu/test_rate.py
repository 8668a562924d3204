"""The limit of requests per minute."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.hydrovu import RateLimit
from pond_pipeline.hydrovu.rate import shared_rate
from tests.pipeline.hydrovu.api import NOON


def test_up_to_the_limit_nobody_waits() -> None:
    rate = RateLimit(per_minute=3)

    assert [rate.reserve(NOON) for _ in range(3)] == [0, 0, 0]


def test_beyond_the_limit_one_waits_until_the_first_is_a_minute_old() -> None:
    rate = RateLimit(per_minute=2)
    rate.reserve(NOON)
    rate.reserve(NOON + timedelta(seconds=20))

    assert rate.reserve(NOON + timedelta(seconds=50)) == 10


def test_a_server_that_counts_to_the_limit_stops_all_until_its_minute_is_over() -> None:
    rate = RateLimit(per_minute=10)
    rate.observe(NOON, used=10, reset_s=25)

    assert rate.reserve(NOON + timedelta(seconds=5)) == 20
    assert rate.reserve(NOON + timedelta(seconds=25)) == 0


def test_a_server_that_counts_less_stops_nobody() -> None:
    rate = RateLimit(per_minute=10)
    rate.observe(NOON, used=9, reset_s=25)

    assert rate.reserve(NOON) == 0


def test_an_unknown_or_absurd_timeout_is_a_minute() -> None:
    for timeout_s in (None, 60_000.0, float("inf")):
        rate = RateLimit(per_minute=10)
        rate.observe(NOON, used=11, reset_s=timeout_s)

        assert rate.reserve(NOON) == 60


def test_a_clock_that_was_set_back_delays_by_a_minute_at_most() -> None:
    rate = RateLimit(per_minute=1)
    rate.reserve(NOON)

    assert rate.reserve(NOON - timedelta(days=300)) == 60


def test_one_credential_has_one_limit_in_a_process() -> None:
    assert shared_rate("http://a.test", "k") is shared_rate("http://a.test", "k")
    assert shared_rate("http://a.test", "k") is not shared_rate("http://a.test", "other")


@given(
    limit=st.integers(1, 5),
    pauses_s=st.lists(st.floats(0, 90, allow_nan=False), min_size=1, max_size=40),
)
def test_no_minute_ever_holds_more_requests_than_allowed(limit: int, pauses_s: list[float]) -> None:
    rate = RateLimit(per_minute=limit)
    now = NOON
    sent: list[datetime] = []
    for pause_s in pauses_s:
        now += timedelta(seconds=pause_s)
        now += timedelta(seconds=rate.reserve(now))
        sent.append(now)

    for first, beyond in zip(sent, sent[limit:], strict=False):
        assert beyond - first >= timedelta(seconds=60)
