"""What one asks of a pond."""

from pond_core.query.scan import scan
from pond_core.query.sql import Engine, run_sql

__all__ = ["Engine", "run_sql", "scan"]
