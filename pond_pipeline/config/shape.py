"""What all models of `resources.yaml` share: how strict they are, and checks of several of them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from pond_pipeline.config.field import wrong

_NamesT = TypeVar("_NamesT", bound=Sequence[str])


class Model(BaseModel):
    """A mapping of known keys; it never changes."""

    # Pydantic's own messages quote the input, and the input may be a secret.
    model_config = ConfigDict(
        extra="forbid", frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


def exactly_one(*keys: str) -> ConfigDict:
    """Return what a model adds of which one key must be given; its validator sees to it."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [key]} for key in keys]})


def each_once(names: _NamesT) -> _NamesT:
    """Check that a list names nothing twice."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise wrong(f"{str(twice[0])!r} is given twice", hint="remove one of them")
    return names


def is_after(end: datetime | None, begin: object, *, name: str) -> datetime | None:
    """Check that a half-open range holds an instant."""
    if end is not None and isinstance(begin, datetime) and end <= begin:
        what = f"is not after {name} ({begin:%Y-%m-%dT%H:%MZ}): no instant lies between"
        raise wrong(what, hint="the end of a range is not part of it")
    return end
