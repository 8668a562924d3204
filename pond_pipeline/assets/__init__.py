"""Steps of a plan as Dagster assets: one op per step."""

from pond_pipeline.assets.factory import IO_MANAGER, POND, asset_outputs, build_assets
from pond_pipeline.assets.work import REFETCH_TAG

__all__ = ["IO_MANAGER", "POND", "REFETCH_TAG", "asset_outputs", "build_assets"]
