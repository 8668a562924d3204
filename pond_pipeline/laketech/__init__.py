"""LakeTech exports: files in, Arrow tables out. Knows no orchestrator, and reads no pond."""

from pond_pipeline.laketech.clock import parse_zone
from pond_pipeline.laketech.export import Export, combine_exports, location_matches
from pond_pipeline.laketech.reader import read_export

__all__ = ["Export", "combine_exports", "location_matches", "parse_zone", "read_export"]
