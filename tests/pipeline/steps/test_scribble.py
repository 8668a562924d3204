from datetime import timedelta
from pathlib import Path

import pytest

from pond_core import Pond, Provenance, Window, content_hash
from pond_pipeline.periods import Cadence, Period
from pond_pipeline.plan import ScribbleSource, ScribbleStep
from pond_pipeline.record import Recorded, record
from pond_pipeline.steps.scribble import scribble, scribble_due
from tests.pipeline.waters import at, months_of, rows_of

PATH = "/raw/bay/A"
MARCH = "2025-03-10 12:30"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def a_scribble(*, end: str | None = None, seed: int = 0, series: str = "A") -> ScribbleStep:
    source = ScribbleSource(
        name="bay",
        seed=seed,
        window=Window.of(at("2025-01-15"), None if end is None else at(end)),
        interval=timedelta(hours=1),
        columns=("value",),
        schedule=None,
        cadence=Cadence.MONTHLY,
    )
    return ScribbleStep(
        group="bay",
        description="Readings.",
        outputs=(f"/raw/bay/{series}",),
        fingerprint=f"scribble {seed} {end}",
        source=source,
        series=series,
    )


def run(
    pond: Pond, *keys: str, now: str = MARCH, step: ScribbleStep | None = None
) -> list[Recorded]:
    step = step or a_scribble()
    update = scribble(step, pond.snapshot(), months_of(*keys), now=at(now))
    return list(record(pond, step.outputs[0], update, provenance=Provenance()))


def due(pond: Pond, *keys: str, now: str = MARCH) -> list[Period]:
    return scribble_due(a_scribble(), pond.snapshot(), months_of(*keys), now=at(now))


def test_readings_are_the_same_on_every_machine(pond: Pond) -> None:
    run(pond, "2025-02")
    table = pond.snapshot().read_series(PATH)
    digest = "a5bc8be38deeac6e946d7d4f7423108343d69f6370238387310ddda7a66cfeb6"
    assert content_hash(table) == digest


def test_months_one_by_one_give_what_all_at_once_give(pond: Pond) -> None:
    run(pond, "2025-01", "2025-02", "2025-03")
    at_once = pond.snapshot().read_series(PATH)
    with pond.transaction() as tx:
        tx.remove(PATH)
    for month in ("2025-03", "2025-01", "2025-02"):
        run(pond, month)
    assert pond.snapshot().read_series(PATH).equals(at_once)


def test_another_seed_and_another_series_give_other_readings(pond: Pond) -> None:
    steps = [a_scribble(), a_scribble(series="B"), a_scribble(series="C", seed=1)]
    for step in steps:
        run(pond, "2025-02", step=step)
    values = [tuple(rows_of(pond, step.outputs[0], "value").values()) for step in steps]
    assert len(set(values)) == 3


def test_readings_go_from_the_start_up_to_now(pond: Pond) -> None:
    run(pond, "2025-01", "2025-02", "2025-03", "2025-04")
    stamps = list(rows_of(pond, PATH, "value"))
    assert (stamps[0], stamps[-1]) == ("2025-01-15 00:00", "2025-03-10 12:00")


def test_readings_end_with_the_source(pond: Pond) -> None:
    run(pond, "2025-02", step=a_scribble(end="2025-02-03"))
    assert list(rows_of(pond, PATH, "value"))[-1] == "2025-02-02 23:00"


def test_later_there_are_more_and_those_before_stay_as_they_are(pond: Pond) -> None:
    run(pond, "2025-02", "2025-03")
    before = rows_of(pond, PATH, "value")
    recorded = run(pond, "2025-02", "2025-03", now="2025-03-10 15:10")
    after = rows_of(pond, PATH, "value")
    assert [each.period.key for each in recorded] == ["2025-03"]
    assert {stamp: after[stamp] for stamp in before} == before
    assert list(after)[-1] == "2025-03-10 15:00"


def test_a_month_is_due_once_another_reading_is(pond: Pond) -> None:
    months = ("2025-01", "2025-02", "2025-03", "2025-04")
    assert due(pond, *months) == months_of(*months)
    run(pond, *months)
    assert due(pond, *months) == []
    assert due(pond, *months, now="2025-03-10 12:59") == []
    assert due(pond, *months, now="2025-03-10 13:01") == months_of("2025-03")


def test_a_month_in_which_the_readings_ended_is_due_no_more(pond: Pond) -> None:
    step = a_scribble(end="2025-03-05")
    run(pond, "2025-03", step=step)
    late = scribble_due(step, pond.snapshot(), months_of("2025-03"), now=at("2025-05-01"))
    assert late == []


def test_what_is_up_to_date_is_no_transaction_even_when_it_is_made_again(pond: Pond) -> None:
    run(pond, "2025-02")
    update = scribble(
        a_scribble(), pond.snapshot(), months_of("2025-02"), now=at(MARCH), again=True
    )
    assert [each.txn for each in record(pond, PATH, update, provenance=Provenance())] == [None]


def test_another_version_of_the_step_makes_all_again(pond: Pond) -> None:
    run(pond, "2025-02")
    recorded = run(pond, "2025-02", step=a_scribble(seed=1))
    assert [each.txn for each in recorded] == [pond.snapshot().txn]
