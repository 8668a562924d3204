from dataclasses import replace
from pathlib import Path

import pytest

from pond_core import DataError, Pond, Provenance, Window
from pond_pipeline.config import Correction, QualityRule
from pond_pipeline.plan import CombineInput, CombineStep, Treatment
from pond_pipeline.quality import roll_ups
from pond_pipeline.record import Recorded, record
from pond_pipeline.steps.combine import combine
from tests.pipeline.steps.flags import with_flags
from tests.pipeline.waters import at, months_of, rows_of, store, water

LEFT, RIGHT, SITE = "/normalized/bay/Left", "/normalized/bay/Right", "/combined/bay/Site"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def a_site(*parts: CombineInput, fingerprint: str = "combine") -> CombineStep:
    parts = parts or (
        CombineInput(path=LEFT, asset=LEFT, scope="Left"),
        CombineInput(path=RIGHT, asset=RIGHT, scope="Right"),
    )
    return CombineStep(
        group="bay",
        description="A site.",
        outputs=(SITE,),
        inputs=tuple(part.path for part in parts),
        fingerprint=fingerprint,
        site="Site",
        parts=parts,
    )


def run(pond: Pond, step: CombineStep, *keys: str) -> list[Recorded]:
    update = combine(step, pond.snapshot(), months_of(*keys))
    return list(record(pond, SITE, update, provenance=Provenance()))


def test_instruments_are_joined_on_the_instant(pond: Pond) -> None:
    store(pond, LEFT, water({"2025-01-01 00:00": 1, "2025-01-01 01:00": 2}), "2025-01")
    store(pond, RIGHT, water({"2025-01-01 01:00": 3, "2025-01-01 02:00": 4}), "2025-01")
    run(pond, a_site(), "2025-01")
    assert list(rows_of(pond, SITE, "Left.Temperature.C").values()) == [1, 2, None]
    assert list(rows_of(pond, SITE, "Right.Temperature.C").values()) == [None, 3, 4]


def test_an_instrument_counts_only_while_it_stood_there(pond: Pond) -> None:
    table = water({"2025-01-01 00:00": 1, "2025-01-02 00:00": 2})
    store(pond, LEFT, table, "2025-01")
    step = a_site(CombineInput(path=LEFT, asset=LEFT, window=Window.of(None, at("2025-01-02"))))
    run(pond, step, "2025-01")
    assert rows_of(pond, SITE) == {"2025-01-01 00:00": 1}


def test_an_instrument_that_was_never_made_has_no_readings(pond: Pond) -> None:
    store(pond, LEFT, water({"2025-01-01 00:00": 1}), "2025-01")
    run(pond, a_site(), "2025-01")
    assert pond.snapshot().read_series(SITE).column_names == ["timestamp", "Left.Temperature.C"]


def test_two_values_for_one_column_and_instant_are_refused(pond: Pond) -> None:
    for path in (LEFT, RIGHT):
        store(pond, path, water({"2025-01-01 00:00": 1}), "2025-01")
    step = a_site(CombineInput(path=LEFT, asset=LEFT), CombineInput(path=RIGHT, asset=RIGHT))
    with pytest.raises(DataError, match=LEFT):
        run(pond, step, "2025-01")


def test_of_two_values_the_one_with_the_higher_priority_counts(pond: Pond) -> None:
    store(pond, LEFT, water({"2025-01-01 00:00": 1}), "2025-01")
    store(pond, RIGHT, water({"2025-01-01 00:00": 2}), "2025-01")
    step = a_site(
        CombineInput(path=LEFT, asset=LEFT, priority=1),
        CombineInput(path=RIGHT, asset=RIGHT, priority=2),
    )
    run(pond, step, "2025-01")
    assert rows_of(pond, SITE) == {"2025-01-01 00:00": 2}


def test_a_column_can_be_renamed(pond: Pond) -> None:
    store(pond, LEFT, water({"2025-01-01 00:00": 1}), "2025-01")
    run(
        pond,
        a_site(CombineInput(path=LEFT, asset=LEFT, rename={"Temperature.C": "Water.C"})),
        "2025-01",
    )
    assert rows_of(pond, SITE, "Water.C") == {"2025-01-01 00:00": 1}


@pytest.mark.parametrize("old", ["Temperature.C", "Temperature.F"])
def test_a_column_in_another_unit_is_renamed_by_either_of_its_names(pond: Pond, old: str) -> None:
    store(pond, LEFT, with_flags({"2025-01-01 00:00": (10, 1)}), "2025-01")
    step = a_site(CombineInput(path=LEFT, asset=LEFT, rename={old: "Water.F"}))
    run(pond, replace(step, treatment=Treatment(units={"Temperature": "F"})), "2025-01")
    assert rows_of(pond, SITE, "Water.F") == {"2025-01-01 00:00": 50}


def test_only_months_whose_instruments_changed_are_joined_again(pond: Pond) -> None:
    table = water({"2025-01-01 00:00": 1, "2025-02-01 00:00": 2})
    store(pond, LEFT, table, "2025-01", "2025-02")
    run(pond, a_site(), "2025-01", "2025-02")
    store(pond, LEFT, water({"2025-02-01 00:00": 3}), "2025-02")
    again = run(pond, a_site(), "2025-01", "2025-02")
    assert [each.period.key for each in again] == ["2025-02"]


def test_an_instrument_that_is_taken_out_leaves_the_site(pond: Pond) -> None:
    store(pond, LEFT, water({"2025-01-01 00:00": 1}), "2025-01")
    store(pond, RIGHT, water({"2025-01-01 01:00": 2}), "2025-01")
    run(pond, a_site(), "2025-01")
    run(
        pond,
        a_site(CombineInput(path=LEFT, asset=LEFT, scope="Left"), fingerprint="other"),
        "2025-01",
    )
    assert rows_of(pond, SITE, "Left.Temperature.C") == {"2025-01-01 00:00": 1}


def test_a_correction_counts_from_its_date_on(pond: Pond) -> None:
    store(pond, LEFT, water({"2025-01-01 00:00": 1, "2025-01-02 00:00": 2}), "2025-01")
    moved = Correction.model_validate(
        {"column": "Temperature.C", "from": "2025-01-02", "offset": 0.5}
    )
    run(pond, a_site(CombineInput(path=LEFT, asset=LEFT, corrections=(moved,))), "2025-01")
    assert rows_of(pond, SITE) == {"2025-01-01 00:00": 1, "2025-01-02 00:00": 2.5}


def test_a_new_name_is_that_of_the_flags_too(pond: Pond) -> None:
    store(pond, LEFT, with_flags({"2025-01-01 00:00": (1, 4)}), "2025-01")
    step = a_site(CombineInput(path=LEFT, asset=LEFT, rename={"Temperature.C": "Water.C"}))
    run(pond, step, "2025-01")
    table = pond.snapshot().read_series(SITE)
    assert table.column_names == ["timestamp", "Water.C", "Water.C.qc"]
    assert roll_ups(table.schema) == {"Water.C": "Water.C.qc"}


def test_another_unit_keeps_the_flags(pond: Pond) -> None:
    store(pond, LEFT, with_flags({"2025-01-01 00:00": (10, 3)}), "2025-01")
    part = CombineInput(path=LEFT, asset=LEFT, scope="L", rename={"Temperature.F": "Water.F"})
    step = replace(a_site(part), treatment=Treatment(units={"Temperature": "F"}))
    run(pond, step, "2025-01")
    assert rows_of(pond, SITE, "L.Water.F") == {"2025-01-01 00:00": 50.0}
    assert rows_of(pond, SITE, "L.Water.F.qc") == {"2025-01-01 00:00": 3}


def test_tests_of_a_site_take_the_place_of_an_instrument_s(pond: Pond) -> None:
    store(pond, LEFT, with_flags({"2025-01-01 00:00": (99, 1)}), "2025-01")
    rule = QualityRule.model_validate(
        {"column": "L.Temperature.C", "gross_range": {"fail": [0, 40]}}
    )
    step = a_site(CombineInput(path=LEFT, asset=LEFT, scope="L"))
    run(pond, replace(step, treatment=Treatment(quality=(rule,))), "2025-01")
    assert rows_of(pond, SITE, "L.Temperature.C.qc") == {"2025-01-01 00:00": 4}
