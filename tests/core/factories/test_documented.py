"""What the page on dynamic nodes shows does work."""

import re
from pathlib import Path

import pytest

import pond_core
from pond_core import FS, EntryType, MemoryBackend, Pond, Recipe
from tests.core.factories.made import TEMPERATURE, between, furnish, hourly

PAGE = Path(pond_core.__file__).parents[1] / "docs" / "dynamic-nodes.md"


def block(number: int) -> str:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(blocks[number])


def test_the_first_block_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Pond.init(".pond", durability="process").transaction() as transaction:
        transaction.mkdir("/combined/harbor", parents=True)
        readings = hourly(range(48), TEMPERATURE)
        transaction.write_window("/combined/harbor/Basin", readings, between(0, 48))
    exec(block(0), {})  # noqa: S102  # it is our own page
    assert "Temperature.C.avg" in capsys.readouterr().out


def test_the_factories_on_the_page_can_be_used() -> None:
    exec(block(1), {})  # noqa: S102  # it is our own page
    fs = furnish(FS(MemoryBackend()))
    for factory, config in {
        "backwards": {"of": "/normalized"},
        "visits": {"pattern": "/normalized/*/*"},
    }.items():
        fs.write_recipe(f"/{factory}", Recipe(EntryType.DIRECTORY, factory, config))
    assert [node.name for node in fs.ls("/backwards")] == ["oyon"]
    assert [node.name for node in fs.ls("/visits")] == ["noyo-A", "noyo-B"]
    assert fs.exists("/backwards/oyon/A")
