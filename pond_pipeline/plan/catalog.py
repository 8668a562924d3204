"""The pond paths that resources declare, and what a pattern means among them.

Patterns are expanded over declared paths, so that a plan needs no pond.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pond_core import Pattern
from pond_pipeline.config import Document, Keys, Problems, near_miss

_READABLE = ("/normalized/", "/derived/", "/combined/")
_NOT_READABLE = ("/raw/", "/quarantine/", "/reduced/")
_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a pond path is declared.

    Attributes:
        document: The resource that makes it.
        keys: The way to the device, site or dataset.
        scope: The prefix of its columns where it is combined.
    """

    document: Document
    keys: Keys
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A declared path that a pattern means, and what its wildcards stand for."""

    path: str
    captures: tuple[str, ...] = ()


@dataclass(slots=True)
class Catalog:
    """Every declared path, and the problems met while declaring and matching."""

    problems: Problems = field(default_factory=Problems)
    _declared: dict[str, Declared] = field(default_factory=dict)

    @property
    def declared(self) -> Mapping[str, Declared]:
        """The declared paths, in the order of the file."""
        return self._declared

    def declare(self, paths: Iterable[str], declared: Declared) -> None:
        """Add paths; one that another resource or device makes already is a problem."""
        document, keys = declared.document, declared.keys
        for path in paths:
            first = self._declared.setdefault(path, declared)
            if first is not declared:
                line = first.document.location.line(first.keys)
                what = f"{path} is made in line {line} already"
                hint = "give one of them another name"
                self.problems.add(document.location, keys, what, hint=hint)
                return

    def find(self, pattern: str, document: Document, keys: Keys) -> list[Match]:
        """Return the series that a pattern means, in order of their paths.

        A pattern that is a declared path means that path, whatever wildcards its name may hold.
        Without a match there is a problem.
        """
        if pattern in self._declared and pattern.startswith(_READABLE):
            return [Match(pattern)]
        parsed = Pattern.parse(pattern)
        matches = self._matches(parsed)
        found = [match for match in matches if match.path.startswith(_READABLE)]
        if not found:
            what, hint = self._explain_nothing(pattern, others=matches)
            self.problems.add(document.location, keys, what, hint=hint)
        return found

    def _matches(self, pattern: Pattern) -> list[Match]:
        # What stands before the first wildcard leaves few of thousands of paths to look at.
        stem = _WILDCARD.split(pattern.text, maxsplit=1)[0]
        candidates = sorted(path for path in self._declared if path.startswith(stem))
        pairs = [(path, pattern.match(path)) for path in candidates]
        return [Match(path, captures) for path, captures in pairs if captures is not None]

    def _explain_nothing(self, pattern: str, *, others: list[Match]) -> tuple[str, str]:
        if others or pattern.startswith(_NOT_READABLE):
            what = f"{others[0].path if others else pattern!r} cannot be read here"
            return what, "only /normalized, /derived and /combined hold series to go on with"
        readable = [path for path in self._declared if path.startswith(_READABLE)]
        otherwise = "declare the device, location or site that it means"
        return f"{pattern!r} matches nothing", near_miss(pattern, readable, otherwise=otherwise)
