"""The time range that a statement states outright, as most do that want a range of one series.

    SELECT * FROM "/combined/noyo/BDock" WHERE timestamp >= '2025-06-01'

Such a statement need not be planned to know what it asks for, which takes as long as reading a day.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pond_core.query.asked import SIGNS, all_of, compared
from pond_core.tinyfs.content import TIMESTAMP
from pond_core.window import Window, to_us

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}(:[0-9]{2})?)?)?"
)
"""Instants that DuckDB and Python read alike."""


def stated(tree: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> Window | None:
    """Return the range of `timestamp` that a SELECT asks for; None if it takes a plan to tell.

    Args:
        tree: The statement as DuckDB parsed it.
        nodes: All objects in it.
    """
    select = tree["statements"][0]["node"]
    tables = sum(node.get("type") == "BASE_TABLE" for node in nodes)
    match select:
        case {
            "type": "SELECT_NODE",
            # A list of names after an alias says which column is called `timestamp` here.
            "from_table": {"type": "BASE_TABLE", "sample": None, "column_name_alias": []},
            "sample": None,
            "where_clause": dict(where),
        } if tables == 1:
            windows = [_passed(each) for each in _conjuncts(where) if _mentions_time(each)]
        case _:
            return None
    known = [window for window in windows if window is not None]
    return all_of(known) if known and len(known) == len(windows) else None


def _conjuncts(condition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if condition["type"] == "CONJUNCTION_AND":
        for child in condition["children"]:
            yield from _conjuncts(child)
    else:
        yield condition


def _mentions_time(condition: object) -> bool:
    if isinstance(condition, dict):
        names = condition.get("column_names", ())
        return TIMESTAMP in map(str.lower, names) or any(map(_mentions_time, condition.values()))
    return isinstance(condition, list) and any(map(_mentions_time, condition))


def _passed(condition: Mapping[str, Any]) -> Window | None:
    """Return the instants for which a comparison with a constant holds; None if it is none."""
    match condition:
        case {
            "class": "COMPARISON",
            "type": str(sign),
            "left": {"class": "COLUMN_REF", "column_names": [str(column)]},
            "right": dict(constant),
        } if column.lower() == TIMESTAMP and sign in SIGNS:
            instant_us = _instant_us(constant)
            return None if instant_us is None else compared(SIGNS[sign], instant_us)
        case _:
            return None


def _instant_us(expression: Mapping[str, Any]) -> int | None:
    match expression:
        case {"class": "CAST", "child": dict(child), "type_expr": {"type_name": str(kind)}} if (
            kind.upper() == "TIMESTAMPTZ"
        ):
            return _instant_us(child)
        case {"class": "CONSTANT", "literal": {"kind": "STRING", "text": str(text)}} if (
            _INSTANT.fullmatch(text)
        ):
            return _parsed_us(text)
        case _:
            return None


def _parsed_us(text: str) -> int | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return to_us(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
