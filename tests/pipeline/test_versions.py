from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_core import FS, MemoryBackend, Pond, Window
from pond_pipeline.periods import Period
from pond_pipeline.versions import edge_versions, input_versions
from tests.pipeline.waters import store, water

PIER = "/normalized/bay/Pier"
JANUARY, FEBRUARY = Period.parse("2025-01"), Period.parse("2025-02")
READINGS = {"2025-01-10 00:00": 1.0, "2025-02-10 00:00": 2.0}
SCHEMA = pa.schema(
    [pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False), ("x", pa.float64())]
)
BOUNDS = st.none() | st.integers(0, 12)
WINDOWS = st.builds(Window, BOUNDS, BOUNDS).filter(lambda window: not window.is_empty)


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


def version(pond: Pond, path: str, month: Period = JANUARY) -> str:
    return input_versions(pond.snapshot(), path)(month.window)


def test_the_version_of_a_series_is_that_of_the_months_in_the_range(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    before = [version(pond, PIER, month) for month in (JANUARY, FEBRUARY)]
    store(pond, PIER, water({"2025-02-10 00:00": 9.0}), "2025-02")
    after = [version(pond, PIER, month) for month in (JANUARY, FEBRUARY)]
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_the_version_of_a_table_is_that_of_its_content(pond: Pond) -> None:
    versions = []
    for name in ("C", "F", "C"):
        with pond.transaction() as tx:
            tx.write_table("/units", pa.table({"name": [name]}))
        versions.append(version(pond, "/units"))
    assert versions[0] == versions[2] != versions[1]


def test_the_version_of_a_directory_is_that_of_its_files(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/files")
        tx.write_data("/files/a", b"1")
    before = version(pond, "/files")
    with pond.transaction() as tx:
        tx.rename("/files/a", "/files/b")
    assert version(pond, "/files") != before


def test_what_is_absent_has_an_empty_version(pond: Pond) -> None:
    assert version(pond, "/absent") == ""


def test_the_version_of_a_directory_of_series_is_that_of_their_months(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01", "2025-02")
    before = [version(pond, "/normalized", month) for month in (JANUARY, FEBRUARY)]
    store(pond, PIER, water({"2025-02-10 00:00": 9.0}), "2025-02")
    after = [version(pond, "/normalized", month) for month in (JANUARY, FEBRUARY)]
    assert after[0] == before[0]
    assert after[1] != before[1]


def begins(period: Window, asked: Window) -> bool:
    """Say whether only the beginning of a period lies in a range."""
    part = period.intersect(asked)
    return not part.is_empty and part.start_us == period.start_us and part.end_us != period.end_us


@given(marked=st.lists(WINDOWS, max_size=6, unique=True), asked=WINDOWS, other=st.integers(0, 5))
def test_a_range_has_another_version_just_when_a_mark_whose_end_it_touches_has(
    marked: list[Window], asked: Window, other: int
) -> None:
    def marks(changed: int | None) -> str:
        fs = FS(MemoryBackend())
        fs.create_series("/s")
        for number, window in enumerate(marked):
            data_version = "new" if number == changed else "old"
            facts = {"partition": str(number), "data_version": data_version}
            fs.mark("/s", facts, window)
        return input_versions(fs, "/s")(asked)

    counts = other < len(marked) and marked[other].overlaps(asked)
    assert (marks(other) != marks(None)) == (counts and not begins(marked[other], asked))


@given(
    stored=st.lists(st.integers(0, 9), unique=True),
    changed=st.integers(0, 9),
    asked=WINDOWS.filter(lambda window: begins(Window(0, 10), window)),
)
def test_the_beginning_of_a_period_has_another_version_just_when_its_readings_have(
    stored: list[int], changed: int, asked: Window
) -> None:
    def told(value: float) -> str:
        fs = FS(MemoryBackend())
        fs.create_series("/s")
        for at in stored:
            reading = value if at == changed else 0.0
            table = pa.table({"timestamp": [at], "x": [reading]}, schema=SCHEMA)
            fs.write_window("/s", table, Window(at, at + 1))
        fs.mark("/s", {"partition": "p", "data_version": str(value)}, Window(0, 10))
        return input_versions(fs, "/s")(asked)

    assert (told(1) != told(2)) == (changed in stored and asked.contains(changed))


def test_a_range_in_which_nothing_was_made_has_an_empty_version(pond: Pond) -> None:
    store(pond, PIER, water(READINGS), "2025-01")
    assert version(pond, PIER, FEBRUARY) == ""
    assert version(pond, "/normalized", FEBRUARY) == ""


@given(before=st.integers(0, 3), after=st.integers(0, 3), changed=st.integers(0, 9))
def test_the_instants_around_a_range_count_and_no_others(
    before: int, after: int, changed: int
) -> None:
    def told(value: float) -> str:
        fs = FS(MemoryBackend())
        fs.create_series("/s")
        for number in range(10):  # one reading a period; the range is that of number 5
            facts = {
                "partition": str(number),
                "data_version": str(value if number == changed else 0),
                "instants": 1,
                "head": str(value if number == changed else 0),
                "tail": str(value if number == changed else 0),
            }
            fs.mark("/s", facts, Window(number, number + 1))
        return edge_versions(fs, "/s", before=before, after=after)(Window(5, 6))

    assert (told(1) != told(2)) == (5 - before <= changed <= 5 + after)
