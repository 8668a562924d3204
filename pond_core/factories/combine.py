"""`combine`: instruments joined into a site on the instant, as a series."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pond_core.errors import DataError
from pond_core.factories.inputs import matches, read
from pond_core.factories.settings import Settings
from pond_core.series import JoinInput, join
from pond_core.tinyfs import FactoryCall, Pattern, Recipe
from pond_core.window import Window


@dataclass(frozen=True, slots=True)
class _Input:
    """One entry of `inputs`: the series of a pattern, each with its part in the join."""

    pattern: Pattern
    window: Window
    scope: str | None = None
    rename: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    priority: int | None = None


def check_combine(recipe: Recipe) -> None:
    """Refuse settings other than `inputs`, a list of patterns with their scope and range."""
    _inputs(recipe.config)


def combine(call: FactoryCall) -> pa.Table:
    """Return what all inputs together say at each instant of the window."""
    return join(
        [
            JoinInput(
                read(
                    call.fs,
                    match.path,
                    each.window.intersect(call.window),
                    _wanted(each, call.columns),
                ),
                label=match.path,
                scope=each.scope,
                window=each.window,
                rename=each.rename,
                priority=each.priority,
            )
            for each in _inputs(call.config)
            for match in matches(call.fs, each.pattern)
        ]
    )


def _inputs(config: Mapping[str, Any]) -> list[_Input]:
    settings = Settings(config)
    inputs = []
    for each in settings.each("inputs"):
        window = Window(each.instant_us("begin"), each.instant_us("end"))
        if window.is_empty:
            msg = "an input ends before it begins"
            raise DataError(msg, hint="`end` is the first instant that does not count")
        pattern, scope = each.pattern("pattern"), each.optional_text("scope")
        inputs.append(_Input(pattern, window, scope, each.names("rename"), each.whole("priority")))
        each.end()
    settings.end()
    return inputs


def _wanted(each: _Input, columns: Collection[str] | None) -> list[str] | None:
    """Return the columns of an input that give the wanted ones; None is all."""
    if columns is None:
        return None
    prefix = "" if each.scope is None else f"{each.scope}."
    names = {name.removeprefix(prefix) for name in columns if name.startswith(prefix)}
    return [*names, *(old for old, new in each.rename.items() if new in names)]
