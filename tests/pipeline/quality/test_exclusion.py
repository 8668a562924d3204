"""Leaving out what was flagged, before it is averaged."""

import pyarrow as pa
import pytest

from pond_core import JoinInput, Resolution, SchemaError, downsample, join
from pond_pipeline.quality import (
    ColumnTests,
    Flag,
    GrossRangeTest,
    SpikeTest,
    Target,
    drop_flagged,
    flag,
)
from tests.pipeline.quality.tables import hourly

ENTRY = ColumnTests(
    target=Target(column="x"),
    gross_range=GrossRangeTest(suspect=(0, 10), fail=(-10, 100)),
    spike=SpikeTest(fail=1000),
)
FLAGGED = flag(hourly(x=[1.0, 50.0, 500.0, None, 5.0], y=[1.0, 2.0, 3.0, 4.0, 5.0]), [ENTRY])


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        (set(), [1.0, 50.0, 500.0, None, 5.0]),
        ({Flag.FAIL}, [1.0, 50.0, None, None, 5.0]),
        ({3, 4}, [1.0, None, None, None, 5.0]),
        ({9}, [1.0, 50.0, 500.0, None, 5.0]),
        ({1, 2, 3, 4, 9}, [None] * 5),
    ],
)
def test_values_with_an_excluded_flag_are_null_and_the_flags_are_gone(
    exclude: set[int], left: list[float | None]
) -> None:
    good = drop_flagged(FLAGGED, exclude)
    assert good.column_names == ["timestamp", "x", "y"]
    assert good["x"].to_pylist() == left
    assert good["y"].to_pylist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert good.schema.equals(hourly(x=[], y=[]).schema, check_metadata=True)


def test_a_table_without_flags_stays_as_it_is() -> None:
    table = hourly(x=[1.0])
    assert drop_flagged(table, {3, 4}).equals(table)


def test_flags_of_a_smaller_type_and_flags_that_are_null_are_understood() -> None:
    place = FLAGGED.schema.get_field_index("x.qc")
    field = FLAGGED.schema.field(place).with_type(pa.int8())
    small = FLAGGED.set_column(place, field, pa.array([4, None, 4, None, 1], pa.int8()))
    assert drop_flagged(small, {4})["x"].to_pylist() == [None, 50.0, None, None, 5.0]


def test_flags_whose_column_was_renamed_alone_are_refused() -> None:
    renamed = join([JoinInput(FLAGGED, "/a", scope="A", rename={"x": "z"})])
    with pytest.raises(SchemaError, match=r"'A\.x\.qc' flags 'A\.x', which is not there") as caught:
        drop_flagged(renamed, {4})
    assert "the same new name" in caught.value.hint
    assert drop_flagged(renamed, set()).column_names == ["timestamp", "A.z", "A.y"]


def test_a_column_and_its_flags_may_be_renamed_together() -> None:
    renamed = join([JoinInput(FLAGGED, "/a", rename={"x": "z", "x.qc": "z.qc"})])
    assert drop_flagged(renamed, {4})["z"].to_pylist() == [1.0, 50.0, None, None, 5.0]


def test_an_average_is_that_of_the_good_values() -> None:
    day = Resolution.parse("1d")
    (buckets,) = downsample(drop_flagged(FLAGGED, {3, 4}), resolutions=[day]).values()
    assert buckets["x.avg"].to_pylist() == [3.0]
    assert buckets["x.count"].to_pylist() == [2]
