"""DuckPond's core: a transactional filesystem for time series, kept in one operation log."""

from pond_core.errors import PondError

__all__ = ["PondError"]
