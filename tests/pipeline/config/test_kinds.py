"""The kinds beside accounts, exports, sites and downsamples: what they hold, and what is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from pond_pipeline.config import (
    AlertSpec,
    BackupSpec,
    CopySpec,
    DeriveSpec,
    Document,
    HydroVuSpec,
    InboxSpec,
    Incident,
    PivotSpec,
    ReduceSpec,
    ScribbleSpec,
    TemplateSpec,
    load_documents,
)
from pond_pipeline.errors import ConfigError
from pond_pipeline.periods import Cadence

INBOX = "kind: Inbox\nname: in\nspec: {pattern: inbox/*.csv}\n"
SCRIBBLE = "kind: Scribble\nname: s\nspec:\n  start: 2024-03-01\n  series: [a, b]\n"
DERIVE = "kind: Derive\nname: d\nspec:\n  collections:\n    - name: c\n      pattern: /raw/in/*\n"
SHOWN = (
    "kind: Pivot\nname: p\nspec:\n"
    "  datasets: [{name: t, in_pattern: '/combined/*/*', label: $1, parameter: Temperature}]\n"
)
PIVOT = "kind: Pivot\nname: p\nspec:\n  datasets:\n    - name: t\n      in_pattern: /combined/*/*\n"
TEMPLATE = "kind: Template\nname: t\nspec:\n  collections:\n    - name: c\n      in_pattern: /x\n"
BACKUP = "kind: Backup\nname: b\nspec: {folder: backup}\n"
COPY = "kind: Copy\nname: c\nspec: {folder: backup, to: copy}\n"
ALERT = (
    "kind: Alert\nname: a\nspec:\n"
    "  conditions: [{when: run_failed}, {when: threshold, column: DO.mg/L, below: 4}]\n"
    "  channels: [{webhook: 'https://example.com/hunter2'}]\n"
)
ACCOUNT = "kind: HydroVu\nname: n\nspec:\n  key: k\n  secret: s\n  start: 2024-03-01\n"
REDUCE = (
    "kind: Reduce\nname: r\nspec:\n  collections:\n    - name: c\n      resolutions: [1h]\n"
    "      datasets: [{in_pattern: /x, out_pattern: a}]\n"
)

ONE_TEMPLATE = "either `template` or `template_file` says what is rendered"
ONE_MEANING = "either `parameter` or `column` says what is shown"


def load(text: str) -> Document:
    (document,) = load_documents(text)
    return document


def refused(text: str) -> str:
    """Return the error of a text with its hint, without the file's name."""
    with pytest.raises(ConfigError) as caught:
        load_documents(text)
    return f"{caught.value}; {caught.value.hint}".removeprefix("resources.yaml:")


def test_an_inbox_says_which_files() -> None:
    spec = load(INBOX.replace("inbox/*.csv", "'${env:INBOX}/**/*.csv', schedule: '0 * * * *'")).spec

    assert isinstance(spec, InboxSpec)
    assert spec.pattern.resolve({"INBOX": "/srv"}) == "/srv/**/*.csv"
    assert spec.schedule == "0 * * * *"


def test_made_up_readings_have_defaults() -> None:
    spec = load(SCRIBBLE).spec

    assert isinstance(spec, ScribbleSpec)
    assert (spec.seed, spec.end, spec.interval) == (0, None, timedelta(minutes=15))
    assert (spec.cadence, spec.series, spec.columns) == (Cadence.MONTHLY, ("a", "b"), ("value",))


def test_a_collection_of_queries_keeps_its_text() -> None:
    text = "      timezone: America/Los_Angeles\n      query: |\n        SELECT *\n"
    spec = load(DERIVE + text).spec

    assert isinstance(spec, DeriveSpec)
    (collection,) = spec.collections
    assert spec.start is None
    assert (collection.pattern, collection.timezone) == ("/raw/in/*", "America/Los_Angeles")
    assert collection.query == "SELECT *\n"


def test_a_pivot_shows_a_parameter_or_a_column() -> None:
    spec = load(PIVOT + "      parameter: Temperature\n      unit: C\n      aggregate: avg\n").spec

    assert isinstance(spec, PivotSpec)
    (dataset,) = spec.datasets
    assert (dataset.parameter, dataset.unit, dataset.aggregate) == ("Temperature", "C", "avg")
    assert (dataset.column, dataset.label) == (None, None)


def test_the_text_of_a_template_is_kept_as_it_is_written() -> None:
    spec = load(TEMPLATE + '      out_pattern: $0.md\n      template: "# {{ title }}"\n').spec

    assert isinstance(spec, TemplateSpec)
    assert spec.collections[0].template == "# {{ title }}"
    assert spec.collections[0].template_file is None


def test_a_backup_is_made_after_each_change_unless_it_says_otherwise() -> None:
    first = load(BACKUP).spec
    second = load(BACKUP.replace("backup}", "'${env:HERE}', after_changes: no}")).spec

    assert isinstance(first, BackupSpec)
    assert isinstance(second, BackupSpec)
    assert (str(first.folder), first.after_changes, first.schedule) == ("backup", True, None)
    assert second.folder is not None
    assert (second.folder.resolve({"HERE": "/mnt"}), second.after_changes) == ("/mnt", False)


def test_a_copy_says_from_where_and_to_where() -> None:
    spec = load(COPY).spec

    assert isinstance(spec, CopySpec)
    assert (str(spec.folder), spec.to.template) == ("backup", "copy")


def test_an_alert_says_of_what_and_where() -> None:
    spec = load(ALERT).spec

    assert isinstance(spec, AlertSpec)
    failed, low = spec.conditions
    assert (failed.incident, low.incident) == (Incident.RUN_FAILED, Incident.THRESHOLD)
    assert (low.column, low.below, low.above) == ("DO.mg/L", 4, None)
    assert spec.grace == timedelta(minutes=30)
    assert "hunter2" not in repr(spec)


@pytest.mark.parametrize("cadence", Cadence)
def test_a_source_may_have_partitions_of_three_lengths(cadence: Cadence) -> None:
    spec = load(f"{ACCOUNT}  cadence: {cadence}\n").spec

    assert isinstance(spec, HydroVuSpec)
    assert spec.cadence is cadence


def test_units_are_by_parameter() -> None:
    spec = load(ACCOUNT + "  units: {Depth: m, Baro: psi}\n").spec

    assert isinstance(spec, HydroVuSpec)
    assert spec.units == {"Depth": "m", "Baro": "psi"}


def test_an_instrument_may_say_which_columns_it_gives() -> None:
    spec = load(ACCOUNT + "  devices: [{name: A, id: 7, columns: [DO.mg/L, Depth.m]}]\n").spec

    assert isinstance(spec, HydroVuSpec)
    assert spec.devices[0].columns == ("DO.mg/L", "Depth.m")


def test_a_downsample_may_have_a_zone_and_leave_flagged_values_out() -> None:
    text = REDUCE.replace("a}", "a, timezone: America/Los_Angeles, exclude_flags: [3, 4]}")
    spec = load(text).spec

    assert isinstance(spec, ReduceSpec)
    (dataset,) = spec.collections[0].datasets
    assert (dataset.timezone, dataset.exclude_flags) == ("America/Los_Angeles", (3, 4))


def test_made_up_readings_may_end() -> None:
    spec = load(SCRIBBLE + "  end: 2024-04-01\n").spec

    assert isinstance(spec, ScribbleSpec)
    assert spec.end == datetime(2024, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INBOX.replace("{pattern: inbox/*.csv}", "{}"), "3: spec.pattern: is missing"),
        (INBOX.replace("inbox/*.csv", "''"), "3: spec.pattern: must not be empty"),
        (SCRIBBLE.replace("[a, b]", "[]"), "5: spec.series: must not be empty"),
        (SCRIBBLE.replace("[a, b]", "[a, a]"), "5: spec.series: 'a' is given twice"),
        (SCRIBBLE.replace("[a, b]", "[a/b]"), "5: spec.series[0]: the name 'a/b' holds"),
        (SCRIBBLE + "  columns: []\n", "6: spec.columns: must not be empty"),
        (SCRIBBLE + "  seed: -1\n", "6: spec.seed: should be greater than or equal to 0"),
        (SCRIBBLE + "  end: 2024-03-01\n", "6: spec.end: is not after start"),
        (SCRIBBLE + "  cadence: weekly\n", "6: spec.cadence: 'weekly' is no cadence; write one of"),
        (DERIVE, "5: spec.collections[0].query: is missing; add query: ..."),
        (DERIVE + "      query: ''\n", "7: spec.collections[0].query: must not be empty"),
        (PIVOT, f"5: spec.datasets[0]: {ONE_MEANING}"),
        (PIVOT + "      parameter: a\n      column: b\n", f"5: spec.datasets[0]: {ONE_MEANING}"),
        (
            PIVOT + "      column: b\n      aggregate: mean\n",
            "8: spec.datasets[0].aggregate: 'mean' is no aggregate",
        ),
        (TEMPLATE + "      out_pattern: a\n", f"5: spec.collections[0]: {ONE_TEMPLATE}"),
        (
            TEMPLATE + "      out_pattern: a\n      template: a\n      template_file: b\n",
            f"5: spec.collections[0]: {ONE_TEMPLATE}",
        ),
        (
            BACKUP.replace("folder: backup", ""),
            "3: spec: is to say one of folder and bucket; add `folder: backup`",
        ),
        (
            BACKUP.replace("backup}", "backup, keep: 7}"),
            "3: spec.keep: expected a mapping, found a number",
        ),
        (
            BACKUP.replace("backup}", "backup, keep: {daily: 0}}"),
            "3: spec.keep: keeps nothing; say for example {daily: 7, monthly: 12}",
        ),
        (
            BACKUP.replace("backup}", "backup, bucket: lake}"),
            "3: spec: is to say one of folder and bucket",
        ),
        (
            BACKUP.replace("backup}", "backup, region: here}"),
            "3: spec: says a folder, and what only a bucket has",
        ),
        (
            BACKUP.replace("folder: backup}", "bucket: lake, key: k}"),
            "3: spec: says only one of key and secret; say both or neither",
        ),
        (COPY.replace(", to: copy", ""), "3: spec.to: is missing; add to: ..."),
        (
            ALERT.replace("run_failed", "run_fails"),
            "4: spec.conditions[0].when: should be 'run_failed', 'check_failed'",
        ),
        (
            ALERT.replace("[{webhook: 'https://example.com/hunter2'}]", "[{}]"),
            "5: spec.channels[0]: is to say one of webhook, ntfy and email",
        ),
        (
            ALERT.replace("hunter2'}", "hunter2', email: a@example.com}"),
            "5: spec.channels[0]: is to say one of webhook, ntfy and email",
        ),
        (
            ALERT.replace("hunter2'}", "hunter2', token: t}"),
            "5: spec.channels[0]: says a token, which only ntfy takes",
        ),
        (
            ALERT.replace("hunter2'}", "hunter2', from: a@example.com}"),
            "5: spec.channels[0]: says smtp or from, which only email takes",
        ),
        (
            ALERT.replace("when: run_failed", "when: run_failed, below: 4"),
            "4: spec.conditions[0]: run_failed takes no `below`; beside `when` it takes path",
        ),
        (
            ALERT.replace("column: DO.mg/L, ", ""),
            "4: spec.conditions[1]: a threshold is one of a column; add `column: DO.mg/L`",
        ),
        (
            ALERT.replace(", below: 4", ""),
            "4: spec.conditions[1]: is to say above or below which value; add `below: 4`",
        ),
        (
            ALERT.replace("below: 4", "below: 4, above: 3"),
            "4: spec.conditions[1]: every value is above the one or below the other; swap them",
        ),
        (
            ACCOUNT + "  devices: [{name: A, id: 7, columns: []}]\n",
            "7: spec.devices[0].columns: must not be empty",
        ),
        (
            REDUCE.replace("a}", "a, exclude_flags: [5]}"),
            "7: spec.collections[0].datasets[0].exclude_flags[0]: expected a QARTOD flag",
        ),
    ],
)
def test_a_wrong_resource_is_told_with_its_line_and_key(text: str, message: str) -> None:
    assert refused(text).startswith(message)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("{renamedFrom: a/b}", "3: metadata: renamedFrom: the name 'a/b' holds"),
        ("{renamedFrom: in}", "3: metadata: renamedFrom: it is called 'in' already"),
    ],
)
def test_a_former_name_is_another_name(metadata: str, message: str) -> None:
    text = INBOX.replace("spec:", f"metadata: {metadata}\nspec:")

    assert refused(text).startswith(message)
