from pathlib import Path

from pond_core import Window
from pond_pipeline.config import load_documents
from pond_pipeline.months import Month
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
    assert extent.reach(Month(2025, 2)) == (Month(2025, 2).window,)


def test_the_newest_month_has_no_end() -> None:
    extent = Extent.of(a_pull(), now=at("2025-03-20"))
    assert extent.main(Month(2025, 3)) == Window(Month(2025, 3).window.start_us, None)


def test_the_first_month_has_what_is_stamped_before_the_clock_floor_too() -> None:
    extent = Extent.of(a_pull(), now=at("2025-03-20"))
    long_ago, main = extent.reach(Month(2025, 1))
    assert long_ago == Window.of(None, at("2000-01-01"))
    assert main == Month(2025, 1).window


def test_the_first_month_of_a_local_clock_begins_a_day_earlier() -> None:
    extent = Extent.of(a_pull(clock="Pacific/Auckland"), now=at("2025-03-20"))
    assert extent.main(Month(2025, 1)).start == at("2024-12-31")
