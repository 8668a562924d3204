"""Glob patterns over canonical paths, with a capture for each wildcard. Pure.

`*` is any text within a name, `?` one character, `[a-z_]` one of these, `[!a-z]` any other, `**`
(a whole component) any number of components. A class of one character, such as `[*]`, is that
character and no wildcard. As in a regular expression, wildcards to the left take as much as they
can. Matching costs at most (length of the pattern) x (length of the path).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pond_core.tinyfs.path import base_names, checked_name, invalid, legible, parts, resolve

Captures = tuple[str, ...]
"""What the wildcards of a pattern stood for, from left to right."""

States = frozenset[int]
"""How far along a pattern some path may be: the positions of the components that may come next."""

_TOKEN = re.compile(r"\[(?P<negated>!?+)(?P<members>.[^\]]*)\]|.", re.DOTALL)
_RANGE = re.compile(r"(?P<low>.)-(?P<high>.)|(?P<only>.)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$(\$|[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed glob pattern.

    >>> Pattern.parse("/raw/*/AT500_?").match("/raw/noyo/AT500_1")
    ('noyo', '1')

    Attributes:
        text: The pattern, absolute and in NFC.
    """

    text: str
    _components: "tuple[_Component, ...]" = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str, *, base: str | None = None) -> "Pattern":
        """Parse a pattern.

        Args:
            text: The pattern.
            base: The canonical directory from which a relative pattern counts, taken literally;
                None refuses a relative pattern.

        Raises:
            InvalidPathError: A bracket is not closed, a range runs backwards, `**` is not alone
                in its component, `..` occurs, or the text is none that a path may hold.
        """
        written = [part for part in legible(text).split("/") if part not in ("", ".")]
        components = tuple(_parse_component(part, within=text) for part in written)
        fixed = base_names(text, base)
        escaped = [re.sub(r"[*?[]", r"[\g<0>]", part) for part in fixed]
        return cls("/" + "/".join(escaped + written), (*map(_Same, fixed), *components))

    @property
    def wildcards(self) -> int:
        """How many captures a match has."""
        return sum(component.wildcards for component in self._components)

    @property
    def prefix(self) -> str:
        """The deepest directory that holds every match: `/raw/noyo` for `/raw/noyo/*`."""
        names: list[str] = []
        for component in self._components[:-1]:
            if not isinstance(component, _Same):
                break
            names.append(component.text)
        return "/" + "/".join(names)

    def match(self, path: str) -> Captures | None:
        """Return what the wildcards stand for in `path`, or None if it does not match.

        `**` captures the components it stands for, joined by `/`; empty for none.

        Raises:
            InvalidPathError: `path` is no absolute path.
        """
        return _fit(self._components, parts(resolve(path)))

    # What follows lets a walk over a tree enter only directories that can hold a match.

    @property
    def start(self) -> States:
        """Where a match begins: at the root."""
        return self._closed({0})

    def advance(self, states: States, name: str, *, is_link: bool = False) -> States:
        """Return how far a match may be after one more name; empty if it cannot be one.

        Args:
            states: How far it may have been before.
            name: The next name of the path.
            is_link: Whether `**` must not stand for this name: it never leads through a symlink.
        """
        reached: set[int] = set()
        for position in states:
            if position == len(self._components):
                continue
            component = self._components[position]
            if isinstance(component, _AnyNames):
                reached.update(() if is_link else (position,))
            elif component(name) is not None:
                reached.add(position + 1)
        return self._closed(reached)

    def accepts(self, states: States) -> bool:
        """Say whether a path that got this far is a match."""
        return len(self._components) in states

    def next_names(self, states: States) -> frozenset[str] | None:
        """Return the only names that can come next; None if one must look at them all."""
        names: set[str] = set()
        for component in (self._components[i] for i in states if i < len(self._components)):
            if not isinstance(component, _Same):
                return None
            names.add(component.text)
        return frozenset(names)

    def _closed(self, reached: Iterable[int]) -> States:
        """Add the positions that are reached when `**` stands for no component."""
        states = set(reached)
        for position, component in enumerate(self._components):
            if position in states and isinstance(component, _AnyNames):
                states.add(position + 1)
        return frozenset(states)


def render(template: str, captures: Sequence[str]) -> str:
    """Return `template` with `$0`, `$1` ... replaced by captures and `$$` by a dollar sign.

    >>> render("/sites/$0/$1", ("noyo", "BDock"))
    '/sites/noyo/BDock'

    Raises:
        InvalidPathError: There is no such capture, or a `$` stands alone.
    """

    def replace(found: "re.Match[str]") -> str:
        which = found[1]
        if which == "$":
            return "$"
        if which is None:
            raise invalid(template, "has a '$' without a number", hint="write '$$' for a dollar")
        if int(which) >= len(captures):
            hint = f"the pattern has {len(captures)} wildcards; the first is $0"
            raise invalid(template, f"asks for ${which}, which no wildcard gives", hint=hint)
        return captures[int(which)]

    return _PLACEHOLDER.sub(replace, template)


@dataclass(frozen=True, slots=True)
class _Same:
    """One name that is exactly this; it captures nothing."""

    text: str

    @property
    def wildcards(self) -> int:
        return 0

    def __call__(self, name: str) -> Captures | None:
        return () if name == self.text else None


@dataclass(frozen=True, slots=True)
class _Like:
    """One name with wildcards; the expression matches the name written backwards."""

    backwards: "re.Pattern[str]"

    @property
    def wildcards(self) -> int:
        return self.backwards.groups

    def __call__(self, name: str) -> Captures | None:
        found = self.backwards.fullmatch(name[::-1])
        return found and tuple(text[::-1] for text in reversed(found.groups()))


@dataclass(frozen=True, slots=True)
class _AnyNames:
    """Any number of names, captured together: `**`."""

    @property
    def wildcards(self) -> int:
        return 1


_Component = _Same | _Like | _AnyNames


def _fit(components: Sequence[_Component], names: Sequence[str]) -> Captures | None:
    """Match all names with all components, each `**` taking as many as it can from the left.

    From the right, `ends[i]`: from which names on can the components from `i` on match all the
    rest? Then, from the left, the longest way. No way is tried twice.
    """
    ends: list[range | set[int]] = [{len(names)}]
    for component in reversed(components):
        after = ends[-1]
        if not after:
            return None
        if isinstance(component, _AnyNames):
            ends.append(range(max(after) + 1))
        else:
            ends.append({i - 1 for i in after if i and component(names[i - 1]) is not None})
    ends.reverse()
    if 0 not in ends[0]:
        return None
    captures: list[str] = []
    at = 0
    for component, after in zip(components, ends[1:], strict=True):
        if isinstance(component, _AnyNames):
            until = max(after)
            captures.append("/".join(names[at:until]))
            at = until
        else:
            captures.extend(component(names[at]) or ())
            at += 1
    return tuple(captures)


def _parse_component(written: str, *, within: str) -> _Component:
    if written == "**":
        return _AnyNames()
    if written == "..":
        raise invalid(within, "holds '..', which a pattern may not", hint="write the directory")
    tokens = list(_TOKEN.finditer(written))
    literals = [_literal(token) for token in tokens]
    if None not in literals:
        return _Same(checked_name("".join(filter(None, literals)), within=within))
    stretches: list[list[str]] = [[]]
    for token in tokens:
        if token[0] == "*":
            stretches.append([])
        else:
            stretches[-1].append(_expression(token, within=within))
    if [] in stretches[1:-1]:
        raise invalid(within, "has '**' beside other characters", hint="write '*', or '/**/'")
    return _Like(_backwards(stretches))


def _backwards(stretches: Sequence[Sequence[str]]) -> "re.Pattern[str]":
    """Return the expression for stretches of single characters with a `*` between each two.

    Read from the right, the nearest place of each stretch is the one that leaves most to the
    wildcards on its left, and there is never a reason to try another: hence the atomic groups,
    without which `*a*a*a*b` takes exponential time.
    """
    last, *others = ["".join(reversed(stretch)) for stretch in reversed(stretches)]
    expression = last + "".join(f"(?>(.*?){stretch})" for stretch in others[:-1])
    if others:
        expression += f"(.*){others[-1]}"
    return re.compile(expression, re.DOTALL)


def _literal(token: "re.Match[str]") -> str | None:
    """Return the one character that a token stands for; None for a wildcard."""
    if token["members"] is None:
        return None if token[0] in "*?[" else token[0]
    return token["members"] if len(token["members"]) == 1 and not token["negated"] else None


def _expression(token: "re.Match[str]", *, within: str) -> str:
    """Return the regular expression of a token that stands for one character."""
    literal = _literal(token)
    if literal is not None:
        return re.escape(literal)
    if token[0] == "?":
        return "(.)"
    if token["members"] is None:
        raise invalid(within, "has a '[' that is not closed", hint="write '[[]' for a '['")
    return f"([{'^' if token['negated'] else ''}{_ranges(token['members'], within=within)}])"


def _ranges(members: str, *, within: str) -> str:
    ranges: list[str] = []
    for found in _RANGE.finditer(members):
        low, high = found["low"] or found["only"], found["high"] or found["only"]
        if low > high:
            raise invalid(within, f"has the range {low}-{high}, which runs backwards")
        ranges.append(f"{re.escape(low)}-{re.escape(high)}")
    return "".join(ranges)
