"""Where something stands in `resources.yaml`, and what is wrong there.

Problems are collected and raised together, so that one look at the file corrects all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from pond_pipeline.errors import ConfigError

Keys = tuple[str | int, ...]
"""The way to a value in a YAML document: `("spec", "devices", 2, "id")`."""

FORMER_KEYS: Mapping[str, str] = {"sites": "scopes", "inputs": "series"}
"""Our keys that the original tool spells otherwise; both are read."""

REFUSED_KEYS: Mapping[str, str] = dict.fromkeys(
    ("count_min", "count_max", "probs"),
    "the original tool's random tables are not made; remove it, and say `start` and `series`",
)
"""Keys of the original tool that have no place here, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Location:
    """The place of one YAML document.

    Attributes:
        file: The file's name, as errors show it.
        lines: The line of each value, counted from 1; `()` is the document itself.
    """

    file: str
    lines: Mapping[Keys, int]

    def line(self, keys: Keys) -> int:
        """Return the line of a value, or of the closest one around it that is written."""
        written = self.written(keys)
        while written not in self.lines and written:
            written = written[:-1]
        return self.lines.get(written, 1)

    def written(self, keys: Keys) -> Keys:
        """Return the way as the file spells it, where it uses the original tool's keys."""
        written: Keys = ()
        for key in keys:
            former = FORMER_KEYS.get(key) if isinstance(key, str) else None
            use_former = former is not None and (*written, former) in self.lines
            written += (former,) if use_former and former is not None else (key,)
        return written


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        file: The file's name.
        line: The line, counted from 1.
        keys: The way to the value; empty for a whole document.
        what: What is wrong, without any secret.
        hint: What to do about it.
    """

    file: str
    line: int
    keys: Keys
    what: str
    hint: str = ""

    @override
    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, dotted(self.keys), self.what) if part)


@dataclass(slots=True)
class Problems:
    """The problems found so far."""

    found: list[Problem] = field(default_factory=list)

    def add(self, location: Location, keys: Keys, what: str, *, hint: str = "") -> None:
        """Note a problem with a value of a document, once."""
        line, written = location.line(keys), location.written(keys)
        problem = Problem(location.file, line, written, what, hint)
        if problem not in self.found:
            self.found.append(problem)

    def raise_if_any(self) -> None:
        """Raise what was found.

        Raises:
            ConfigError: Something was found: one line for each problem, in the order of the file.
                A single one keeps its hint apart; several carry theirs in their lines.
        """
        if not self.found:
            return
        if len(self.found) == 1:
            raise ConfigError(str(self.found[0]), hint=self.found[0].hint)
        ordered = sorted(self.found, key=lambda problem: problem.line)
        lines = [f"{each} ({each.hint})" if each.hint else str(each) for each in ordered]
        raise ConfigError("\n".join(lines), hint=f"correct these {len(lines)} places")


def dotted(keys: Sequence[str | int]) -> str:
    """Return a way as people write it.

    >>> dotted(("spec", "devices", 2, "id"))
    'spec.devices[2].id'
    """
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")
