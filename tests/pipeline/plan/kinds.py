"""Resources of several kinds as text, and the plans that they make."""

from pathlib import Path

import pytest

from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Plan, compile_plan

ROOT = Path("/pond")

INBOX = "kind: Inbox\nname: in\nspec: {pattern: 'inbox/*.csv'}\n---\n"

MADE_UP = "kind: Scribble\nname: m\nspec: {start: 2024-03-10, series: [a, b]}\n---\n"

DERIVE = """\
kind: Derive
name: d
spec:
  start: 2024-01-15
  collections: [{name: c, pattern: /raw/in/*.csv, query: FROM $1, timezone: America/Los_Angeles}]
---
"""


def compiled(text: str, *, root: Path = ROOT) -> Plan:
    return compile_plan(load_documents(text), root=root)


def refused(text: str, *, root: Path = ROOT) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text, root=root)
    return f"{caught.value}; {caught.value.hint}".removeprefix("resources.yaml:")


def site(*patterns: str) -> str:
    inputs = ", ".join(f"{{pattern: '{each}'}}" for each in patterns)
    return f"kind: Combine\nname: c\nspec:\n  sites: [{{name: x, inputs: [{inputs}]}}]\n---\n"


def reduce(pattern: str, more: str = "", resolutions: str = "1h") -> str:
    return (
        "kind: Reduce\nname: r\nspec:\n  collections:\n    - name: c\n"
        f"      resolutions: [{resolutions}]\n"
        f"      datasets: [{{in_pattern: '{pattern}', out_pattern: x{more}}}]\n---\n"
    )


def pivot(pattern: str, more: str = "parameter: T") -> str:
    return (
        "kind: Pivot\nname: p\nspec:\n"
        f"  datasets: [{{name: t, in_pattern: '{pattern}', {more}}}]\n---\n"
    )


def derive(pattern: str, more: str = "") -> str:
    return (
        f"kind: Derive\nname: d\nspec:\n{more}"
        f"  collections: [{{name: c, pattern: '{pattern}', query: FROM $1}}]\n---\n"
    )


def template(pattern: str, more: str = "template: x") -> str:
    return (
        "kind: Template\nname: t\nspec:\n"
        f"  collections: [{{name: c, in_pattern: '{pattern}', out_pattern: $0, {more}}}]\n---\n"
    )


def only(plan: Plan, kind: type) -> object:
    (step,) = (step for step in plan.steps if isinstance(step, kind))
    return step
