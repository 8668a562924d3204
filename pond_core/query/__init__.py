"""What one asks of a pond."""

from pond_core.query.sql import run_sql

__all__ = ["run_sql"]
