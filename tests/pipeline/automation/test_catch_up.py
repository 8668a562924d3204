"""The sensor that finds what is behind: real ticks, real runs, a real pond."""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest

from pond_core import Pond, Provenance
from pond_pipeline.automation.catch_up import ATTEMPT_TAG
from pond_pipeline.record import record
from tests.pipeline.automation.lake import (
    CHARTS,
    DAYS,
    FIRST,
    RAW,
    SECOND,
    SITE,
    SITES,
    SOURCE,
    THIRD,
    Lake,
)
from tests.pipeline.home import instance_in
from tests.pipeline.waters import update_of

OTHER_SOURCE = """
---
kind: Scribble
name: reef
spec: {start: 2025-01-01, end: 2025-03-20, interval: 6h, series: [A]}
"""

WEBSITE = """
---
kind: Site
name: web
spec: {pages: [about.md]}
"""
WEB = "/site/web"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with instance_in(tmp_path / "home") as instance:
        yield Lake(tmp_path, instance)


def correct(lake: Lake, path: str, month: str) -> None:
    """Change one reading of a month, as a vendor's correction does."""
    pond = lake.pond
    table = pond.snapshot().read_series(path)
    column = table.column_names[1]
    in_month = [str(each).startswith(month) for each in table["timestamp"].to_pylist()]
    values = [
        value + 1 if inside else value
        for value, inside in zip(table[column].to_pylist(), in_month, strict=True)
    ]
    changed = table.set_column(1, table.schema.field(1), pa.array(values))
    list(record(pond, path, update_of(changed, month), provenance=Provenance()))


def test_without_a_pond_there_is_nothing_to_do(lake: Lake) -> None:
    assert lake.tick() == []
    assert lake.said == "there is no pond yet"


def test_what_nothing_was_collected_for_is_not_asked_for(lake: Lake) -> None:
    Pond.init(lake.path)
    assert lake.tick() == []


def test_what_was_collected_is_asked_for_with_all_that_is_made_of_it(lake: Lake) -> None:
    lake.make(RAW, FIRST, SECOND)
    assert lake.tick() == [({SITE, DAYS}, "2025-01..2025-02")]
    assert lake.stale() == []


def test_months_with_a_gap_between_them_are_runs_of_their_own(lake: Lake) -> None:
    lake.make(RAW, FIRST)
    lake.make(RAW, THIRD)
    assert [span for _, span in lake.tick()] == ["2025-01..2025-01", "2025-03..2025-03"]


def test_when_all_is_up_to_date_nothing_is_asked_and_the_pond_is_not_looked_at_again(
    lake: Lake,
) -> None:
    lake.make(RAW, FIRST)
    lake.tick()
    assert lake.tick() == []
    assert lake.said == "all is up to date"
    assert lake.tick() == []
    assert lake.said.startswith("up to date as of txn")


def test_a_correction_of_one_month_is_brought_to_that_month_alone(lake: Lake) -> None:
    lake.make((*RAW, SITE, DAYS), FIRST, SECOND, THIRD)
    correct(lake, RAW[0], "2025-02")
    before = lake.pond.snapshot().txn
    assert lake.tick() == [({SITE, DAYS}, "2025-02..2025-02")]
    written = {
        (header.provenance.asset, header.provenance.partitions)
        for header in lake.pond.log()
        if header.txn > before
    }
    assert written == {(SITE, ("2025-02",)), (DAYS, ("2025-02",))}


def test_a_resource_that_is_new_is_made_where_there_is_something_to_make_it_of(
    lake: Lake,
) -> None:
    lake.resources = SOURCE + SITES
    lake.make((*RAW, SITE), FIRST, SECOND)
    lake.tick()
    lake.resources = SOURCE + SITES + CHARTS
    assert lake.tick() == [({DAYS}, "2025-01..2025-02")]


def test_what_a_run_is_at_work_on_is_left_to_it(lake: Lake) -> None:
    lake.make(RAW, FIRST)
    job = lake.definitions.resolve_implicit_global_asset_job_def()
    run = lake.instance.create_run_for_job(job)
    assert lake.tick() == []
    assert lake.said == "a run is at work on what is behind"
    lake.instance.report_run_failed(run)
    assert len(lake.tick()) == 1


def test_a_job_that_makes_other_things_is_not_waited_for(lake: Lake) -> None:
    lake.resources += OTHER_SOURCE
    lake.make(RAW, FIRST)
    lake.instance.create_run_for_job(lake.definitions.resolve_job_def("reef_pull"))
    assert lake.tick() == [({SITE, DAYS}, "2025-01..2025-01")]


def test_a_run_of_a_job_that_nobody_knows_is_waited_for(lake: Lake) -> None:
    @dg.job
    def unknown() -> None:
        pass

    lake.make(RAW, FIRST)
    lake.instance.create_run_for_job(unknown)
    assert lake.tick() == []


def test_an_attempt_that_failed_is_not_repeated_at_once(lake: Lake) -> None:
    lake.resources = lake.resources.replace("scope: B", "scope: A")  # both give one column
    lake.make(RAW, FIRST)
    assert len(lake.tick(fails=True)) == 1
    assert lake.tick() == []
    assert lake.said.startswith("the last attempt failed")


def test_what_else_comes_into_the_pond_is_no_reason_to_repeat_it(lake: Lake) -> None:
    lake.resources = lake.resources.replace("scope: B", "scope: A")
    lake.make(RAW, FIRST)
    lake.tick(fails=True)
    with lake.pond.transaction() as tx:
        tx.write_data("/note", b"")
    assert lake.tick() == []
    assert lake.said.startswith("the last attempt failed")


def test_an_attempt_that_failed_in_several_runs_counts_once(lake: Lake) -> None:
    lake.resources = lake.resources.replace("scope: B", "scope: A")
    lake.make(RAW, FIRST)
    lake.make(RAW, THIRD)
    assert len(lake.tick(fails=True)) == 2
    lake.tick()
    wait = lake.said.rpartition(" ")[2]
    assert "0:00:00" < wait <= "0:01:00"


def test_each_attempt_in_vain_doubles_the_wait_up_to_an_hour(lake: Lake) -> None:
    lake.resources = lake.resources.replace("scope: B", "scope: A")
    lake.make(RAW, FIRST)
    (request,) = lake.requests()
    assert request.tags[ATTEMPT_TAG] == "1"
    for attempt, shortest, longest in (
        ("2", "0:01:00", "0:02:00"),
        ("5", "0:08:00", "0:16:00"),
        ("50", "0:30:00", "1:00:00"),
    ):
        lake.execute(
            list(request.asset_selection or []),
            {**request.tags, ATTEMPT_TAG: attempt},
            fails=True,
        )
        lake.tick()
        assert shortest < lake.said.rpartition(" ")[2] <= longest


def test_an_attempt_that_failed_is_repeated_once_something_else_is_asked_for(lake: Lake) -> None:
    good = lake.resources
    lake.resources = good.replace("scope: B", "scope: A")
    lake.make(RAW, FIRST)
    lake.tick(fails=True)
    lake.resources = good
    assert lake.tick() == [({SITE, DAYS}, "2025-01..2025-01")]


def test_the_same_is_asked_for_at_once_after_it_was_made(lake: Lake) -> None:
    lake.make(RAW, FIRST)
    for _ in range(2):
        assert lake.tick() == [({SITE, DAYS}, "2025-01..2025-01")]
        correct(lake, RAW[0], "2025-01")


@pytest.fixture
def page(lake: Lake) -> Path:
    """A page of a website of which all is made."""
    page = lake.folder / "about.md"
    page.write_text("# About")
    lake.resources += WEBSITE
    lake.make(RAW, FIRST)
    lake.tick()
    assert lake.tick() == []
    return page


def test_a_page_of_a_website_that_was_edited_is_taken(lake: Lake, page: Path) -> None:
    page.write_text("# About us")
    assert lake.tick() == [({WEB}, "None..None")]
    assert "About us" in (lake.folder / "site/web/pages/about.html").read_text()
    assert lake.tick() == []


@pytest.mark.parametrize("pages", ["'*.md'", f"{'a' * 300}.md"], ids=["no UTF-8", "too long"])
def test_a_page_that_cannot_be_shown_fails_its_website_alone(
    lake: Lake, page: Path, pages: str
) -> None:
    (page.parent / os.fsdecode(b"\xff.md")).write_text("# Odd")
    lake.resources = lake.resources.replace("[about.md]", f"[{pages}]")
    correct(lake, RAW[0], "2025-01")
    assert len(lake.tick(fails=True)) == 1
    assert lake.stale() == [(WEB, "None")]


def test_a_page_that_was_wrong_is_taken_at_once_when_it_is_mended(lake: Lake, page: Path) -> None:
    page.write_text('{{ chart("/nowhere") }}')
    assert len(lake.tick(fails=True)) == 1
    assert lake.tick() == []
    page.write_text("# Mended")
    assert lake.tick() == [({WEB}, "None..None")]
