"""What a pond records of resources, and which paths are theirs.

`/sys/resources/<uuid>` is the resource as JSON. Its attributes are `assets`, the paths that it
declared when it was last applied, `left`, those that it declared before and does not any more, and
where there are any `templates`, by collection the texts of its template files.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pond_core import ReadFS
from pond_pipeline.config import Kind
from pond_pipeline.plan import Plan

RESOURCES = "/sys/resources"
"""The directory that holds resources by UUID."""

BY_NAME = f"{RESOURCES}/by-name"
"""The directory that holds a symlink to each, `<kind>.<name>`."""

_STAGES: Mapping[str, tuple[str, ...]] = {
    Kind.HYDROVU: ("raw", "normalized", "quarantine"),
    Kind.LAKETECH: ("raw", "normalized", "quarantine"),
    Kind.INBOX: ("raw",),
    Kind.SCRIBBLE: ("raw",),
    Kind.DERIVE: ("derived",),
    Kind.COMBINE: ("combined",),
    Kind.PIVOT: ("pivoted",),
    Kind.REDUCE: ("reduced",),
    Kind.TEMPLATE: ("rendered",),
    Kind.SITE: ("site",),
}
"""Where each kind keeps what it makes; the others write nothing into the pond."""


@dataclass(frozen=True, slots=True)
class RecordedResource:
    """One resource of a pond.

    Attributes:
        kind: What it is.
        name: Its name.
        id: Its UUID.
        text: The resource as JSON.
        assets: The paths that it declared when it was last applied.
        left: The paths that it declared before.
    """

    kind: str
    name: str
    id: str
    text: str
    assets: tuple[str, ...]
    left: tuple[str, ...]


def recorded_resources(fs: ReadFS) -> dict[tuple[str, str], RecordedResource]:
    """Return the resources of a pond by kind and name, in order of both."""
    if not fs.exists(BY_NAME):
        return {}
    found = (_recorded(fs, link.name) for link in fs.ls(BY_NAME))
    return {(each.kind, each.name): each for each in found}


def link_of(kind: str, name: str) -> str:
    """Return the path of the symlink to a resource."""
    return f"{BY_NAME}/{kind}.{name}"


def trees_of(kind: str, name: str) -> tuple[str, ...]:
    """Return the directories below which lies all that a resource makes; a path of its own too."""
    return tuple(f"/{stage}/{name}" for stage in _STAGES.get(kind, ()))


def assets_of(plan: Plan, kind: str, name: str) -> tuple[str, ...]:
    """Return the paths that a plan has for a resource, in the plan's order."""
    trees = trees_of(kind, name)
    return tuple(path for step in plan.steps for path in step.outputs if is_inside(path, trees))


def is_inside(path: str, trees: Collection[str]) -> bool:
    """Say whether a path is one of some directories, or lies below one."""
    return any(path == tree or path.startswith(f"{tree}/") for tree in trees)


def _recorded(fs: ReadFS, link: str) -> RecordedResource:
    kind, _, name = link.partition(".")
    path = f"{BY_NAME}/{link}"
    facts = fs.node(path).attributes
    return RecordedResource(
        kind,
        name,
        id=fs.readlink(path).removeprefix("../"),
        text=fs.read_data(path).decode(),
        assets=_paths(facts.get("assets")),
        left=_paths(facts.get("left")),
    )


def _paths(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
