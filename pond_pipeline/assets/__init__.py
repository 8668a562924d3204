"""Steps of a plan as Dagster assets: one op per step."""

from pond_pipeline.assets.factory import IO_MANAGER, POND, build_assets, monthly
from pond_pipeline.assets.work import REFETCH_TAG, open_client

__all__ = ["IO_MANAGER", "POND", "REFETCH_TAG", "build_assets", "monthly", "open_client"]
