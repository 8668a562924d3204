"""The pond paths that resources declare, and what a pattern means among them.

Patterns are expanded over declared paths, so that a plan needs no pond. What lies below a declared
directory is known only when a run looks: there a pattern means that directory.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from pond_core import Pattern, near_miss_hint
from pond_pipeline.config import Document, Keys, Problems

_WILDCARD = re.compile(r"[*?\[]")


class Content(StrEnum):
    """What lies at a declared path."""

    READINGS = "raw readings"
    SERIES = "a series"
    SERIES_FOLDER = "a directory of series"
    BUCKETS = "a downsampled or pivoted series"
    TABLE = "a table"
    FILES = "a directory of files"


TO_GO_ON_WITH = frozenset({Content.SERIES, Content.SERIES_FOLDER})
"""What sites are combined of, and what is downsampled."""

_FOLDERS = (Content.SERIES_FOLDER, Content.FILES)


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a pond path is declared.

    Attributes:
        document: The resource that makes it.
        keys: The way to the device, site or dataset.
        content: What lies there.
        scope: The prefix of its columns where it is combined.
    """

    document: Document
    keys: Keys
    content: Content
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What a pattern means.

    Attributes:
        path: A declared path, or what is looked for below one when it runs: a path or a pattern.
        asset: The declared path.
        captures: What the pattern's wildcards stand for; none where that shows when it runs.
        is_open: Whether that shows when it runs.
    """

    path: str
    asset: str
    captures: tuple[str, ...] = ()
    is_open: bool = False


@dataclass(slots=True)
class Catalog:
    """Every declared path, and the problems met while declaring and matching."""

    problems: Problems = field(default_factory=Problems)
    _declared: dict[str, Declared] = field(default_factory=dict)

    @property
    def declared(self) -> Mapping[str, Declared]:
        """The declared paths, in the order of the file."""
        return self._declared

    def declare(self, paths: Iterable[str], declared: Declared) -> bool:
        """Add paths; one that another resource or device makes already is a problem, and False."""
        document, keys = declared.document, declared.keys
        for path in paths:
            first = self._declared.setdefault(path, declared)
            if first is not declared:
                line = first.document.location.line(first.keys)
                what = f"{path} is made in line {line} already"
                hint = "give one of them another name"
                self.problems.add(document.location, keys, what, hint=hint)
                return False
        return True

    def find(
        self,
        pattern: str,
        document: Document,
        keys: Keys,
        *,
        contents: Collection[Content] = TO_GO_ON_WITH,
    ) -> list[Match]:
        """Return what a pattern means, in order of the paths; without a match there is a problem.

        A pattern that is a declared path means that path, whatever wildcards its name may hold.
        """
        exact = self._declared.get(pattern)
        if exact is not None and exact.content in contents and exact.content not in _FOLDERS:
            return [Match(pattern, pattern)]
        matches = self._matches(Pattern.parse(pattern))
        found = [each for each in matches if self._declared[each.asset].content in contents]
        if not found:
            what, hint = self._explain_nothing(pattern, others=matches, contents=contents)
            self.problems.add(document.location, keys, what, hint=hint)
        return found

    def _matches(self, pattern: Pattern) -> list[Match]:
        # What stands before the first wildcard leaves few of thousands of paths to look at.
        stem = _WILDCARD.split(pattern.text, maxsplit=1)[0]
        matches = []
        for path in sorted(self._declared):
            if self._declared[path].content in _FOLDERS:
                if _reaches_below(pattern.text, path):
                    matches.append(_below(pattern, path))
            elif path.startswith(stem) and (captures := pattern.match(path)) is not None:
                matches.append(Match(path, path, captures))
        return matches

    def _explain_nothing(
        self, pattern: str, *, others: list[Match], contents: Collection[Content]
    ) -> tuple[str, str]:
        wanted = " or ".join(content for content in Content if content in contents)
        if others:
            asset = others[0].asset
            what = f"{asset} cannot be read here: it is {self._declared[asset].content}"
            made = self._declared.get(f"/normalized/{asset.removeprefix('/raw/')}")
            if made is not None and made.content in contents:
                wanted = f"/normalized/{pattern.removeprefix('/raw/')}, which is made of it"
            return what, f"name {wanted}"
        exact = self._declared.get(pattern)
        if exact is not None:
            return f"{pattern} is {exact.content}", f"name what lies in it: {pattern}/*"
        readable = [path for path, each in self._declared.items() if each.content in contents]
        otherwise = "declare the device, location or site that it means"
        if pattern.startswith("/reduced/"):
            otherwise = "declare a `Reduce`, which makes what lies there"
        hint = near_miss_hint(pattern, readable, otherwise=otherwise)
        return f"{pattern!r} matches nothing", hint


def _below(pattern: Pattern, directory: str) -> Match:
    """Return what a pattern means in a directory that it reaches."""
    if "**" in pattern.text:
        return Match(pattern.text, directory, is_open=True)
    rest = pattern.text.split("/")[directory.count("/") + 1 :]
    path = "/".join([directory, *rest])
    is_open = any(_WILDCARD.search(part) for part in rest)
    captures = () if is_open else pattern.match(path) or ()
    return Match(path, directory, captures, is_open=is_open)


def _reaches_below(pattern: str, directory: str) -> bool:
    """Say whether a pattern can match something in a directory."""
    parts, names = pattern.split("/"), directory.split("/")
    for part, name in zip(parts, names, strict=False):
        if part == "**":
            return True
        if not fnmatchcase(name, part):
            return False
    return len(parts) > len(names)
