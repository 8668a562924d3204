"""Steps of a plan as Dagster assets: one op per step."""

from pond_pipeline.assets.factory import IO_MANAGER, POND, asset_outputs, build_assets
from pond_pipeline.assets.work import ALLOW_SHRINK_TAG, REFETCH_TAG

__all__ = ["ALLOW_SHRINK_TAG", "IO_MANAGER", "POND", "REFETCH_TAG", "asset_outputs", "build_assets"]
