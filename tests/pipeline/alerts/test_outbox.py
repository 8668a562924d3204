"""A message is sent until it is taken, in order, ever more rarely, for a day."""

from dataclasses import replace
from datetime import timedelta

from pond_pipeline.alerts.notice import Notice, State
from pond_pipeline.alerts.outbox import Owed, again, due_now
from tests.pipeline.alerts.test_course import MINUTE, NOON, silent


def owed(subject: str, channel: int = 0, *, due_min: int = 0) -> Owed:
    notice = Notice(alert="watch", state=State.BEGAN, observed=silent(subject), at=NOON)
    return Owed(notice=notice, channel=channel, due=NOON + due_min * MINUTE)


def test_of_each_channel_the_first_message_comes_first() -> None:
    box = [owed("/a"), owed("/a", 1), owed("/b"), owed("/b", 1)]
    assert [*due_now(box, now=NOON)] == box[:2]


def test_a_message_that_waits_keeps_those_after_it_and_no_other_channel() -> None:
    box = [owed("/a", due_min=5), owed("/b"), owed("/b", 1)]
    assert [*due_now(box, now=NOON)] == [box[2]]


def test_what_was_not_taken_is_tried_ever_more_rarely() -> None:
    waits, each = [], owed("/a")
    for _ in range(9):
        later = again(each, now=each.due)
        assert later is not None
        waits.append((later.due - each.due) // MINUTE)
        each = later
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert each.attempts == 9


def test_a_clock_that_ran_ahead_does_not_make_a_message_wait_until_then() -> None:
    waiting = owed("/a", due_min=365 * 24 * 60)
    assert [*due_now([waiting], now=NOON)] == [waiting]


def test_what_a_clock_that_ran_ahead_found_is_given_up_a_day_after_it_was_set_right() -> None:
    ahead = owed("/a")
    found = replace(ahead, notice=replace(ahead.notice, at=NOON + timedelta(days=365)))
    tried = again(found, now=NOON)
    assert tried is not None
    assert again(tried, now=NOON + timedelta(days=1)) is None


def test_after_a_day_it_is_given_up() -> None:
    each = replace(owed("/a"), attempts=10)
    assert again(each, now=NOON + timedelta(hours=23)) is not None
    assert again(each, now=NOON + timedelta(days=1)) is None
