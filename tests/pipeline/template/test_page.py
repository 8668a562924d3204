from collections.abc import Mapping

import pyarrow as pa
import pytest

from pond_core import Aggregate, JoinInput, Resolution, downsample, join
from pond_pipeline.template import Page
from pond_pipeline.template.page import NAMES


def column(name: str, **facts: str) -> pa.Field:
    return pa.field(name, pa.float64(), metadata=facts)


def fields(*columns: pa.Field) -> list[tuple[str, ...]]:
    """Return instrument, name, unit and agg of columns."""
    schema = pa.schema([pa.field("timestamp", pa.timestamp("us", "UTC")), *columns])
    known = Page(name="a.md", path="/a", schema=schema).known["schema"]
    assert isinstance(known, Mapping)
    keys = ("instrument", "name", "unit", "agg")
    return [tuple(each[key] for key in keys) for each in known["fields"]]


def test_a_page_knows_these_names() -> None:
    assert set(Page(name="a.md", path="/a").known) == NAMES


def test_what_join_and_downsample_write_is_understood() -> None:
    instants = pa.array([0, 60_000_000], pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    schema = pa.schema(
        [
            pa.field("timestamp", instants.type, nullable=False),
            column("DO.mg/L", parameter="DO", unit="mg/L"),
            column("pH [17]", parameter="pH", unit=""),
        ]
    )
    readings = pa.table([instants, [1.0, 2.0], [7.0, 8.0]], schema=schema)
    site = join([JoinInput(readings, label="x", scope="AT500.Surface")])
    hour = Resolution.parse("1h")
    table = downsample(site, resolutions=[hour], aggregates=[Aggregate.AVG, Aggregate.MAX])[hour]
    assert fields(*list(table.schema)[1:]) == [
        ("AT500.Surface", "DO", "mg/L", "avg"),
        ("AT500.Surface", "DO", "mg/L", "max"),
        ("AT500.Surface", "pH", "", "avg"),
        ("AT500.Surface", "pH", "", "max"),
    ]


@pytest.mark.parametrize(
    ("name", "instrument"),
    [
        ("DO.mg/L.avg", ""),
        ("AT500_1.DO.mg/L.avg", "AT500_1"),
        ("A.B.DO.mg/L.avg", "A.B"),
        ("A.DO.mg/L [46].avg", "A"),
        ("A.DO.mg/L [46] [unit 7].avg", "A"),
        ("renamed.avg", ""),
        ("ADO.mg/L.avg", ""),
        ("DO.mg/L [46].avg", ""),
    ],
)
def test_without_a_scope_the_instrument_is_what_stands_before_the_known_end(
    name: str, instrument: str
) -> None:
    known = column(name, parameter="DO", unit="mg/L", aggregate="avg")
    assert fields(known) == [(instrument, "DO", "mg/L", "avg")]


def test_a_dot_in_a_parameter_s_name_does_no_harm() -> None:
    known = column("A.Chl. a.µg/L", parameter="Chl. a", unit="µg/L", scope="A")
    assert fields(known) == [("A", "Chl. a", "µg/L", "")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AT500_1.DO.mg/L.avg", ("AT500_1", "DO", "mg/L", "avg")),
        ("AT500_1.Chl. a.RFU.avg", ("AT500_1", "Chl. a", "RFU", "avg")),
        ("AT500_1.DO.mg/L", ("", "AT500_1.DO.mg/L", "", "")),
        ("Surface pH", ("", "Surface pH", "", "")),
    ],
)
def test_without_metadata_a_name_of_four_parts_is_split(
    name: str, expected: tuple[str, ...]
) -> None:
    assert fields(column(name)) == [expected]


def test_the_instant_is_no_field() -> None:
    schema = pa.schema([("Timestamp", pa.int64()), ("a", pa.float64())])
    known = Page(name="a.md", path="/a", schema=schema).known
    assert known["columns"] == ["a"]


def test_the_arguments_are_the_captures() -> None:
    assert Page(name="x-BDock.md", path="/a", captures=("BDock", "1h")).known["args"] == [
        "BDock",
        "1h",
    ]


def test_without_a_wildcard_the_argument_is_the_page_s_name_without_its_end() -> None:
    assert Page(name="BDock.md", path="/a").known["args"] == ["BDock"]


def test_the_files_of_the_input_are_none_until_somebody_exports() -> None:
    assert Page(name="a.md", path="/a").known["files"] == []
    files = [{"file": "/a.parquet", "start_time": 1, "end_time": 2}]
    assert Page(name="a.md", path="/a", files=files).known["files"] == files


def test_an_export_holds_what_it_is_given_and_is_empty_elsewhere() -> None:
    export = {"BDock": {"res=1h": [{"file": "a.parquet"}]}}
    known = Page(name="a.md", path="/a", export=export).known["export"]
    assert known == export
    assert isinstance(known, Mapping)
    assert known["Princess"] == {}
    assert known["BDock"]["res=2h"]["schema"]["fields"] == {}
    assert known == export
