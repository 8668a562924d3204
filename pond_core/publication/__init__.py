"""Publication: series and tables as plain Delta tables, which other engines read without us."""

from pond_core.publication.publish import Publication, PublishedTable, publish

__all__ = ["Publication", "PublishedTable", "publish"]
