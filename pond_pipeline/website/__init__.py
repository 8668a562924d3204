"""The static website: pages, charts' data, and downloads in a folder. No Dagster."""

from pond_pipeline.website.build import Built, build
from pond_pipeline.website.own_file import own_versions
from pond_pipeline.website.server import WebsiteServer

__all__ = ["Built", "WebsiteServer", "build", "own_versions"]
