"""What applying a file would change: known before anything is written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pond_core import ReadFS
from pond_pipeline.config import Document
from pond_pipeline.plan import Plan
from pond_pipeline.resources.pruning import left_over
from pond_pipeline.resources.recorded import (
    RecordedResource,
    assets_of,
    recorded_resources,
)
from pond_pipeline.resources.renaming import Renaming, renamed_path, renamings
from pond_pipeline.resources.written import document_json


class Change(StrEnum):
    """What becomes of a resource."""

    CREATED = "created"
    UPDATED = "updated"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"
    GONE = "gone"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key of a resource that changes.

    Attributes:
        key: The way to it: `spec.devices[AT500].interval`.
        before: Its value as JSON; None where it was not there. Of a secret, only its variables.
        after: Likewise; None where it is not there any more.
    """

    key: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class AppliedResource:
    """One resource of a file, or of the pond.

    Attributes:
        kind: What it is.
        name: Its name.
        id: Its UUID; None before it is recorded.
        change: What becomes of it.
        renamed_from: Its name before; None unless it gets another one.
        keys: What of it changes.
    """

    kind: str
    name: str
    id: str | None
    change: Change
    renamed_from: str | None = None
    keys: tuple[KeyChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a file asks of a pond.

    Attributes:
        resources: Those of the file, in its order, then those that are gone from it.
        renamings: What gets another name.
        assets: By kind and name, the paths that each resource of the file declares.
        left: By kind and name, also of what is gone, the paths that it declared before.
        added: The paths that no applied resource declared before, in the plan's order.
        removed: The paths that the applied resources declared and the file does not, sorted.
        remaining: What of these and earlier ones is in the pond, sorted.
    """

    resources: tuple[AppliedResource, ...]
    renamings: tuple[Renaming, ...]
    assets: Mapping[tuple[str, str], tuple[str, ...]]
    left: Mapping[tuple[str, str], tuple[str, ...]]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    remaining: tuple[str, ...]


def foresee(fs: ReadFS, documents: Sequence[Document], plan: Plan) -> Outlook:
    """Return what applying documents would change; pure.

    Args:
        fs: The pond now.
        documents: The resources of the file, checked.
        plan: Them compiled.

    Raises:
        ConfigError: A resource cannot be renamed.
    """
    changes = renamings(fs, documents)
    known = _renamed(recorded_resources(fs), changes)
    wanted = [(document.kind.value, document.name) for document in documents]
    gone = {key: each for key, each in known.items() if key not in wanted}
    assets = {key: assets_of(plan, *key) for key in wanted}
    declared = {path for step in plan.steps for path in step.outputs}
    left = {key: _left(each, declared) for key, each in known.items()}
    before = {path for each in known.values() for path in each.assets}
    back = {new: old for each in changes for old, new in each.trees}
    there = [renamed_path(path, back.items()) for paths in left.values() for path in paths]
    return Outlook(
        resources=(
            *(_compared(document, known, changes) for document in documents),
            *(AppliedResource(*key, each.id, Change.GONE) for key, each in gone.items()),
        ),
        renamings=tuple(changes),
        assets=assets,
        left=left,
        added=tuple(path for s in plan.steps for path in s.outputs if path not in before),
        removed=tuple(sorted(before - declared)),
        remaining=left_over(fs, there, declared),
    )


def _renamed(
    recorded: Mapping[tuple[str, str], RecordedResource], changes: Sequence[Renaming]
) -> dict[tuple[str, str], RecordedResource]:
    """Return what is recorded as it is called after the renaming."""
    names = {(each.kind, each.old): each for each in changes}
    known = {}
    for key, each in recorded.items():
        change = names.get(key)
        if change is None:
            known[key] = each
            continue
        assets = tuple(renamed_path(path, change.trees) for path in each.assets)
        left = tuple(renamed_path(path, change.trees) for path in each.left)
        known[each.kind, change.new] = RecordedResource(
            each.kind, change.new, each.id, each.text, assets, left
        )
    return known


def _left(each: RecordedResource, declared: set[str]) -> tuple[str, ...]:
    paths = dict.fromkeys((*each.left, *each.assets))
    return tuple(path for path in paths if path not in declared)


def _compared(
    document: Document,
    known: Mapping[tuple[str, str], RecordedResource],
    changes: Sequence[Renaming],
) -> AppliedResource:
    kind, name = document.kind.value, document.name
    recorded = known.get((kind, name))
    if recorded is None:
        return AppliedResource(kind, name, None, Change.CREATED)
    text = document_json(document)
    old = next((each.old for each in changes if (each.kind, each.new) == (kind, name)), None)
    if old is None and text == recorded.text:
        return AppliedResource(kind, name, recorded.id, Change.UNCHANGED)
    change = Change.UPDATED if old is None else Change.RENAMED
    keys = tuple(_differences(json.loads(recorded.text), json.loads(text)))
    return AppliedResource(kind, name, recorded.id, change, old, keys)


def _differences(before: object, after: object) -> Iterator[KeyChange]:
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    for key in dict.fromkeys((*old, *new)):
        then, now = old.get(key), new.get(key)
        if then != now and not _is_told_by_keys_below(key, then, now, (*old, *new)):
            yield KeyChange(key, then, now)


def _is_told_by_keys_below(key: str, then: object, now: object, keys: Sequence[str]) -> bool:
    """Say whether something empty was filled, or emptied."""
    below = (f"{key}.", f"{key}[")
    is_empty = (then, now) in (({}, None), (None, {}), ([], None), (None, []))
    return is_empty and any(other.startswith(below) for other in keys)


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    """Yield the values of a resource that hold no others; list items go by their names."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{key}.{name}".removeprefix("."))
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{key}[{each.get('name', index)}]")
    else:
        yield key, value
