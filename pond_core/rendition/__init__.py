"""What files of the pond are to those who read bytes: names, Parquet, and when it is another."""

from pond_core.rendition.host_name import PARQUET, host_name
from pond_core.rendition.key import content_key
from pond_core.rendition.parquet import ParquetFile, write_parquet
from pond_core.rendition.rows import RowStream, stream_rows

__all__ = [
    "PARQUET",
    "ParquetFile",
    "RowStream",
    "content_key",
    "host_name",
    "stream_rows",
    "write_parquet",
]
