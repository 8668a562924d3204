"""Steps of a plan as Dagster assets: one op per step."""

from pond_pipeline.assets.factory import IO_MANAGER, POND, build_assets
from pond_pipeline.assets.request import ALLOW_SHRINK_TAG, REFETCH_TAG, REPROCESS_TAG
from pond_pipeline.assets.version_tags import version_tags

__all__ = [
    "ALLOW_SHRINK_TAG",
    "IO_MANAGER",
    "POND",
    "REFETCH_TAG",
    "REPROCESS_TAG",
    "build_assets",
    "version_tags",
]
