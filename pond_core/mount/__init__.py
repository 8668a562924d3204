"""A pond for everything that reads and writes through fsspec: `pond://` paths."""

from pond_core.mount.filesystem import PondFileSystem

__all__ = ["PondFileSystem"]
