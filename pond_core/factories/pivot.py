"""`pivot`: one parameter, or one column, across the series that a pattern matches, as a series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pond_core.errors import DataError
from pond_core.factories.inputs import Match, matches, read
from pond_core.factories.settings import Settings
from pond_core.series import JoinInput, join, select_meaning
from pond_core.tinyfs import FactoryCall, Pattern, Recipe, render


@dataclass(frozen=True, slots=True)
class _Pivot:
    """The settings.

    Attributes:
        pattern: Which series.
        name: What each is called: a template for the pattern's captures; None is its last name.
        column: The one column, by its name; empty if columns are told by what they mean.
        meaning: What the metadata of a column must say, by key.
    """

    pattern: Pattern
    name: str | None
    column: str
    meaning: Mapping[str, str]


def check_pivot(recipe: Recipe) -> None:
    """Refuse settings other than a pattern, and a column or a parameter."""
    _pivot(recipe.config)


def pivot(call: FactoryCall) -> pa.Table:
    """Return `<name>.<column>` of each series, at every instant at which one has a value."""
    settings = _pivot(call.config)
    inputs: dict[str, JoinInput] = {}
    for match in matches(call.fs, settings.pattern):
        name = _name(settings, match)
        if name in inputs:
            msg = f"both {inputs[name].label} and {match.path} are called {name!r}"
            raise DataError(msg, hint="set `name` to a template with $0, $1")
        columns = [settings.column] if settings.column else None
        table = select_meaning(read(call.fs, match.path, call.window, columns), settings.meaning)
        inputs[name] = JoinInput(table, label=match.path, scope=name)
    return join(list(inputs.values()))


def _pivot(config: Mapping[str, Any]) -> _Pivot:
    settings = Settings(config)
    pattern = settings.pattern("pattern")
    name = settings.template("name", pattern) if config.get("name") is not None else None
    column = settings.optional_text("column") or ""
    texts = {key: settings.optional_text(key) for key in ("parameter", "unit", "aggregate")}
    settings.end()
    if bool(column) == bool(texts["parameter"]):
        msg = "either `column` or `parameter` says what is shown"
        raise DataError(msg, hint="`parameter` goes by the columns' metadata, `column` by the name")
    meaning = {key: text for key, text in texts.items() if text}
    return _Pivot(pattern, name, column, meaning)


def _name(settings: _Pivot, match: Match) -> str:
    if settings.name is None:
        return match.path.rpartition("/")[2]
    return render(settings.name, match.captures)
