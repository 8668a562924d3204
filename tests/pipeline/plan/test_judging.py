"""Tests that no reading of a series could be put to are told when the file is read."""

from pathlib import Path

import pytest

from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import CombineStep, NormalizeStep, Plan, compile_plan

FLAT = "{parameter: Depth, flat_line: {tolerance: 0.1, suspect_after: 2h}}"
NO_INTERVAL = "a flat line is told by how often the instrument reads"


def account(quality: str, *devices: str) -> str:
    listed = "".join(f"    - {{{each}}}\n" for each in devices)
    return (
        "kind: HydroVu\nname: n\nspec:\n  key: k\n  secret: s\n  start: 2024-03-01\n"
        f"  quality: [{quality}]\n  devices:\n{listed}"
    )


def compiled(text: str) -> Plan:
    return compile_plan(load_documents(text), root=Path("/pond"))


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text)
    return f"{caught.value}; {caught.value.hint}".removeprefix("resources.yaml:")


def test_a_flat_line_goes_by_the_interval_of_each_instrument() -> None:
    plan = compiled(account(FLAT, "name: A, id: 1, interval: 1h", "name: B, id: 2, interval: 15m"))

    assert [
        step.treatment.quality[0].flat_line is not None
        for step in plan.steps
        if isinstance(step, NormalizeStep)
    ] == [True, True]


def test_a_flat_line_without_any_interval_is_an_error() -> None:
    text = account(FLAT, "name: A, id: 1, interval: 1h", "name: B, id: 2")

    assert refused(text) == (
        f"7: spec.quality[0].flat_line: for B: {NO_INTERVAL}; "
        "add interval: 1h to flat_line, or to what it is about"
    )


def test_a_flat_line_with_an_interval_of_its_own_needs_no_other() -> None:
    own = FLAT.replace("2h}", "2h, interval: 1h}")

    assert compiled(account(own, "name: A, id: 1")).steps


def test_a_flat_line_shorter_than_an_instrument_s_interval_is_an_error() -> None:
    message = refused(account(FLAT, "name: A, id: 1, interval: 3h"))

    assert message.startswith(
        "7: spec.quality[0].flat_line: for A: flat_line: 2:00:00 is shorter than the interval"
    )


def test_the_places_of_exports_are_looked_at_too() -> None:
    text = (
        "kind: LakeTech\nname: fb\nspec:\n  pattern: x\n  start: 2024-01-01\n"
        f"  quality: [{FLAT}]\n  locations: [{{name: A, match: A}}]\n"
    )

    assert refused(text).startswith(f"6: spec.quality[0].flat_line: for A: {NO_INTERVAL}")


def test_a_site_has_an_interval_of_its_own() -> None:
    text = account("", "name: A, id: 1, interval: 1h") + (
        "---\nkind: Combine\nname: c\nspec:\n  sites:\n    - name: x\n"
        f"      inputs: [{{pattern: /normalized/n/A}}]\n      quality: [{FLAT}]\n"
    )

    assert refused(text).startswith(f"17: spec.sites[0].quality[0].flat_line: for x: {NO_INTERVAL}")
    (step,) = (
        each
        for each in compiled(text + "      interval: 1h\n").steps
        if isinstance(each, CombineStep)
    )
    assert step.judgement.interval is not None


SITE = """\
---
kind: Combine
name: b
spec:
  sites:
    - name: s
      interval: 1h
      quality: [{column: Depth.m, flat_line: {tolerance: 0.1, suspect_after: 2h}}]
      inputs: [{pattern: /normalized/n/A}]
"""
EXPORTS = f"""\
kind: LakeTech
name: n
spec:
  pattern: inbox/*
  start: 2024-03-01
  quality: [{FLAT}]
  locations: [{{name: A, match: "A-*", interval: 1h}}]
"""


def changed(before: str, after: str) -> set[str]:
    """Return the first outputs of the steps whose fingerprints differ."""
    old, new = (
        {step.outputs[0]: step.fingerprint for step in compiled(text).steps}
        for text in (before, after)
    )
    return {path for path, fingerprint in new.items() if old[path] != fingerprint}


def test_another_interval_is_another_work_where_a_flat_line_goes_by_it() -> None:
    text = account(FLAT, "name: A, id: 1, interval: 1h", "name: B, id: 2, interval: 1h")

    assert changed(text, text.replace("id: 1, interval: 1h", "id: 1, interval: 30m")) == {
        "/normalized/n/A"
    }
    assert changed(EXPORTS, EXPORTS.replace("interval: 1h", "interval: 30m")) == {"/normalized/n/A"}
    assert changed(text + SITE, text + SITE.replace("interval: 1h", "interval: 30m")) == {
        "/combined/b/s"
    }


def test_another_interval_is_the_same_work_where_no_test_goes_by_it() -> None:
    own = account(FLAT.replace("2h}", "2h, interval: 1h}"), "name: A, id: 1, interval: 1h")

    assert changed(own, own.replace("id: 1, interval: 1h", "id: 1, interval: 30m")) == set()
