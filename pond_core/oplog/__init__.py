"""A table of operations as an idea: rows in, states out. It knows no path and no filesystem."""

from pond_core.oplog.durable import Durability, sha256_of, storage_errors
from pond_core.oplog.fold import EMPTY_NODE, NodeState, PartState, apply
from pond_core.oplog.log import OpLog
from pond_core.oplog.operation import Header, Operation, OpKind, Provenance, dump_facts, rows_hash
from pond_core.oplog.parquet import LogFile, read_all
from pond_core.oplog.schema import HEADERS
from pond_core.oplog.translate import parquet_errors

__all__ = [
    "EMPTY_NODE",
    "HEADERS",
    "Durability",
    "Header",
    "LogFile",
    "NodeState",
    "OpKind",
    "OpLog",
    "Operation",
    "PartState",
    "Provenance",
    "apply",
    "dump_facts",
    "parquet_errors",
    "read_all",
    "rows_hash",
    "sha256_of",
    "storage_errors",
]
