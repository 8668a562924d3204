"""What `from pond_core import ...` gives, and what it does not drag in."""

import inspect
import subprocess
import sys
import types

import pytest

import pond_core

FOREIGN = ("dagster", "httpx", "yaml", "click", "rich", "pydantic", "pond_pipeline")

LAZY = ("PondFileSystem",)
"""What is loaded when somebody asks for it."""


def public_names() -> list[str]:
    return [
        name
        for name, value in vars(pond_core).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType) and name not in LAZY
    ]


def test_all_lists_what_is_public_once() -> None:
    assert sorted(pond_core.__all__) == sorted([*public_names(), *LAZY])
    assert len(set(pond_core.__all__)) == len(pond_core.__all__)


@pytest.mark.parametrize("name", pond_core.__all__)
def test_a_public_class_or_function_has_a_docstring_of_its_own(name: str) -> None:
    value = getattr(pond_core, name)
    if isinstance(value, type) or inspect.isfunction(value):
        assert value.__doc__
        assert not value.__doc__.startswith(f"{name}("), "made by dataclass"


def test_importing_the_core_loads_no_orchestrator_network_or_terminal() -> None:
    code = f"import sys, pond_core; print([m for m in {FOREIGN} if m in sys.modules])"
    run = subprocess.run(  # noqa: S603  # our own interpreter and our own text
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
