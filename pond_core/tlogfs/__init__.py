"""tinyfs kept in the log: the only room that knows both."""

from pond_core.tlogfs.backend import OpLogBackend
from pond_core.tlogfs.change import Change, ChangeKind, Difference, WindowChange
from pond_core.tlogfs.condensing import Condenser
from pond_core.tlogfs.content import INLINE_BYTES
from pond_core.tlogfs.history import AsOf, History, LogFilter
from pond_core.tlogfs.logged import LoggedOperation, LoggedTransaction
from pond_core.tlogfs.objects import ObjectStore
from pond_core.tlogfs.readset import ReadSet
from pond_core.tlogfs.sameness import hold_same
from pond_core.tlogfs.upkeep import Upkeep, left_by_crashes, maintain
from pond_core.tlogfs.verify import Report, verify

__all__ = [
    "INLINE_BYTES",
    "AsOf",
    "Change",
    "ChangeKind",
    "Condenser",
    "Difference",
    "History",
    "LogFilter",
    "LoggedOperation",
    "LoggedTransaction",
    "ObjectStore",
    "OpLogBackend",
    "ReadSet",
    "Report",
    "Upkeep",
    "WindowChange",
    "hold_same",
    "left_by_crashes",
    "maintain",
    "verify",
]
