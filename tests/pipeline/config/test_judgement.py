"""Checks, QARTOD tests and corrections in the file: what makes no sense is told at once."""

from datetime import UTC, datetime, timedelta

import pytest

from pond_pipeline.config import CombineSpec, HydroVuSpec, Severity, load_documents
from pond_pipeline.errors import ConfigError

ACCOUNT = "kind: HydroVu\nname: n\nspec:\n  key: k\n  secret: s\n  start: 2024-03-01\n"
SITE = (
    "kind: Combine\nname: c\nspec:\n  sites:\n    - name: s\n      inputs:\n"
    "        - pattern: /normalized/n/A\n          corrections:\n"
)


def account(text: str) -> HydroVuSpec:
    (document,) = load_documents(f"{ACCOUNT}  {text}\n")
    assert isinstance(document.spec, HydroVuSpec)
    return document.spec


def corrected(*entries: str) -> str:
    return SITE + "".join(f"            - {{{each}}}\n" for each in entries)


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_documents(text)
    return f"{caught.value}; {caught.value.hint}".removeprefix("resources.yaml:")


def test_only_the_order_of_instants_blocks_unless_the_file_says_otherwise() -> None:
    checks = account("schedule: 0 * * * *").checks

    assert (checks.order.severity, checks.order.blocking) == (Severity.ERROR, True)
    assert {each.severity for each in (checks.columns, checks.gaps, checks.battery)} == {"warn"}
    assert (checks.gaps.intervals, checks.battery.level, checks.freshness.within) == (3, 20, None)


def test_a_check_is_set_by_its_name() -> None:
    checks = account(
        "checks: {gaps: {intervals: 6, severity: error}, freshness: {within: 2d}}"
    ).checks

    assert (checks.gaps.intervals, checks.gaps.severity) == (6, Severity.ERROR)
    assert checks.freshness.within == timedelta(days=2)


def test_tests_are_by_column_or_parameter() -> None:
    text = (
        "quality:\n"
        "    - {parameter: Depth, unit: m, gross_range: {suspect: [0, 15], fail: [-1, null]}}\n"
        "    - {column: DO.mg/L, spike: {suspect: 1, fail: 2}, gap: {suspect_after: 1d}}"
    )
    depth, oxygen = (rule.tests(interval=None) for rule in account(text).quality)

    assert (depth.target.parameter, depth.target.unit) == ("Depth", "m")
    assert [test.name for test in depth.tests] == ["gross_range"]
    assert oxygen.target.column == "DO.mg/L"
    assert [test.name for test in oxygen.tests] == ["spike", "gap"]


def test_a_flat_line_shorter_than_an_hour_is_for_instruments_that_read_as_often() -> None:
    text = "quality: [{column: a, flat_line: {tolerance: 0.1, suspect_after: 30m}}]"
    (rule,) = account(text).quality

    assert rule.tests(interval=timedelta(minutes=15)).flat_line is not None


def test_a_correction_begins_and_ends_and_drifts() -> None:
    text = corrected("parameter: Depth, from: 2024-04-01, until: 2024-05-01, offset: 1, drift: 0.1")
    (document,) = load_documents(text)

    assert isinstance(document.spec, CombineSpec)
    (entry,) = (each.entry() for each in document.spec.sites[0].inputs[0].corrections)
    assert (entry.start, entry.end) == (
        datetime(2024, 4, 1, tzinfo=UTC),
        datetime(2024, 5, 1, tzinfo=UTC),
    )
    assert (entry.offset, entry.drift) == (1, 0.1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{column: a}", "quality[0]: 'a' is tested for nothing; write gross_range"),
        ("{spike: {suspect: 1}}", "quality[0]: an entry is about one column, or about one"),
        ("{column: a, unit: m, gap: {fail_after: 1d}}", "quality[0]: column 'a' has its own unit"),
        ("{column: a, spike: {}}", "quality[0]: spike has no threshold; write suspect, fail"),
        ("{column: a, spike: {suspect: -1}}", "quality[0]: spike: the threshold -1.0 is not"),
        ("{column: a, spike: {suspect: 2, fail: 1}}", "quality[0]: spike: what fails at 1.0 was"),
        ("{column: a, spike: {suspect: .inf}}", "quality[0].spike.suspect: should be a finite"),
        ("{column: a, spike: {suspect: 1, method: x}}", "quality[0].spike.method: should be"),
        (
            "{column: a, flat_line: {tolerance: 0, fail_after: 1d}}",
            "quality[0]: flat_line: no range is below the tolerance 0.0",
        ),
        (
            "{column: a, flat_line: {tolerance: 1, fail_after: 1h, interval: 2h}}",
            "quality[0]: flat_line: 1:00:00 is shorter than the interval 2:00:00",
        ),
        ("{column: a, spik: {suspect: 1}}", "quality[0].spik: is no known key; did you mean"),
        (
            "{column: a, spike: {suspect: 1}}, {column: a, gap: {fail_after: 1d}}",
            "quality: 'a' is tested by two entries; put all its tests in one",
        ),
    ],
)
def test_a_test_that_makes_no_sense_is_an_error(text: str, message: str) -> None:
    assert refused(f"{ACCOUNT}  quality: [{text}]\n").startswith(f"7: spec.{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{gaps: {intervals: 1}}", "gaps.intervals: should be greater than 1"),
        ("{gaps: {severity: bad}}", "gaps.severity: should be 'warn' or 'error'"),
        ("{order: {blocking: 1}}", "order.blocking: expected true or false, found a number"),
        ("{freshnes: {}}", "freshnes: is no known key; did you mean 'freshness'?"),
    ],
)
def test_a_wrong_check_is_an_error(text: str, message: str) -> None:
    assert refused(f"{ACCOUNT}  checks: {text}\n").startswith(f"7: spec.checks.{message}")


INPUT = "spec.sites[0].inputs[0].corrections"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["column: a, offset: 1"], f"9: {INPUT}[0].from: is missing; add from: ..."),
        (["from: 2024-04-01"], f"9: {INPUT}[0]: an entry is about one column, or about one"),
        (
            ["column: a, from: 2024-04-01, until: 2024-04-01"],
            f"9: {INPUT}[0]: the correction from 2024-04-01 00:00:00+00:00 ends at",
        ),
        (
            ["column: a, from: 2024-04-01, offset: .nan"],
            f"9: {INPUT}[0].offset: should be a finite",
        ),
        (
            ["column: a, from: 2024-04-01", "column: a, from: 2024-04-01, offset: 1"],
            f"8: {INPUT}: column 'a': two corrections begin at 2024-04-01",
        ),
        (
            [
                "parameter: a, from: 2024-05-01, offset: 1",
                "parameter: a, from: 2024-04-01, until: 2024-06-01",
            ],
            f"8: {INPUT}: parameter 'a': the correction from 2024-05-01",
        ),
    ],
)
def test_a_correction_that_makes_no_sense_is_an_error(entries: list[str], message: str) -> None:
    assert refused(corrected(*entries)).startswith(message)


def test_corrections_of_two_columns_may_overlap() -> None:
    text = corrected("column: a, from: 2024-04-01", "column: b, from: 2024-04-01")

    assert len(load_documents(text)) == 1
