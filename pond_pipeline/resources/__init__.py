"""Resources as the pond records them: how they are written, renamed, compared, pruned."""

from pond_pipeline.resources.listing import ListedResource, State, list_resources
from pond_pipeline.resources.outlook import (
    AppliedResource,
    Change,
    KeyChange,
    Outlook,
    foresee,
)
from pond_pipeline.resources.pruning import prune
from pond_pipeline.resources.recorded import (
    BY_NAME,
    RESOURCES,
    RecordedResource,
    recorded_resources,
)
from pond_pipeline.resources.renaming import Renaming, rename, renamings
from pond_pipeline.resources.written import document_json, document_yaml

__all__ = [
    "BY_NAME",
    "RESOURCES",
    "AppliedResource",
    "Change",
    "KeyChange",
    "ListedResource",
    "Outlook",
    "RecordedResource",
    "Renaming",
    "State",
    "document_json",
    "document_yaml",
    "foresee",
    "list_resources",
    "prune",
    "recorded_resources",
    "rename",
    "renamings",
]
