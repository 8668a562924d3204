"""`reduce`: series downsampled, as `<dataset>/res=<width>` below a dynamic directory.

Three recipes, each with more decided: a directory of datasets, the directory of one dataset's
resolutions, the buckets of one resolution.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pond_core.errors import DataError
from pond_core.factories.inputs import matches, read, spans
from pond_core.factories.settings import Settings
from pond_core.series import STANDARD, Aggregate, Resolution, downsample
from pond_core.tinyfs import EntryType, FactoryCall, Recipe, render

_KEPT = ("columns", "aggregates", "timezone")
"""Settings that each level hands down as they are."""


def check_reduce(recipe: Recipe) -> None:
    """Refuse settings that are none for a directory, or none for a series."""
    settings = Settings(recipe.config)
    if recipe.entry_type is EntryType.SERIES:
        settings.text("series")
        _resolution(settings)
    elif "series" in recipe.config:
        settings.text("series")
        _resolutions(settings)
    else:
        settings.template("out_pattern", settings.pattern("in_pattern"))
        _resolutions(settings)
    _columns(settings)
    _aggregates(settings)
    settings.end()


def reduce(call: FactoryCall) -> pa.Table | dict[str, Recipe]:
    """Return datasets, resolutions, or buckets."""
    if call.entry_type is EntryType.SERIES:
        return _buckets(call)
    return _by_resolution(call.config) if "series" in call.config else _datasets(call)


def _datasets(call: FactoryCall) -> dict[str, Recipe]:
    """Return a directory of resolutions for each series that `in_pattern` matches."""
    settings = Settings(call.config)
    out_pattern = settings.text("out_pattern")
    kept = {key: call.config[key] for key in ("resolutions", *_KEPT) if key in call.config}
    paths: dict[str, str] = {}
    for match in matches(call.fs, settings.pattern("in_pattern")):
        name = render(out_pattern, match.captures)
        if name in paths:
            msg = f"both {paths[name]} and {match.path} are called {name!r}"
            raise DataError(msg, hint="use more of $0, $1 in out_pattern")
        paths[name] = match.path
    return {
        name: Recipe(EntryType.DIRECTORY, "reduce", {"series": path, **kept})
        for name, path in paths.items()
    }


def _by_resolution(config: Mapping[str, Any]) -> dict[str, Recipe]:
    """Return a series for each resolution of one dataset."""
    kept = {key: config[key] for key in ("series", *_KEPT) if key in config}
    return {
        f"res={each.text}": Recipe(EntryType.SERIES, "reduce", {"resolution": each.text, **kept})
        for each in _resolutions(Settings(config))
    }


def _buckets(call: FactoryCall) -> pa.Table:
    """Return the buckets that overlap the window, each computed in whole."""
    settings = Settings(call.config)
    resolution = _resolution(settings)
    columns = _columns(settings)
    if call.columns is not None:
        # Whether a column has an aggregate at its end is for the result to say: one that is read
        # in vain does no harm.
        asked = [name.rpartition(".")[0] for name in call.columns]
        columns = [name for name in asked if name and (columns is None or name in columns)]
    path, aggregates = settings.text("series"), _aggregates(settings)
    parts = spans(call.fs.node(path).pieces, resolution.cover(call.window), resolution)
    # Twenty million readings of six columns are a gigabyte, their buckets a few megabytes.
    readings = (read(call.fs, path, part, columns) for part in parts)
    buckets = downsample(
        readings, resolutions=[resolution], aggregates=aggregates, window=call.window
    )
    return buckets[resolution]


def _resolution(settings: Settings) -> Resolution:
    return settings.resolution("resolution", zone=_zone(settings))


def _resolutions(settings: Settings) -> list[Resolution]:
    zone = _zone(settings)
    return [Resolution.parse(text, zone) for text in settings.texts("resolutions")]


def _zone(settings: Settings) -> str:
    return settings.text("timezone", "UTC")


def _columns(settings: Settings) -> list[str] | None:
    columns = settings.texts("columns", ())
    return list(columns) or None


def _aggregates(settings: Settings) -> list[Aggregate]:
    known = ", ".join(Aggregate)
    names = settings.texts("aggregates", STANDARD)
    for name in names:
        if name not in set(Aggregate):
            msg = f"the setting 'aggregates': there is no {name!r}"
            raise DataError(msg, hint=f"there are {known}")
    return [Aggregate(name) for name in names]
