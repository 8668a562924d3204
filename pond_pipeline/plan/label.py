"""What people are told of an asset: whose it is, and what it is for."""

import re

from pond_pipeline.config import Document

_TEAM = "team:"

# What Dagster takes for an address (dagster 1.13, `_core/utils.py`); it loads nothing of another.
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z|]{2,7}")


def owners_of(document: Document) -> tuple[str, ...]:
    """Return who answers for a resource: `metadata.owner`, addresses or names apart by commas.

    What is no address counts as the name of a team, as Dagster has them: `team:lab`.
    """
    names = document.metadata.get("owner", "").split(",")
    owners = (_owner(name.strip().removeprefix(_TEAM).strip()) for name in names)
    return tuple(dict.fromkeys(owner for owner in owners if owner))


def _owner(name: str) -> str:
    if not name:
        return ""
    return name if _ADDRESS.fullmatch(name) else f"{_TEAM}{name}"


def described(what: str, document: Document, comment: str | None = None) -> str:
    """Return what an asset is, then what its resource and its device say of themselves."""
    return "\n\n".join(each for each in (what, document.desc, comment) if each)
