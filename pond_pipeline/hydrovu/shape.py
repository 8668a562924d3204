"""Checks that an answer of the API has the shape it should have.

The API's answers are JSON of somebody else's making: each piece is taken out through `member`,
which says what is wrong and where. Nothing is coerced: a number in quotes is an error, not a
number, because guessing would store a guess.
"""

from typing import TypeVar

T = TypeVar("T")

_JSON_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "an integer",
    float: "a number with a fraction",
    bool: "true or false",
    type(None): "null",
}


class ShapeError(ValueError):
    """An answer is JSON, but not what the API is known to answer; the message says where."""


def json_name(kind: type) -> str:
    """Return what JSON calls a Python type, for messages."""
    return _JSON_NAMES[kind]


def member(value: object, key: str, kind: type[T], *, where: str) -> T:
    """Return `value[key]`, which must be there and of exactly the type `kind`.

    Args:
        value: What was decoded from JSON.
        key: The name of the member.
        kind: `dict`, `list`, `str`, `int` or `bool`; true is no integer.
        where: The place of `value` in the answer, for the message, e.g. `parameters[3]`.

    Raises:
        ShapeError: `value` is no object, or the member is missing or of another type.
    """
    if not isinstance(value, dict):
        msg = f"{where} should be an object and is {json_name(type(value))}"
        raise ShapeError(msg)
    if key not in value:
        msg = f"{where} has no `{key}`"
        raise ShapeError(msg)
    found = value[key]
    if type(found) is not kind:
        msg = f"`{key}` of {where} should be {json_name(kind)} and is {json_name(type(found))}"
        raise ShapeError(msg)
    return found
