from pathlib import Path

from pond_core import Window
from pond_pipeline.config import load_documents
from pond_pipeline.periods import Period
from pond_pipeline.plan import NormalizeStep, PullStep, compile_plan
from pond_pipeline.steps.extent import DAY_US, Extent, clock_margin_us
from tests.pipeline.steps.station import a_pull, at

_RESOURCES = """
kind: HydroVu
name: bay
spec: {key: k, secret: s, start: 2025-01-01, devices: [{name: Pier, id: 1}]}
"""


def test_an_instrument_without_a_clock_setting_needs_no_margin(tmp_path: Path) -> None:
    steps = compile_plan(load_documents(_RESOURCES), root=tmp_path).steps
    margins = [clock_margin_us(s) for s in steps if isinstance(s, PullStep | NormalizeStep)]
    assert margins == [0, 0]


def test_a_clock_in_local_time_can_be_off_by_a_day() -> None:
    assert clock_margin_us(a_pull(clock="Pacific/Auckland")) == DAY_US


def test_a_month_in_the_middle_is_the_month() -> None:
    extent = Extent.of(a_pull(), now=at("2025-03-20"))
    assert extent.reach(Period.parse("2025-02")) == (Period.parse("2025-02").window,)


def test_the_newest_month_has_no_end() -> None:
    extent = Extent.of(a_pull(), now=at("2025-03-20"))
    assert extent.main(Period.parse("2025-03")) == Window(
        Period.parse("2025-03").window.start_us, None
    )


def test_the_first_month_has_what_is_stamped_before_the_clock_floor_too() -> None:
    extent = Extent.of(a_pull(), now=at("2025-03-20"))
    long_ago, main = extent.reach(Period.parse("2025-01"))
    assert long_ago == Window.of(None, at("2000-01-01"))
    assert main == Period.parse("2025-01").window


def test_the_first_month_of_a_local_clock_begins_a_day_earlier() -> None:
    extent = Extent.of(a_pull(clock="Pacific/Auckland"), now=at("2025-03-20"))
    assert extent.main(Period.parse("2025-01")).start == at("2024-12-31")
