import pytest

from pond_pipeline.simulator import Faults, Simulator, harbor
from tests.pipeline.simulator.visitor import (
    HARBOR_MISCOUNTER,
    StoppedClock,
    Visitor,
    epoch,
    stamps,
)

WEEK = {"startTime": epoch(2026, 3, 1), "endTime": epoch(2026, 3, 7)}


def _next(visitor: Visitor) -> str:
    cursor: str = visitor.data(**WEEK).headers["X-ISI-Next-Page"]
    return cursor


def test_a_page_is_a_block_of_two_days(visitor: Visitor) -> None:
    lengths = [len(stamps(page)) for page in visitor.pages(**WEEK)]
    assert lengths == [48, 48, 48, 1]


def test_all_pages_together_are_all_readings_in_order(visitor: Visitor) -> None:
    paged = [stamp for page in visitor.pages(**WEEK) for stamp in stamps(page)]
    assert paged == list(range(WEEK["startTime"], WEEK["endTime"] + 1, 3600))


def test_the_length_of_a_page_can_be_set(clock: StoppedClock) -> None:
    with Simulator(harbor(), clock=clock, page_days=366) as sim, Visitor(sim) as visitor:
        pages = list(visitor.pages(startTime=0))
        assert len(pages) == 3
        assert sum(len(stamps(page)) for page in pages) == 749 * 24 + 13


def test_an_empty_stretch_is_skipped(visitor: Visitor) -> None:
    assert stamps(visitor.data(startTime=0))[0] == epoch(2024, 11, 1)


def test_a_far_reading_is_the_next_page(visitor: Visitor) -> None:
    newest, far, *_ = visitor.pages(HARBOR_MISCOUNTER, startTime=epoch(2026, 11, 20))
    assert len(stamps(newest)) == 13
    assert stamps(far)[0] > epoch(2044, 1, 1)


def test_a_cursor_is_64_opaque_characters(visitor: Visitor) -> None:
    assert len(_next(visitor)) == 64


def test_a_blank_start_page_is_the_first(visitor: Visitor) -> None:
    assert visitor.data(**WEEK, cursor="").text == visitor.data(**WEEK).text


def test_the_same_cursor_gives_the_same_page_again(visitor: Visitor) -> None:
    cursor = _next(visitor)
    assert visitor.data(**WEEK, cursor=cursor).text == visitor.data(**WEEK, cursor=cursor).text


@pytest.mark.parametrize("change", [{"startTime": 0}, {"endTime": epoch(2026, 3, 8)}, {"more": 1}])
def test_a_cursor_is_void_when_a_query_parameter_changes(
    visitor: Visitor, change: dict[str, object]
) -> None:
    assert visitor.data(cursor=_next(visitor), **{**WEEK, **change}).status_code == 400


def test_a_cursor_is_void_at_another_location(visitor: Visitor) -> None:
    reply = visitor.data(HARBOR_MISCOUNTER, **WEEK, cursor=_next(visitor))
    assert reply.status_code == 400


@pytest.mark.parametrize("cursor", ["nonsense", "A" * 64, "A" * 63, "~" * 64])
def test_a_made_up_cursor_is_refused(visitor: Visitor, cursor: str) -> None:
    assert visitor.data(**WEEK, cursor=cursor).status_code == 400


def test_the_order_of_query_parameters_does_not_matter(visitor: Visitor) -> None:
    turned = dict(reversed(WEEK.items()))
    assert visitor.data(cursor=_next(visitor), **turned).status_code == 200


def test_a_cursor_outlives_a_restart(clock: StoppedClock) -> None:
    with Simulator(harbor(), clock=clock) as sim, Visitor(sim) as visitor:
        cursor = _next(visitor)
        second = visitor.data(**WEEK, cursor=cursor).text
    with Simulator(harbor(), clock=clock) as sim, Visitor(sim) as visitor:
        assert visitor.data(**WEEK, cursor=cursor).text == second


def test_a_page_may_come_twice(sim: Simulator, visitor: Visitor) -> None:
    plain = [stamps(page) for page in visitor.pages(**WEEK)]
    sim.faults = Faults(repeat_page=2)
    twice = [stamps(page) for page in visitor.pages(**WEEK)]
    assert twice == [plain[0], plain[1], plain[1], plain[2], plain[3]]


@pytest.mark.parametrize("page", [1, 2])
def test_a_page_may_name_itself_as_the_next(sim: Simulator, visitor: Visitor, page: int) -> None:
    sim.faults.loop_on_page = page
    walk = visitor.pages(**WEEK)
    cursors = [next(walk).headers["X-ISI-Next-Page"] for _ in range(4)]
    assert len(set(cursors)) == 1


@pytest.mark.parametrize("page", [1, 2, 3])
def test_two_pages_may_be_swapped(sim: Simulator, visitor: Visitor, page: int) -> None:
    plain = [stamps(answer) for answer in visitor.pages(**WEEK)]
    sim.faults.swap_pages = page
    swapped = [stamps(answer) for answer in visitor.pages(**WEEK)]
    plain[page - 1 : page + 1] = reversed(plain[page - 1 : page + 1])
    assert swapped == plain


def test_a_last_page_is_not_swapped(sim: Simulator, visitor: Visitor) -> None:
    plain = [stamps(page) for page in visitor.pages(**WEEK)]
    sim.faults.swap_pages = 4
    assert [stamps(page) for page in visitor.pages(**WEEK)] == plain


def test_the_last_page_may_carry_a_blank_cursor(sim: Simulator, visitor: Visitor) -> None:
    sim.faults.blank_last_cursor = True
    pages = list(visitor.pages(**WEEK))
    assert len(pages) == 4
    assert pages[-1].headers["X-ISI-Next-Page"] == ""
    assert visitor.locations().headers["X-ISI-Next-Page"] == ""
