"""tinyfs kept in the log: the only room that knows both."""

from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.content import INLINE_BYTES
from pond_core.tlogfs.objects import ObjectStore
from pond_core.tlogfs.verify import Report, verify

__all__ = ["INLINE_BYTES", "ObjectStore", "OpLogBackend", "Report", "verify"]
