"""Names that were perhaps meant: what a hint says where there is none of a name."""

import difflib
from collections.abc import Iterable, Sequence
from heapq import nlargest
from operator import eq

_MOST = 1_000
"""Names that are compared letter by letter: comparing more takes noticeable time."""


_BEGUN = 3
"""Letters that say enough to be the beginning of a name."""


def near_misses(name: str, known: Sequence[str], *, most: int = 3) -> list[str]:
    """Return the known names that are closest to a mistaken one, the closest first.

    What goes on from it comes first. Upper and lower case are the same. Of very many names, only
    those are compared that have most letters in their places, counted from either end.

    Args:
        name: What there is none of.
        known: What there is, in any order.
        most: How many are returned at most.
    """
    spelled: dict[str, str] = {}
    for each in known if len(known) <= _MOST else _likely(name, known):
        spelled.setdefault(each.casefold(), each)
    begun = [each for each in spelled if len(name) >= _BEGUN and each.startswith(name.casefold())]
    close = difflib.get_close_matches(name.casefold(), spelled, n=most)
    first = [each for each in close if each in begun]
    found = dict.fromkeys([*first, *sorted(begun, key=len), *close])
    return [spelled[each] for each in found][:most]


def did_you_mean(shown: Sequence[str]) -> str:
    """Return the hint that names what was perhaps meant; empty if that is nothing.

    >>> did_you_mean(["/raw", "/rain"])
    'did you mean /raw or /rain?'
    """
    return f"did you mean {' or '.join(shown)}?" if shown else ""


def near_miss_hint(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return the hint that names the known name closest to a mistaken one, in quotes.

    Args:
        name: What there is none of.
        known: What there is, in any order.
        otherwise: The hint when nothing is close.

    >>> near_miss_hint("bya", ["bay", "pier"])
    "did you mean 'bay'?"
    """
    close = near_misses(name, sorted(known), most=1)
    return did_you_mean([repr(str(each)) for each in close]) or otherwise


def _likely(name: str, known: Sequence[str]) -> list[str]:
    """Return of very many names those that have most letters where a mistaken one has them."""
    name = name.casefold()
    backwards = name[::-1]
    fitting = [each for each in known if abs(len(each) - len(name)) <= len(name) // 2]

    def alike(other: str) -> int:
        other = other.casefold()
        letters: int = sum(map(eq, other, name)) + sum(map(eq, other[::-1], backwards))
        return letters

    return nlargest(_MOST // 4, fitting, key=alike)
