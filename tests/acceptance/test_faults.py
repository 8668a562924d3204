"""What `pond run` makes of a server that fails, of files that are none, of wrong resources."""

from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import Result

from pond_pipeline.simulator import UNKNOWN_PARAMETER, Faults, Simulator
from tests.acceptance import pier
from tests.acceptance.lake import Lake, assert_same
from tests.pipeline.steps.exports import put

PASSING = {
    "a dropped connection": Faults(drop_connection_on_page=3),
    "a truncated body": Faults(truncate_body_on_page=3),
    "a 500 on page 7": Faults(status_500_on_page=7),
    "a token that expires between pages": Faults(expire_token_on_page=4),
    "a page that comes twice": Faults(repeat_page=4),
    "pages out of order": Faults(swap_pages=3),
    "a 429 now and then": Faults(status_429_every=11, retry_after=1),
    "an exclusive endTime": Faults(end_time_exclusive=True),
    "readings that come twice": Faults(duplicate_readings=True),
    "an empty list instead of 404": Faults(empty_instead_of_404=True),
    "a blank last cursor": Faults(blank_last_cursor=True),
}
EXPORTS = """
kind: LakeTech
name: exports
spec:
  pattern: inbox/*.htm
  start: {start:%Y-%m-%d}
  locations: [{{name: Pier, match: "Pier-*"}}]
"""
EXPORT = """<html><head><meta name="isi-report-created" content="2025-10-12 16:28:27.524"/></head>
<body><table id="isi-report">
<tr class="sectionHeader"><td isi-group="LocationProperties">Location Properties</td></tr>
<tr class="sectionMember"><td isi-group-member="LocationProperties" isi-property="Name">
<span>Location Name</span> = <span>{location}</span></td></tr>
<tr class="dataHeader" isi-data-table=""><td isi-data-column-header="DateTime">Date Time</td>
<td isi-data-column-header="Parameter" isi-parameter-hv-id="do"
 isi-unit-hv-id="milligramsPerLiter">DO (mg/L)</td></tr>
<tr class="data" isi-data-row="" isi-hv-timestamp="{stamp}"><td class="dateTime">-</td>
<td>8.25</td></tr>
</table></body></html>
"""


@pytest.fixture(scope="module")
def broken(readings: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, Result]:
    """A run against a server that always fails deep in the sonde's pages."""
    always = Faults(status_500_on_page=7, times=None)
    with pier.serve(readings, faults=Faults(by_location={pier.SONDE: always})) as server:
        lake = pier.lake(tmp_path_factory.mktemp("broken"), server)
        return lake, lake.run()


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_leaves_no_trace(
    readings: Path, content: dict[str, object], tmp_path: Path, fault: str
) -> None:
    with pier.serve(readings, faults=PASSING[fault]) as server:
        lake = pier.lake(tmp_path, server)
        lake.complete()
    assert_same(lake.content(), content)


def test_a_fault_that_stays_is_told_with_location_and_page(broken: tuple[Lake, Result]) -> None:
    _, result = broken
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if "HTTP 500" in line]
    assert "/raw/pier/Sonde" in line
    assert f"location {pier.SONDE}, page 7" in line
    assert "Traceback" not in result.stderr


def test_the_months_before_a_fault_are_kept_whole(
    broken: tuple[Lake, Result], content: dict[str, object]
) -> None:
    lake, _ = broken
    marks = lake.snapshot().node("/raw/pier/Sonde").marks.values()
    months = sorted(str(facts["partition"]) for facts in marks)
    assert months in ([pier.FIRST.key], [pier.FIRST.key, pier.MIDDLE.key])
    kept = lake.content()["/raw/pier/Sonde"]
    whole = content["/raw/pier/Sonde"]
    assert isinstance(kept, pa.Table)
    assert isinstance(whole, pa.Table)
    end = (pier.MIDDLE if pier.MIDDLE.key in months else pier.FIRST).next().start
    before = [instant < end for instant in whole["timestamp"].to_pylist()]
    assert kept.equals(whole.filter(pa.array(before)))


def test_other_instruments_are_complete_in_spite_of_a_fault(
    broken: tuple[Lake, Result], content: dict[str, object]
) -> None:
    lake, _ = broken
    for path in ("/raw/pier/Logger", "/normalized/pier/Logger"):
        assert_same({path: lake.content()[path]}, {path: content[path]})


def test_the_next_run_completes_what_a_fault_left(
    broken: tuple[Lake, Result], readings: Path, content: dict[str, object], tmp_path: Path
) -> None:
    broken[0].copy(tmp_path / "lake")
    with pier.serve(readings) as server:
        lake = pier.lake(tmp_path / "lake", server)
        lake.complete()
    assert_same(lake.content(), content)


def test_a_parameter_that_the_dictionary_lacks_is_a_column_named_by_its_id(
    readings: Path, tmp_path: Path
) -> None:
    with pier.serve(readings, faults=Faults(unknown_parameter=True)) as server:
        lake = pier.lake(tmp_path, server)
        lake.complete()
    names = lake.series("/normalized/pier/Sonde").column_names
    assert any(name.startswith(UNKNOWN_PARAMETER.parameter_id) for name in names)
    assert set(names) > {"timestamp", "Temperature.C", "DO.mg/L"}


def test_a_location_without_data_leaves_the_site_to_the_others(
    readings: Path, tmp_path: Path
) -> None:
    faults = Faults(location_missing=frozenset({pier.SONDE}))
    with pier.serve(readings, faults=faults) as server:
        lake = pier.lake(tmp_path, server)
        lake.complete()
    assert lake.series("/raw/pier/Sonde").num_rows == 0
    names = lake.series("/combined/pier/Pier").column_names
    assert sorted(names[1:]) == ["Box.Baro.psi", "Box.Temperature.C"]


def test_a_wrong_secret_is_told_and_never_shown(readings: Path, tmp_path: Path) -> None:
    with pier.serve(readings) as server:
        lake = pier.lake(tmp_path, server)
        wrong = Lake(lake.folder, lake.file, {**lake.environ, "PIER_SECRET": "wrong-8d1f77"})
        result = wrong.run()
    assert result.exit_code == 1
    assert "HTTP 401" in result.stderr
    assert "wrong-8d1f77" not in result.output
    assert _holders(tmp_path, "wrong-8d1f77") == []


def test_the_secret_is_in_no_file(collected: Lake) -> None:
    assert _holders(collected.folder, pier.SECRET) == []


def test_secrets_may_come_from_a_file_beside_the_resources(readings: Path, tmp_path: Path) -> None:
    with pier.serve(readings) as server:
        lake = _without_secret(tmp_path, server)
        (tmp_path / ".env").write_text(f"PIER_SECRET={pier.SECRET}\n", encoding="utf-8")
        (tmp_path / ".env").chmod(0o600)
        assert "/raw/pier/Logger" in lake.complete("--select", "/raw/pier/Logger")


def test_a_missing_variable_is_named(readings: Path, tmp_path: Path) -> None:
    with pier.serve(readings) as server:
        result = _without_secret(tmp_path, server).run("--select", "/raw/pier/Logger")
    assert result.exit_code == 2
    assert "the environment variable PIER_SECRET is not set" in result.stderr


def test_wrong_resources_are_told_with_file_and_line(tmp_path: Path) -> None:
    file = pier.write_resources(tmp_path, pier.RESOURCES.replace("overlap:", "overlapp:"))
    result = Lake(tmp_path, file, {}).run()
    assert result.exit_code == 2
    line = file.read_text(encoding="utf-8").splitlines().index("  overlapp: 14d") + 1
    assert f"resources.yaml:{line}" in result.stderr


def test_a_file_that_is_no_export_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    lake = _with_exports(tmp_path, "Pier-1")
    put(tmp_path / "inbox", "holiday.htm", "<html>no readings</html>")
    result = lake.run()
    assert result.exit_code == 1
    assert "holiday.htm" in result.stderr
    assert lake.series("/normalized/exports/Pier")["DO.mg/L"].to_pylist() == [8.25]


def test_the_line_that_declares_a_location_is_told(tmp_path: Path) -> None:
    lake = _with_exports(tmp_path, "Pier-1", "Jetty-2")
    result = lake.run()
    assert result.exit_code == 1
    assert '{name: Jetty-2, match: "Jetty-2"}' in result.stderr
    assert lake.series("/normalized/exports/Pier").num_rows == 1


def test_an_export_of_a_month_that_was_made_is_loaded_by_the_run_that_finds_it(
    tmp_path: Path,
) -> None:
    lake = _with_exports(tmp_path, "Pier-1")
    assert lake.complete()
    later = pier.seconds(pier.FIRST.next().start) * 1000
    text = EXPORT.format(location="Pier-1", stamp=later)
    put(tmp_path / "inbox", "later.htm", text)
    assert "/normalized/exports/Pier" in lake.complete()
    assert lake.series("/normalized/exports/Pier").num_rows == 2


def _without_secret(folder: Path, server: Simulator) -> Lake:
    lake = pier.lake(folder, server)
    environ = {name: value for name, value in lake.environ.items() if name != "PIER_SECRET"}
    return Lake(lake.folder, lake.file, environ)


def _with_exports(folder: Path, *locations: str) -> Lake:
    stamp = pier.seconds(pier.FIRST.start) * 1000
    for location in locations:
        text = EXPORT.format(location=location, stamp=stamp)
        put(folder / "inbox", f"{location}.htm", text)
    return Lake(folder, pier.write_resources(folder, EXPORTS), {})


def _holders(folder: Path, secret: str) -> list[Path]:
    """Return the files that hold a secret."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if secret.encode() in path.read_bytes()]
