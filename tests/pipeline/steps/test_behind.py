from pathlib import Path

from pond_core import Aggregate, Resolution
from pond_pipeline.config import EnvText
from pond_pipeline.periods import Cadence, Period
from pond_pipeline.plan import (
    CombineInput,
    CombineStep,
    FilesStep,
    Folder,
    LakeTechSource,
    ReduceStep,
    Step,
)
from pond_pipeline.steps import Request
from pond_pipeline.steps import behind as behind_of
from pond_pipeline.steps.combine import combine
from pond_pipeline.steps.reduce import reduce
from tests.pipeline.steps.station import (
    DEPTH,
    TABLE,
    Station,
    a_dictionary,
    a_normalize,
    a_pull,
    at,
)

MARCH = "2025-03-20"
ALL = ["2025-01", "2025-02", "2025-03"]
COMBINE = CombineStep(
    group="bay",
    description="A site.",
    outputs=("/combined/bay/Pier",),
    inputs=(TABLE,),
    fingerprint="combine",
    site="Pier",
    parts=(CombineInput(path=TABLE, asset=TABLE),),
)
REDUCE = ReduceStep(
    group="bay",
    description="Days.",
    outputs=("/reduced/bay/Pier/res=1d",),
    inputs=COMBINE.outputs,
    fingerprint="reduce",
    series=COMBINE.outputs[0],
    collection="days",
    dataset="Pier",
    resolutions=(Resolution.parse("1d"),),
    columns=None,
    aggregates=(Aggregate.AVG,),
)


def behind(station: Station, step: Step) -> list[str]:
    months = [Period.parse(key) for key in ALL]
    lags = behind_of(step, station.pond.snapshot(), months, Request(now=at(MARCH)))
    return [str(lag.period) for lag in lags]


def run_all(station: Station) -> None:
    """Bring every step up to date."""
    station.pull(*ALL, now=MARCH)
    station.learn_names()
    station.normalize(*ALL, now=MARCH)
    months = [Period.parse(key) for key in ALL]
    station.store(COMBINE.outputs[0], combine(COMBINE, station.pond.snapshot(), months))
    for path, update in reduce(REDUCE, station.pond.snapshot(), months).items():
        station.store(path, update)


def test_a_step_that_never_ran_is_behind_in_all_months(station: Station) -> None:
    for step in (a_pull(), a_normalize(), COMBINE, REDUCE):
        assert behind(station, step) == ALL


def test_steps_without_months_are_never_behind(station: Station) -> None:
    source = LakeTechSource(
        name="fb",
        folder=Folder(pattern=EnvText("*.htm"), root=Path("/")),
        start=at("2025-01-01"),
        timezone=None,
        subtract_offset=(),
        schedule=None,
        cadence=Cadence.MONTHLY,
    )
    files = FilesStep(
        group="fb",
        description="Files.",
        outputs=("/raw/fb/files",),
        cadence=None,
        fingerprint="files",
        source=source,
        locations=(),
    )
    assert behind(station, files) == behind(station, a_dictionary()) == []


def test_after_a_run_only_the_pull_of_months_that_may_grow_is_behind(station: Station) -> None:
    station.ledger.write("2025-01-10 00:00", "2025-03-02 00:00")
    run_all(station)
    assert behind(station, a_pull()) == ["2025-02", "2025-03"]
    for step in (a_normalize(), COMBINE, REDUCE):
        assert behind(station, step) == []


def test_a_reading_that_comes_late_puts_every_step_behind_in_its_month(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00", "2025-02-20 00:00")
    run_all(station)
    station.ledger.write("2025-02-19 00:00")
    station.pull(*ALL, now=MARCH)
    assert behind(station, a_normalize()) == ["2025-02"]
    assert behind(station, COMBINE) == []
    station.normalize(*ALL, now=MARCH)
    assert behind(station, COMBINE) == ["2025-02"]


def test_a_pull_that_brought_nothing_new_puts_nothing_behind(station: Station) -> None:
    station.ledger.write("2025-02-10 00:00")
    run_all(station)
    station.pull(*ALL, now="2025-03-21", refetch=True)
    assert behind(station, a_normalize()) == []


def test_a_new_version_of_a_step_is_behind_in_all_months(station: Station) -> None:
    run_all(station)
    assert behind(station, a_normalize(fingerprint="other")) == ALL


def test_a_month_that_is_missing_downstream_is_behind_there_alone(station: Station) -> None:
    station.ledger.write("2025-01-10 00:00", "2025-02-10 00:00")
    station.pull(*ALL, now=MARCH)
    station.learn_names()
    station.normalize("2025-01", "2025-03", now=MARCH)
    assert behind(station, a_normalize()) == ["2025-02"]


def test_a_new_name_in_the_dictionary_puts_the_table_behind(station: Station) -> None:
    run_all(station)
    with station.pond.transaction() as tx:
        names = tx.read_table("/raw/bay/units")
        tx.write_table("/raw/bay/units", names.slice(1))
    assert behind(station, a_normalize()) == ALL


def test_a_retired_instrument_whose_last_reading_is_there_is_not_behind(station: Station) -> None:
    retired = a_pull(until="2025-02-10T12:00")
    station.ledger.write("2025-02-10 11:00")
    station.pull(*ALL, now=MARCH, step=retired)
    assert behind(station, retired) == []


def test_a_retired_instrument_that_may_still_send_is_behind(station: Station) -> None:
    retired = a_pull(until="2025-02-10T12:00")
    station.ledger.write("2025-02-08 00:00")
    station.pull(*ALL, now=MARCH, step=retired)
    assert behind(station, retired) == ["2025-02"]


def test_an_instrument_that_is_not_active_is_not_behind(station: Station) -> None:
    idle = a_pull(active=False)
    station.pull(*ALL, now=MARCH, step=idle)
    assert behind(station, idle) == []


def test_a_parameter_that_lags_keeps_its_month_behind(station: Station) -> None:
    station.ledger.write("2025-03-05 00:00")
    station.ledger.write("2025-02-25 00:00", key=DEPTH)
    station.pull(*ALL, now=MARCH)
    assert behind(station, a_pull()) == ["2025-02", "2025-03"]


def test_dictionaries_are_behind_when_there_are_readings_without_any(station: Station) -> None:
    """Who materializes an instrument alone gets the names of its columns all the same."""
    assert behind(station, a_dictionary()) == []
    station.ledger.write("2025-01-10 00:00")
    station.pull("2025-01", now=MARCH)
    assert behind(station, a_dictionary()) == ["None"]
    station.learn_names()
    assert behind(station, a_dictionary()) == []
