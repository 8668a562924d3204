"""What the scripts with data say."""

import json
from itertools import accumulate
from pathlib import Path
from typing import Any


def value_of(file: Path) -> Any:  # noqa: ANN401 -- whatever JSON it is
    """Return the value that a data file hands to the page."""
    return told_by(file)[2]


def told_by(file: Path) -> tuple[str, str, Any]:
    """Return the kind, the name and the value of a data file."""
    text = file.read_text()
    assert text.startswith("duckpond(")
    assert text.endswith(");\n")
    kind, name, value = json.loads("[" + text.removeprefix("duckpond(").removesuffix(");\n") + "]")
    return kind, name, value


def instants_of(tile: dict[str, Any]) -> list[int]:
    """Return the instants of a tile in epoch seconds."""
    return list(accumulate(tile["t"]))
