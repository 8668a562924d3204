"""Series made by SQL out of one file or one table. Knows no orchestrator, no pond and no YAML."""

from pond_pipeline.derive.query import check_query
from pond_pipeline.derive.series import derive

__all__ = ["check_query", "derive"]
