from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import DataError, Pond, Provenance
from pond_pipeline.plan import PivotInput, PivotStep
from pond_pipeline.record import Recorded, record
from pond_pipeline.steps.pivot import pivot
from tests.pipeline.waters import INSTANT, at, months_of, store

LEFT, RIGHT = "/combined/bay/Left", "/combined/bay/Right"
FOLDER, PATH = "/derived/well/levels", "/pivoted/bay/all"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def a_pivot(
    *parts: PivotInput, column: str | None = None, fingerprint: str = "pivot", **meaning: str
) -> PivotStep:
    return PivotStep(
        group="bay",
        description="One parameter.",
        outputs=(PATH,),
        inputs=tuple(dict.fromkeys(part.asset for part in parts or BOTH)),
        fingerprint=fingerprint,
        parts=parts or BOTH,
        meaning=meaning,
        column=column,
    )


def part(path: str, label: str | None = None, *, asset: str | None = None) -> PivotInput:
    return PivotInput(path=path, asset=asset or path, label=label)


BOTH = (part(LEFT), part(RIGHT))


def run(pond: Pond, step: PivotStep, *keys: str) -> list[Recorded]:
    update = pivot(step, pond.snapshot(), months_of(*keys or ("2025-01",)))
    return list(record(pond, PATH, update, provenance=Provenance()))


def readings(*columns: pa.Field, instant: str = "2025-01-01 00:00") -> pa.Table:
    """Return one row of columns whose values are 1, 2 ..."""
    values = [[float(number)] for number in range(1, len(columns) + 1)]
    return pa.table([[at(instant)], *values], schema=pa.schema([INSTANT, *columns]))


def column(name: str, **metadata: str) -> pa.Field:
    return pa.field(name, pa.float64(), metadata=metadata)


WARMTH = column("Temperature.C", parameter="Temperature", unit="C")
FAHRENHEIT = column("Temperature.F", parameter="Temperature", unit="F")
DEPTH = column("Depth.m", parameter="Depth", unit="m")
MEAN = column("Depth.m.avg", parameter="Depth", unit="m", aggregate="avg")
MOST = column("Depth.m.max", parameter="Depth", unit="m", aggregate="max")


def shown(pond: Pond) -> dict[str, list[float | None]]:
    table = pond.snapshot().read_series(PATH)
    return {name: table[name].to_pylist() for name in table.column_names[1:]}


def test_a_parameter_of_several_series_stands_side_by_side(pond: Pond) -> None:
    store(pond, LEFT, readings(WARMTH, DEPTH), "2025-01")
    store(pond, RIGHT, readings(DEPTH, WARMTH), "2025-01")
    run(pond, a_pivot(parameter="Temperature"))
    assert shown(pond) == {"Left.Temperature.C": [1], "Right.Temperature.C": [2]}


def test_a_unit_chooses_among_the_columns_of_a_parameter(pond: Pond) -> None:
    store(pond, LEFT, readings(WARMTH, FAHRENHEIT), "2025-01")
    run(pond, a_pivot(parameter="Temperature", unit="F"))
    assert shown(pond) == {"Left.Temperature.F": [2]}


def test_an_aggregate_chooses_among_buckets(pond: Pond) -> None:
    store(pond, LEFT, readings(MEAN, MOST), "2025-01")
    run(pond, a_pivot(parameter="Depth", aggregate="max"))
    assert shown(pond) == {"Left.Depth.m.max": [2]}


def test_a_column_can_be_named(pond: Pond) -> None:
    store(pond, LEFT, readings(WARMTH, DEPTH), "2025-01")
    store(pond, RIGHT, readings(DEPTH), "2025-01")
    run(pond, a_pivot(column="Depth.m"))
    assert shown(pond) == {"Left.Depth.m": [2], "Right.Depth.m": [1]}


def test_a_series_that_lacks_the_column_is_passed_over(pond: Pond) -> None:
    store(pond, LEFT, readings(WARMTH), "2025-01")
    store(pond, RIGHT, readings(DEPTH), "2025-01")
    run(pond, a_pivot(column="Depth.m"))
    assert shown(pond) == {"Right.Depth.m": [1]}


def test_a_series_without_any_readings_is_passed_over(pond: Pond) -> None:
    store(pond, LEFT, readings(DEPTH).slice(1), "2025-01")
    run(pond, a_pivot(column="Depth.m"))
    assert shown(pond) == {}


def test_rows_without_the_parameter_are_left_out(pond: Pond) -> None:
    store(pond, LEFT, readings(DEPTH), "2025-01")
    store(pond, RIGHT, readings(WARMTH, instant="2025-01-02 00:00"), "2025-01")
    run(pond, a_pivot(parameter="Temperature"))
    table = pond.snapshot().read_series(PATH)
    assert table["timestamp"].to_pylist() == [at("2025-01-02")]


def test_a_series_can_be_called_otherwise(pond: Pond) -> None:
    store(pond, LEFT, readings(DEPTH), "2025-01")
    run(pond, a_pivot(part(LEFT, "Dock"), parameter="Depth"))
    assert shown(pond) == {"Dock.Depth.m": [1]}


def test_a_series_that_was_never_made_is_passed_over(pond: Pond) -> None:
    store(pond, LEFT, readings(DEPTH), "2025-01")
    run(pond, a_pivot(parameter="Depth"))
    assert shown(pond) == {"Left.Depth.m": [1]}


def test_series_below_a_directory_are_called_by_what_the_wildcards_stand_for(pond: Pond) -> None:
    for name in ("a.csv", "b.csv"):
        store(pond, f"{FOLDER}/{name}", readings(DEPTH), "2025-01")
    below = part(f"{FOLDER}/*.csv", "well $0", asset=FOLDER)
    run(pond, a_pivot(below, parameter="Depth"))
    assert shown(pond) == {"well a.Depth.m": [1], "well b.Depth.m": [1]}


def test_series_below_a_directory_are_called_by_their_names_else(pond: Pond) -> None:
    store(pond, f"{FOLDER}/a.csv", readings(DEPTH), "2025-01")
    run(pond, a_pivot(part(f"{FOLDER}/*", asset=FOLDER), parameter="Depth"))
    assert shown(pond) == {"a.csv.Depth.m": [1]}


def test_two_series_of_one_label_are_refused(pond: Pond) -> None:
    for path in (LEFT, RIGHT):
        store(pond, path, readings(DEPTH), "2025-01")
    step = a_pivot(part(LEFT, "Dock"), part(RIGHT, "Dock"), parameter="Depth")
    with pytest.raises(DataError, match="Left and /combined/bay/Right are called 'Dock'") as caught:
        run(pond, step)
    assert "label" in caught.value.hint


def test_only_months_whose_series_changed_are_made_again(pond: Pond) -> None:
    months = ("2025-01", "2025-02")
    store(pond, LEFT, readings(DEPTH), *months)
    run(pond, a_pivot(parameter="Depth"), *months)
    store(pond, RIGHT, readings(DEPTH, instant="2025-02-02 00:00"), "2025-02")
    recorded = run(pond, a_pivot(parameter="Depth"), *months)
    assert [each.period.key for each in recorded] == ["2025-02"]
