"""The resources of a file and of a pond, and how each stands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pond_core import ReadFS
from pond_pipeline.config import Document
from pond_pipeline.plan import Plan
from pond_pipeline.resources.outlook import Change, foresee
from pond_pipeline.resources.recorded import recorded_resources
from pond_pipeline.resources.written import document_json


class State(StrEnum):
    """How a resource stands."""

    APPLIED = "applied"
    CHANGED = "changed"
    NOT_APPLIED = "not applied"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class ListedResource:
    """One resource.

    Attributes:
        kind: What it is.
        name: Its name.
        state: How it stands.
        id: Its UUID; None before it is applied.
        desc: What it says of itself.
        assets: The paths that it declares; of one that is gone, those that it declared.
        text: The resource as JSON: as the file has it, or else the pond; without secrets.
    """

    kind: str
    name: str
    state: State
    id: str | None
    desc: str
    assets: tuple[str, ...]
    text: str


_STATES = {
    Change.CREATED: State.NOT_APPLIED,
    Change.UPDATED: State.CHANGED,
    Change.RENAMED: State.CHANGED,
    Change.UNCHANGED: State.APPLIED,
    Change.GONE: State.GONE,
}


def list_resources(fs: ReadFS, documents: Sequence[Document], plan: Plan) -> list[ListedResource]:
    """Return the resources of a file, in its order, then those that are gone from it.

    Raises:
        ConfigError: A resource of the file cannot be renamed.
    """
    outlook = foresee(fs, documents, plan)
    recorded = recorded_resources(fs)
    texts = {(each.kind.value, each.name): document_json(each) for each in documents}
    listed = []
    for each in outlook.resources:
        key = (each.kind, each.name)
        assets = recorded[key].assets if each.change is Change.GONE else outlook.assets[key]
        text = recorded[key].text if each.change is Change.GONE else texts[key]
        desc = str(json.loads(text).get("desc", ""))
        state = _STATES[each.change]
        listed.append(ListedResource(*key, state, each.id, desc, assets, text))
    return listed
