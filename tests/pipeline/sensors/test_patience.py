"""Slow receivers cannot make a tick so long that it is cut off."""

from pond_pipeline.sensors.patience import Patience


class Clock:
    """Tells what it is told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_what_is_spent_is_gone_for_a_minute() -> None:
    clock = Clock()
    patience = Patience(clock)
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
    patience = Patience(clock)
    clock.now_s += 45
    assert patience.left_s == 20
