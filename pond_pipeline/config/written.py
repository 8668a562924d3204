"""Parsed values as `resources.yaml` has them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel

from pond_core import Resolution
from pond_pipeline.config.environment import EnvText

_UNITS_S = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


def written(value: object) -> object:
    """Return a parsed value as `resources.yaml` has it; of a secret, only its variables.

    Models are walked here: pydantic's own dump would open an `EnvText`, and show what it hides.
    """
    match value:
        case BaseModel():
            return {
                info.alias or name: written(getattr(value, name))
                for name, info in type(value).model_fields.items()
                if name in value.model_fields_set
            }
        case Mapping():
            return {key: written(each) for key, each in value.items()}
        case tuple():
            return [written(each) for each in value]
        case _:
            return _written_scalar(value)


def _written_scalar(value: object) -> object:
    match value:
        case EnvText():
            return str(value)
        case Resolution():
            return value.text
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return _duration(value)
        case _:
            return value


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    unit = next(each for each, width_s in _UNITS_S.items() if seconds % width_s == 0)
    return f"{seconds // _UNITS_S[unit]}{unit}"
