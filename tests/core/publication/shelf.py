"""What lies at a destination, as the format says it, and not as our own reader tells it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pond_core import concat

LOG = "_delta_log"


def commits(table: Path) -> list[list[dict[str, Any]]]:
    """Return the actions of each commit of a Delta table, in order."""
    files = sorted((table / LOG).glob("*.json"))
    return [[json.loads(line) for line in file.read_text().splitlines()] for file in files]


def actions(table: Path, kind: str) -> list[dict[str, Any]]:
    """Return the actions of one kind of the newest commit."""
    return [each[kind] for each in commits(table)[-1] if kind in each]


def live(table: Path) -> list[str]:
    """Return the names of the files that a table consists of."""
    found: dict[str, None] = {}
    for commit in commits(table):
        for action in commit:
            if "remove" in action:
                found.pop(action["remove"]["path"])
            if "add" in action:
                found[action["add"]["path"]] = None
    return sorted(found)


def rows(table: Path) -> pa.Table:
    """Return the rows of a published series in order of time."""
    return concat(pq.read_table(table / name) for name in live(table))
