"""A table of operations as an idea: rows in, states out. It knows no path and no filesystem."""

from pond_core.oplog.audit import Audit, audit
from pond_core.oplog.chain import (
    MADE_ANEW,
    Links,
    ancestors,
    check_rows,
    is_counted,
    transactions,
    with_contents,
)
from pond_core.oplog.ends import check_ends
from pond_core.oplog.fold import EMPTY_NODE, NodeState, apply
from pond_core.oplog.identity import REPLICA, Identity
from pond_core.oplog.log import OpLog
from pond_core.oplog.maintenance import Merged
from pond_core.oplog.operation import (
    Header,
    Operation,
    OpKind,
    Provenance,
    dump_facts,
    parse_all_facts,
    rows_hash,
)
from pond_core.oplog.parquet import (
    Action,
    LogFile,
    add_action,
    open_parquet,
    read_all,
    read_table,
    remove_action,
)
from pond_core.oplog.part import PartState
from pond_core.oplog.repair import Repaired, is_pond, repair
from pond_core.oplog.schema import CONDENSED_SEQ, CONDENSED_SEQS, HEADERS
from pond_core.oplog.shown import Shown
from pond_core.oplog.supersession import until as superseded
from pond_core.oplog.transcript import TRANSCRIPT, Proof, write_transcript
from pond_core.oplog.translate import parquet_errors

__all__ = [
    "CONDENSED_SEQ",
    "CONDENSED_SEQS",
    "EMPTY_NODE",
    "HEADERS",
    "MADE_ANEW",
    "REPLICA",
    "TRANSCRIPT",
    "Action",
    "Audit",
    "Header",
    "Identity",
    "Links",
    "LogFile",
    "Merged",
    "NodeState",
    "OpKind",
    "OpLog",
    "Operation",
    "PartState",
    "Proof",
    "Provenance",
    "Repaired",
    "Shown",
    "add_action",
    "ancestors",
    "apply",
    "audit",
    "check_ends",
    "check_rows",
    "dump_facts",
    "is_counted",
    "is_pond",
    "open_parquet",
    "parquet_errors",
    "parse_all_facts",
    "read_all",
    "read_table",
    "remove_action",
    "repair",
    "rows_hash",
    "superseded",
    "transactions",
    "with_contents",
    "write_transcript",
]
