"""How inboxes, made-up readings and services compile, and what goes for all kinds."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from pond_pipeline.plan import Alert, Backup, CombineStep, Copy, InboxStep, ReduceStep
from tests.pipeline.plan.kinds import (
    DERIVE,
    INBOX,
    MADE_UP,
    ROOT,
    compiled,
    derive,
    only,
    pivot,
    reduce,
    refused,
    site,
    template,
)


def test_an_inbox_is_one_asset_without_partitions() -> None:
    plan = compiled(INBOX)
    step = only(plan, InboxStep)

    assert isinstance(step, InboxStep)
    assert (step.outputs, step.inputs, step.cadence) == (("/raw/in",), (), None)
    assert step.source.folder.host_pattern({}) == Path("/pond/inbox/*.csv")
    assert plan.start is None


def test_an_inbox_may_be_anywhere_on_the_machine() -> None:
    step = only(compiled(INBOX.replace("inbox/*.csv", "/srv/*/x.csv")), InboxStep)

    assert isinstance(step, InboxStep)
    assert step.source.folder.host_pattern({}) == Path("/srv/*/x.csv")


def test_each_series_of_made_up_readings_is_an_asset() -> None:
    plan = compiled(MADE_UP)

    assert [step.outputs for step in plan.steps] == [("/raw/m/a",), ("/raw/m/b",)]
    assert len({step.fingerprint for step in plan.steps}) == 2
    assert plan.start == date(2024, 3, 1)


def test_made_up_readings_can_be_combined_and_downsampled() -> None:
    plan = compiled(MADE_UP + site("/raw/m/*") + reduce("/raw/m/a"))

    combined, reduced = only(plan, CombineStep), only(plan, ReduceStep)
    assert isinstance(combined, CombineStep)
    assert isinstance(reduced, ReduceStep)
    assert combined.inputs == ("/raw/m/a", "/raw/m/b")
    assert reduced.series == "/raw/m/a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (INBOX + site("/raw/in/*"), "/raw/in cannot be read here: it is a directory of files"),
        (INBOX + derive("/raw/in"), "/raw/in is a directory of files; name what lies in it"),
        (INBOX + reduce("/raw/in/x"), "/raw/in cannot be read here: it is a directory of files"),
        (INBOX + pivot("/raw/out/x"), "'/raw/out/x' matches nothing"),
        (derive("/raw/in/*"), "'/raw/in/*' matches nothing"),
        (template("/combined/c/x"), "'/combined/c/x' matches nothing"),
        (
            INBOX + DERIVE + site("/derived/d/c"),
            "/derived/d/c is a directory of series; name what lies in it: /derived/d/c/*",
        ),
    ],
)
def test_a_pattern_that_cannot_be_read_is_an_error(text: str, message: str) -> None:
    assert message in refused(text)


def test_what_is_derived_of_files_alone_needs_a_start() -> None:
    text = INBOX + derive("/raw/in/*")

    assert compiled(text).start is None
    began = text.replace("spec:\n", "spec:\n  start: 2024-02-01\n")
    assert compiled(began).start == date(2024, 2, 1)
    assert refused(text + site("/derived/d/c/*")) == (
        "13: spec.sites[0].name: its first partition is not known; "
        "give the Derive that it reads `start`"
    )


def test_a_derived_series_takes_its_partitions_from_its_inputs() -> None:
    daily = MADE_UP.replace("series:", "cadence: daily, series:")
    steps = compiled(
        daily + site("/raw/m/*") + reduce("/combined/c/x") + pivot("/combined/c/x")
    ).steps

    assert {step.cadence for step in steps} == {"daily"}


def test_series_of_two_cadences_cannot_be_joined() -> None:
    daily = MADE_UP.replace("name: m", "name: n").replace("series:", "cadence: daily, series:")

    assert refused(MADE_UP + daily + site("/raw/m/a", "/raw/n/a")) == (
        "12: spec.sites[0].name: its inputs have partitions of two lengths: "
        "/raw/m/a monthly and /raw/n/a daily; give their sources one `cadence`"
    )


def test_a_directory_goes_with_any_cadence() -> None:
    daily = MADE_UP.replace("series:", "cadence: daily, series:")
    step = only(compiled(INBOX + DERIVE + daily + site("/raw/m/a", "/derived/d/c/*")), CombineStep)

    assert isinstance(step, CombineStep)
    assert step.cadence == "daily"


def test_a_plan_of_years_begins_in_the_month_of_its_source() -> None:
    plan = compiled(MADE_UP.replace("series:", "cadence: yearly, series:"))

    assert (plan.start, plan.steps[0].cadence) == (date(2024, 3, 1), "yearly")


def test_services_write_nothing_into_the_pond() -> None:
    text = (
        "kind: Backup\nname: b\ndesc: Away\nmetadata: {owner: lab}\n"
        "spec: {folder: backup, schedule: '0 3 * * *'}\n---\n"
        "kind: Copy\nname: c\nspec: {folder: backup, to: copy}\n---\n"
        "kind: Alert\nname: b\nspec: {conditions: [{when: run_failed}], channels: [{ntfy: x}]}\n"
    )
    plan = compiled(text)
    backup, copy, alert = plan.services

    assert (plan.steps, plan.sources) == ((), ())
    assert isinstance(backup, Backup)
    assert isinstance(copy, Copy)
    assert isinstance(alert, Alert)
    assert alert.grace == timedelta(minutes=30)
    assert (backup.root, backup.schedule, backup.after_changes) == (ROOT, "0 3 * * *", True)
    assert (backup.owners, backup.description) == (("team:lab",), "A backup of the pond.\n\nAway")
    assert (str(copy.place.folder), copy.to.template) == ("backup", "copy")


def test_a_backup_and_a_copy_cannot_have_one_name() -> None:
    text = (
        "kind: Backup\nname: b\nspec: {folder: x}\n---\n"
        "kind: Copy\nname: b\nspec: {folder: x, to: y}\n"
    )

    assert refused(text).startswith("6: name: the Backup in line 2 is named 'b' already")


@pytest.mark.parametrize("kind", ["HydroVu", "LakeTech", "Scribble"])
def test_no_two_sources_share_a_name(kind: str) -> None:
    specs = {
        "HydroVu": "{key: k, secret: s, start: 2024-01-01}",
        "LakeTech": "{pattern: x, start: 2024-01-01}",
        "Scribble": "{start: 2024-01-01, series: [a]}",
    }
    text = f"{INBOX}kind: {kind}\nname: in\nspec: {specs[kind]}\n"

    assert "the Inbox in line 2 is named 'in' already" in refused(text)


def test_each_source_is_told_by_its_kind() -> None:
    assert [type(source).__name__ for source in compiled(INBOX + MADE_UP).sources] == [
        "InboxSource",
        "ScribbleSource",
    ]
