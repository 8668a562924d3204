"""Settings as plain values: what a step's fingerprint is made of."""

from dataclasses import fields, is_dataclass
from datetime import timedelta

from pond_pipeline.quality.column_tests import ColumnTests
from pond_pipeline.quality.correction import Correction


def facts(entry: ColumnTests | Correction) -> dict[str, object]:
    """Return all settings of an entry as mappings, lists, text, numbers, instants and None.

    Durations are seconds. Two entries with equal facts give equal results.
    """
    return {field.name: _plain(getattr(entry, field.name)) for field in fields(entry)}


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value
