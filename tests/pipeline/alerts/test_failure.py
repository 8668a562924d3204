"""Runs that fail again are one incident; one that nobody makes again is forgotten."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_pipeline.alerts.book import Shelf
from pond_pipeline.alerts.failure import FailedRun, is_forgotten, merged, observed_run
from pond_pipeline.alerts.scene import News
from tests.pipeline.alerts.lookout import Lookout, looking_out
from tests.pipeline.instruments import PIER, WHARF
from tests.pipeline.waters import at

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def lookout(tmp_path: Path) -> Iterator[Lookout]:
    with looking_out(tmp_path) as made:
        yield made


def failed(
    *assets: str, hours: int = 0, partitions: tuple[str, ...] = ("2025-03",), job: str = "pull"
) -> FailedRun:
    when = NOON + timedelta(hours=hours)
    return FailedRun(
        run_id=f"run-{hours}-{len(assets)}",
        job=job,
        assets=assets,
        partitions=partitions,
        reason="no",
        failed=when,
        began=when,
    )


def test_what_fails_again_is_the_same_incident_and_failed_later() -> None:
    first, again = failed("/a", "/b"), failed("/a", hours=1)
    [one] = merged([first], [again])
    assert (one.run_id, one.began, one.failed) == (first.run_id, first.began, again.failed)


@pytest.mark.parametrize(
    "other",
    [
        failed("/a", "/c", hours=1),
        failed("/a", hours=1, partitions=("2025-04",)),
        failed("/a", hours=1, partitions=("2025-03", "2025-04")),
        failed(hours=1),
    ],
)
def test_other_assets_and_other_periods_are_another_incident(other: FailedRun) -> None:
    assert merged([failed("/a", "/b")], [other]) == [failed("/a", "/b"), other]


def test_runs_without_assets_are_told_apart_by_their_job() -> None:
    first, again, other = failed(), failed(hours=1), failed(hours=2, job="purge")
    assert [each.job for each in merged([], [other, again, first])] == ["pull", "purge"]


@pytest.mark.parametrize(
    ("run", "subject"),
    [
        (failed("/a", "/b", partitions=()), "/a, /b"),
        (failed("/a"), "/a [2025-03]"),
        (failed("/a", partitions=("2025-01", "2025-03")), "/a [2025-01..2025-03]"),
        (failed(partitions=()), "pull"),
    ],
)
def test_an_incident_is_named_by_what_failed_and_of_which_periods(
    run: FailedRun, subject: str
) -> None:
    assert run.subject == subject


def test_of_many_assets_some_are_named() -> None:
    told = observed_run(failed(*(f"/a/{n}" for n in range(7))))
    assert told.title == "/a/0, /a/1, /a/2, /a/3, /a/4 and 2 more failed"
    assert told.values["assets"] == [f"/a/{n}" for n in range(7)]


def test_a_run_that_nobody_made_again_is_forgotten_after_a_week_without_a_word(
    lookout: Lookout,
) -> None:
    lookout.begin("{when: run_failed}")
    Shelf(lookout.pond.path).note(failed("/a"))
    assert lookout.look("2025-03-01 12:01").ongoing == 1
    assert [body["state"] for body in lookout.told()] == ["began"]
    assert not is_forgotten(failed("/a"), now=NOON + timedelta(days=7))
    assert lookout.look("2025-03-08 12:01").ongoing == 0
    assert lookout.told() == []


def test_only_runs_are_told_in_which_what_is_watched_failed(lookout: Lookout) -> None:
    lookout.begin("{when: run_failed, path: /normalized/bay/P*}")
    shelf = Shelf(lookout.pond.path)
    shelf.note(failed(WHARF))
    shelf.note(failed(WHARF, PIER, hours=1))
    lookout.look("2025-03-01 13:01")
    [body] = lookout.told()
    assert (body["assets"], body["partitions"]) == ([WHARF, PIER], ["2025-03"])
    assert body["link"] == "http://127.0.0.1:3000/runs/run-1-2"


def test_a_note_that_is_cut_in_half_is_no_run_and_is_gone(lookout: Lookout) -> None:
    lookout.begin("{when: run_failed}")
    shelf = Shelf(lookout.pond.path)
    shelf.note(failed("/a"))
    [note] = (lookout.pond.path / "alerts" / "failed-runs").iterdir()
    note.write_bytes(note.read_bytes()[:40])
    assert lookout.look("2025-03-01 12:01").ongoing == 0
    assert not note.exists()


def test_a_run_that_is_made_again_is_over(lookout: Lookout) -> None:
    lookout.begin("{when: run_failed}")
    Shelf(lookout.pond.path).note(failed("/a"))
    lookout.look("2025-03-01 12:01")
    lookout.watch.look(News(is_over=lambda run: run.assets == ("/a",)), now=at("2025-03-01 13:00"))
    assert [body["state"] for body in lookout.told()] == ["began", "recovered"]
