"""Slow receivers cannot make a tick so long that it is cut off."""

from pond_pipeline.alerts.patience import Patience


class Clock:
    """Tells what it is told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_what_is_spent_is_gone_for_a_minute() -> None:
    clock = Clock()
    patience = Patience(1, clock)
    assert patience.left_s == 20
    with patience.spending():
        clock.now_s += 15
    assert patience.left_s == 5
    clock.now_s += 40
    assert patience.left_s == 5
    clock.now_s += 5
    assert patience.left_s == 20


def test_waiting_for_something_else_costs_nothing() -> None:
    clock = Clock()
    patience = Patience(1, clock)
    clock.now_s += 45
    assert patience.left_s == 20


def test_receivers_share_what_a_tick_may_take() -> None:
    assert [Patience(receivers, Clock()).left_s for receivers in (1, 2, 4, 50)] == [
        20,
        7.5,
        1.25,
        1,
    ]


def test_one_receiver_spends_nothing_of_another_one_s() -> None:
    clock = Clock()
    one, other = Patience(2, clock), Patience(2, clock)
    with one.spending():
        clock.now_s += 30
    assert (one.left_s, other.left_s) == (-22.5, 7.5)
