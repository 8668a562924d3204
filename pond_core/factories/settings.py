"""The settings of a recipe, taken one by one; what is missing, wrong or left over is named."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pond_core.errors import DataError
from pond_core.series import Resolution
from pond_core.tinyfs import Pattern, render
from pond_core.window import to_us

T = TypeVar("T")


class Settings:
    """The settings that were not taken yet.

    Every method takes one setting. It raises `DataError`, which names the setting, if that is of
    another type, and returns the default, if there is one, where it is missing or null.
    """

    def __init__(self, config: Mapping[str, Any], *, within: str = "") -> None:
        self._rest = {key: value for key, value in config.items() if value is not None}
        self._within = within

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text that is not empty."""
        return self._take(key, _text, "text", default)

    def optional_text(self, key: str) -> str | None:
        """Take a text that may be missing."""
        return self.text(key) if key in self._rest else None

    def whole(self, key: str) -> int | None:
        """Take a whole number that may be missing."""
        return self._take(key, _whole, "a whole number", None) if key in self._rest else None

    def texts(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Take a list of different texts, at least one."""
        return tuple(self._take(key, _texts, "a list of different texts", default))

    def pattern(self, key: str) -> Pattern:
        """Take a glob pattern over pond paths, absolute."""
        return Pattern.parse(self.text(key))

    def template(self, key: str, pattern: Pattern) -> str:
        """Take a text in which `$0`, `$1` ... stand for what the wildcards of a pattern match."""
        text = self.text(key)
        render(text, [""] * pattern.wildcards)  # refuses what no wildcard gives
        return text

    def resolution(self, key: str, *, zone: str) -> Resolution:
        """Take the width of a bucket, such as `1h`, in a time zone."""
        return Resolution.parse(self.text(key), zone)

    def duration_us(self, key: str, default: str) -> int:
        """Take a length of time, such as `15m`, in microseconds."""
        text = self.text(key, default)
        duration_us = Resolution.parse(text).duration_us
        if duration_us is None:
            raise self._wrong(key, f"{text!r} is not always equally long")
        return duration_us

    def instant_us(self, key: str) -> int | None:
        """Take an instant that may be missing, in ISO 8601 with its zone, as microseconds."""
        text = self.optional_text(key)
        if text is None:
            return None
        try:
            return to_us(datetime.fromisoformat(text))
        except ValueError as error:
            raise self._wrong(key, f"{text!r} is no instant: {error}") from error

    def names(self, key: str) -> dict[str, str]:
        """Take texts by text; none where it is missing."""
        return self._take(key, _names, "texts by text", {})

    def each(self, key: str) -> "list[Settings]":
        """Take a list of settings, at least one."""
        return [
            Settings(item, within=f"{self._within}{key}[{index}].")
            for index, item in enumerate(self._take(key, _objects, "a list of settings", None))
        ]

    def end(self) -> None:
        """Make sure that all settings were taken."""
        for key in self._rest:
            raise self._wrong(key, "there is no such setting")

    def _take(self, key: str, read: Callable[[Any], T | None], noun: str, default: T | None) -> T:
        value = read(self._rest.pop(key)) if key in self._rest else default
        if value is None:
            raise self._wrong(key, f"it needs {noun}")
        return value

    def _wrong(self, key: str, why: str) -> DataError:
        return DataError(f"the setting {self._within + key!r}: {why}")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(value: object) -> Sequence[str] | None:
    if not isinstance(value, list) or not value or not all(map(_text, value)):
        return None
    return value if len(set(value)) == len(value) else None


def _names(value: object) -> dict[str, str] | None:
    is_one = isinstance(value, dict) and all(map(_text, value.values()))
    return value if is_one else None  # type: ignore[return-value]  # JSON keys are text


def _objects(value: object) -> list[Mapping[str, Any]] | None:
    is_one = isinstance(value, list) and value and all(isinstance(each, dict) for each in value)
    return value if is_one else None  # type: ignore[return-value]  # as was just checked
