"""Where things are in a website: names as parts of addresses."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from pond_pipeline.template import slugify

_MOST = 80
"""Letters of an address's part: names are up to 255 bytes long, and endings come after it."""

_DIGITS = 8

_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
"""What no file can be called on Windows, whatever its ending ("Naming Files, Paths, and Namespaces"
of Microsoft)."""


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Return what stands for each name in an address: `BDock (north)` is `bdock-north`.

    What two names would share, what is left of a name without a letter that addresses can show, and
    what no file can be called on some system, is followed by a digest of the name. There are no
    capitals, so that files are apart on disks that take `A` and `a` for one.
    """
    slugs = {name: slugify(name)[:_MOST].strip("-") for name in names}
    apart = {name: f"{slug or 'x'}-{_digest(name)}" for name, slug in slugs.items()}
    shared = Counter(slugs.values())
    found = {
        name: slug if slug and shared[slug] == 1 and not _RESERVED.fullmatch(slug) else apart[name]
        for name, slug in slugs.items()
    }
    # A name may look like another one with its digest.
    return found if len(set(found.values())) == len(found) else apart


def nested_identifiers(paths: Iterable[str]) -> dict[str, str]:
    """Return what stands for each path in an address, part by part: `A/B dock` is `a/b-dock`."""
    within: dict[str, set[str]] = defaultdict(set)
    parts = {path: path.split("/") for path in paths}
    for names in parts.values():
        for depth, name in enumerate(names):
            within["/".join(names[:depth])].add(name)
    found = {folder: identifiers(names) for folder, names in within.items()}
    return {
        path: "/".join(found["/".join(names[:depth])][name] for depth, name in enumerate(names))
        for path, names in parts.items()
    }


def addresses(titles: Mapping[str, str]) -> dict[str, str]:
    """Return what stands for things in addresses, by their paths: their titles, where each has one.

    Args:
        titles: By path; no title begins with '/'.
    """
    shared = Counter(titles.values())
    names = {path: title if shared[title] == 1 else path for path, title in titles.items()}
    found = identifiers(names.values())
    return {path: found[name] for path, name in names.items()}


def is_local(address: str) -> bool:
    """Say whether an address names a file beside the page that has it."""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|/|#", address) is None


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
