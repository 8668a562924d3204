from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Window
from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import (
    ExportStep,
    FilesStep,
    HydroVuSource,
    LakeTechSource,
    NormalizeStep,
    Plan,
    PullStep,
    compile_plan,
)

ACCOUNT = """\
kind: HydroVu
name: n
spec:
  key: ${env:KEY}
  secret: hunter2
  start: 2024-03-01
  schedule: "0 * * * *"
  devices: [{name: A, id: 7, scope: S}]
"""

EXPORTS = """\
kind: LakeTech
name: fb
spec:
  pattern: ${env:INBOX:-inbox}/*.csv
  start: 2024-01-01
  timezone: UTC-08:00
  locations: [{name: A, match: "A-*"}, {name: B, match: "B-*"}]
"""


def compiled(text: str) -> Plan:
    return compile_plan(load_documents(text), root=Path("/pond"))


def device(text: str) -> tuple[PullStep, NormalizeStep]:
    steps = compiled(ACCOUNT.replace("scope: S", f"scope: S, {text}")).steps
    (pull,) = (step for step in steps if isinstance(step, PullStep))
    (normalize,) = (step for step in steps if isinstance(step, NormalizeStep))
    return pull, normalize


def fingerprints(text: str) -> dict[str, str]:
    return {step.outputs[0]: step.fingerprint for step in compiled(text).steps}


def changed(before: str, after: str) -> set[str]:
    """Return the paths whose steps would give another result."""
    old, new = fingerprints(before), fingerprints(after)
    return {path for path in old if old[path] != new[path]}


def test_an_account_is_a_source() -> None:
    (source,) = compiled(ACCOUNT).sources

    assert isinstance(source, HydroVuSource)
    assert source.key.resolve({"KEY": "id"}) == "id"
    assert source.start == datetime(2024, 3, 1, tzinfo=UTC)
    assert source.clock_floor == datetime(2000, 1, 1, tzinfo=UTC)
    assert source.overlap == timedelta(days=3)
    assert source.schedule == "0 * * * *"


def test_a_plan_shows_no_secret() -> None:
    assert "hunter2" not in repr(compiled(ACCOUNT))


def test_an_instrument_counts_from_its_source_s_start() -> None:
    pull, normalize = device("interval: 1h")

    assert pull.window == normalize.window == Window.of(datetime(2024, 3, 1, tzinfo=UTC))
    assert (pull.location_id, pull.active, pull.interval) == (7, True, timedelta(hours=1))
    assert normalize.clock == "UTC"


def test_an_instrument_counts_within_its_own_range() -> None:
    pull, normalize = device("start: 2024-05-01T12:00Z, until: 2025-01-01, active: no")

    assert pull.window == normalize.window
    assert pull.window.start == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert pull.window.end == datetime(2025, 1, 1, tzinfo=UTC)
    assert not pull.active


def test_an_instrument_older_than_its_source_counts_from_the_source_s_start() -> None:
    pull, _ = device("start: 2020-01-01")

    assert pull.window.start == datetime(2024, 3, 1, tzinfo=UTC)


def test_an_instrument_that_ended_before_its_source_begins_is_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        device("until: 2024-03-01")

    assert str(caught.value) == (
        "resources.yaml:8: spec.devices[0].until: is not after the source's start (2024-03-01): "
        "nothing is collected"
    )
    assert caught.value.hint == "remove the device, or begin earlier"


def test_a_folder_of_exports_is_a_source() -> None:
    (source,) = compiled(EXPORTS).sources

    assert isinstance(source, LakeTechSource)
    assert source.timezone == "UTC-08:00"
    assert source.folder.host_pattern({}) == Path("/pond/inbox/*.csv")
    assert source.folder.host_pattern({"INBOX": "/srv/in"}) == Path("/srv/in/*.csv")


def test_the_files_step_knows_every_declared_place() -> None:
    files, *exports = compiled(EXPORTS).steps

    assert isinstance(files, FilesStep)
    assert files.locations == (("A", "A-*"), ("B", "B-*"))
    assert [export.match for export in exports if isinstance(export, ExportStep)] == ["A-*", "B-*"]


def test_a_place_of_exports_that_ended_counts_until_then() -> None:
    _, ended, lasting = compiled(EXPORTS.replace('"A-*"', '"A-*", until: 2026-06-15T16:30Z')).steps

    assert isinstance(ended, ExportStep)
    assert isinstance(lasting, ExportStep)
    assert ended.window.end == datetime(2026, 6, 15, 16, 30, tzinfo=UTC)
    assert lasting.window.end is None


def test_a_place_of_exports_that_ended_before_its_source_begins_is_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        compiled(EXPORTS.replace('"A-*"', '"A-*", until: 2000-01-01'))

    assert "spec.locations[0].until: is not after the source's start" in str(caught.value)
    assert caught.value.hint == "remove the location, or begin earlier"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("${env:KEY}", "other"),
        ("hunter2", "hunter3"),
        ("name: n", "name: n\ndesc: Words"),
        ("0 * * * *", "30 * * * *"),
        ("scope: S", "scope: S, active: no, interval: 1h, comment: c"),
        ("  start:", "  overlap: 14d\n  start:"),
    ],
)
def test_what_does_not_change_a_result_does_not_change_a_fingerprint(old: str, new: str) -> None:
    assert changed(ACCOUNT, ACCOUNT.replace(old, new)) == set()


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ("id: 7", "id: 8", {"/raw/n/A"}),
        ("scope: S", "clock: America/Los_Angeles", {"/normalized/n/A"}),
        ("scope: S", "until: 2025-01-01", {"/raw/n/A", "/normalized/n/A"}),
        ("  start:", "  clock_floor: 2010-01-01\n  start:", {"/normalized/n/A"}),
        ("  start:", "  base_url: http://127.0.0.1\n  start:", {"/raw/n/units", "/raw/n/A"}),
    ],
)
def test_what_changes_a_result_changes_the_fingerprint_of_that_step(
    old: str, new: str, paths: set[str]
) -> None:
    assert changed(ACCOUNT, ACCOUNT.replace(old, new)) == paths


@pytest.mark.parametrize("text", [ACCOUNT, EXPORTS])
def test_a_source_s_name_is_in_no_fingerprint(text: str) -> None:
    old, new = fingerprints(text), fingerprints(text.replace("name: ", "name: another_", 1))

    assert old.keys().isdisjoint(new)
    assert list(old.values()) == list(new.values())


def test_a_place_s_fingerprint_follows_how_its_exports_are_read() -> None:
    assert changed(EXPORTS, EXPORTS.replace("A-*", "A?*")) == {"/normalized/fb/A"}
    assert changed(EXPORTS, EXPORTS.replace("-08:00", "-07:00")) == {
        "/normalized/fb/A",
        "/normalized/fb/B",
    }
    assert changed(EXPORTS, EXPORTS.replace("*.csv", "*.htm")) == {"/raw/fb/files"}


def test_a_copied_line_with_the_id_of_another_device_is_an_error() -> None:
    text = ACCOUNT.replace("scope: S}]", "scope: S}, {name: B, id: 7}]")
    with pytest.raises(ConfigError) as caught:
        compiled(text)
    assert str(caught.value).startswith(
        "resources.yaml:8: spec.devices[1].id: is the location of line 8 already"
    )


@pytest.mark.parametrize("other", ["id: 7, start: 2025-01-01", "id: 7, active: false", "id: 8"])
def test_a_location_is_read_by_one_device_at_a_time(other: str) -> None:
    text = ACCOUNT.replace("scope: S}]", f"until: 2025-01-01}}, {{name: B, {other}}}]")
    pulls = [step for step in compiled(text).steps if isinstance(step, PullStep)]
    assert len(pulls) == 2
