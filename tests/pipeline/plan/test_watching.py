"""An alert that could never tell of anything is refused."""

from pathlib import Path

import pytest

from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Plan, compile_plan


def watching(condition: str) -> Plan:
    """Return a plan of two made-up series, and an alert of one condition."""
    made_up = "kind: Scribble\nname: m\nspec: {start: 2024-03-10, series: [a, b]}\n"
    told = f"conditions: [{{{condition}}}], channels: [{{ntfy: x}}]"
    text = f"{made_up}---\nkind: Alert\nname: b\nspec: {{{told}}}\n"
    return compile_plan(load_documents(text), root=Path())


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("when: stale, path: /normalized/x/A", "'/normalized/x/A' matches nothing"),
        ("when: threshold, path: /raw/m/c, column: value, above: 1", "'/raw/m/c' matches nothing"),
        ("when: run_failed, path: '/raw/z/*'", "'/raw/z/*' matches nothing"),
    ],
)
def test_a_path_that_nothing_makes_is_refused(condition: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        watching(condition)
    assert f"7: spec.conditions[0].path: {what}" in str(caught.value)


@pytest.mark.parametrize(
    "condition",
    [
        "when: run_failed, path: /backup/b",
        "when: check_failed, path: '/raw/**'",
        "when: threshold, path: /raw/m/a, column: value, above: 1",
    ],
)
def test_a_path_may_lead_to_a_backup_and_to_whatever_is_made(condition: str) -> None:
    assert len(watching(condition).services) == 1


def late(condition: str) -> Plan:
    """Return a plan of two instruments, one of which says how often it reads, and an alert."""
    devices = "devices: [{name: Free, id: 1}, {name: Pier, id: 2, interval: 1h}]"
    told = f"conditions: [{{{condition}}}], channels: [{{ntfy: x}}]"
    text = (
        f"kind: HydroVu\nname: bay\nspec: {{key: k, secret: s, start: 2025-01-01, {devices}}}\n"
        f"---\nkind: Alert\nname: a\nspec: {{{told}}}\n"
    )
    return compile_plan(load_documents(text), root=Path())


def test_what_is_late_is_not_known_of_a_series_of_which_nobody_said_how_often_it_reads() -> None:
    with pytest.raises(ConfigError, match="nobody said how often /normalized/bay/Free") as caught:
        late("when: stale, path: /normalized/bay/Free")
    assert "add `after: 6h` here" in caught.value.hint + str(caught.value)


@pytest.mark.parametrize(
    "condition",
    [
        "when: stale, path: /normalized/bay/Free, after: 1h",
        "when: stale, path: '/normalized/bay/*'",
        "when: battery, path: /normalized/bay/Free",
        "when: stale",
    ],
)
def test_it_is_known_where_the_alert_says_so_or_one_of_its_series(condition: str) -> None:
    assert len(late(condition).services) == 1
