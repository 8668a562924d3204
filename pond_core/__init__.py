"""DuckPond's core: a transactional filesystem for time series, kept in one operation log.

Everything public is here; what is not here is private.
"""

import typing as _typing

from pond_core.backup import (
    Backups,
    CleanedUp,
    Contact,
    Contacts,
    Expired,
    Inspection,
    Keep,
    Moment,
    Point,
    Pulled,
    Pushed,
    Restored,
    Segment,
)
from pond_core.errors import (
    ClosedError,
    ConflictError,
    CorruptionError,
    DataError,
    ExistsError,
    FactoryError,
    Finding,
    FormatTooNewError,
    FormatTooOldError,
    InvalidPathError,
    LockError,
    NotAPondError,
    NotFoundError,
    PathError,
    PondDivergedError,
    PondError,
    QueryError,
    ReplicaError,
    SchemaError,
    SnapshotForgottenError,
    StorageError,
    StoreError,
    SymlinkLoopError,
    WrongTypeError,
)
from pond_core.factories import register_built_in as _register_built_in
from pond_core.host_file import (
    LARGEST_BYTES,
    SETTLE,
    SKEW,
    Stamp,
    is_unfinished,
    read_stamped,
)
from pond_core.mirror import Mirror, MirrorConflict, Mirrored
from pond_core.near_miss import did_you_mean, near_miss_hint, near_misses
from pond_core.oplog import Header, OpKind, Provenance, Repaired
from pond_core.overview import Lag, Overview, Sizes
from pond_core.pond import Pond
from pond_core.publication import Publication, PublishedTable, publish
from pond_core.query import Engine
from pond_core.recovery import PutBack, open_backup, put_back, restore_part
from pond_core.rendition import ParquetFile, RowStream, host_name, stream_rows
from pond_core.series import (
    STANDARD,
    TIME_ONLY,
    WIDE_KEY,
    Aggregate,
    JoinInput,
    Resolution,
    concat,
    content_hash,
    cover_all,
    downsample,
    join,
    select_meaning,
    slice_window,
)
from pond_core.snapshot import Snapshot
from pond_core.storage import Access, Tally, prove
from pond_core.tinyfs import (
    FS,
    WD,
    Backend,
    Entry,
    EntryType,
    FactoryCall,
    MemoryBackend,
    Node,
    NodeId,
    NodePath,
    Pattern,
    Piece,
    ReadFS,
    Recipe,
    register_factory,
    render,
)
from pond_core.tlogfs import (
    AsOf,
    Change,
    ChangeKind,
    Difference,
    LogFilter,
    LoggedOperation,
    LoggedTransaction,
    Report,
    WindowChange,
)
from pond_core.track import Track, untracked
from pond_core.transaction import Transaction
from pond_core.window import ALWAYS, Window, from_us, to_us

if _typing.TYPE_CHECKING:
    from pond_core.mount import PondFileSystem

_register_built_in()

__all__ = [
    "ALWAYS",
    "FS",
    "LARGEST_BYTES",
    "SETTLE",
    "SKEW",
    "STANDARD",
    "TIME_ONLY",
    "WD",
    "WIDE_KEY",
    "Access",
    "Aggregate",
    "AsOf",
    "Backend",
    "Backups",
    "Change",
    "ChangeKind",
    "CleanedUp",
    "ClosedError",
    "ConflictError",
    "Contact",
    "Contacts",
    "CorruptionError",
    "DataError",
    "Difference",
    "Engine",
    "Entry",
    "EntryType",
    "ExistsError",
    "Expired",
    "FactoryCall",
    "FactoryError",
    "Finding",
    "FormatTooNewError",
    "FormatTooOldError",
    "Header",
    "Inspection",
    "InvalidPathError",
    "JoinInput",
    "Keep",
    "Lag",
    "LockError",
    "LogFilter",
    "LoggedOperation",
    "LoggedTransaction",
    "MemoryBackend",
    "Mirror",
    "MirrorConflict",
    "Mirrored",
    "Moment",
    "Node",
    "NodeId",
    "NodePath",
    "NotAPondError",
    "NotFoundError",
    "OpKind",
    "Overview",
    "ParquetFile",
    "PathError",
    "Pattern",
    "Piece",
    "Point",
    "Pond",
    "PondDivergedError",
    "PondError",
    "PondFileSystem",
    "Provenance",
    "Publication",
    "PublishedTable",
    "Pulled",
    "Pushed",
    "PutBack",
    "QueryError",
    "ReadFS",
    "Recipe",
    "Repaired",
    "ReplicaError",
    "Report",
    "Resolution",
    "Restored",
    "RowStream",
    "SchemaError",
    "Segment",
    "Sizes",
    "Snapshot",
    "SnapshotForgottenError",
    "Stamp",
    "StorageError",
    "StoreError",
    "SymlinkLoopError",
    "Tally",
    "Track",
    "Transaction",
    "Window",
    "WindowChange",
    "WrongTypeError",
    "concat",
    "content_hash",
    "cover_all",
    "did_you_mean",
    "downsample",
    "from_us",
    "host_name",
    "is_unfinished",
    "join",
    "near_miss_hint",
    "near_misses",
    "open_backup",
    "prove",
    "publish",
    "put_back",
    "read_stamped",
    "register_factory",
    "render",
    "restore_part",
    "select_meaning",
    "slice_window",
    "stream_rows",
    "to_us",
    "untracked",
]


def __getattr__(name: str) -> object:
    """Load `PondFileSystem` when somebody asks for it: the command does without fsspec."""
    if name == "PondFileSystem":
        from pond_core.mount import PondFileSystem  # noqa: PLC0415 -- lazily, see above

        return PondFileSystem
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
