"""The columns of the operation log. One row is one operation: what one transaction did to one node.

`docs/format.md` says what each row means and in which order files are written; this module is
the one place that says how a row is laid out.
"""

import pyarrow as pa

FORMAT = 2
"""The format that this version writes; `pond.format` of the table."""

OLDEST_FORMAT = 2
"""The oldest one that it reads. Format 1, of DuckPond 0.1, kept a schema with each window and did
not tell what its log files are about; what it held can be collected anew."""

APP_ID = "pond"
"""Delta's application id: its `txn` action carries the number of the newest transaction."""

HOT = "hot"
"""The tier that readers of the present open."""

COLD = "cold"
"""The tier of superseded rows: only a reader of an earlier transaction opens it."""

HEADERS = 16
"""The part of header rows; parts 0 to 15 are the home buckets of nodes."""

CONDENSED_SEQ = 2**30
"""Rows that condense windows have places from here on: after all operations of their txn."""

CONDENSED_SEQS = 2**24
"""How many of these places each part has; so two parts never give one place away."""

INSTANT = pa.timestamp("us", tz="UTC")

PARTITION_COLUMNS = ("tier", "part")
"""Kept in the directory names, `tier=hot/part=3/`, not in the files."""

STATISTICS_COLUMNS = ("txn", "parent_id", "name", "node_id")
"""The columns whose minimum and maximum a log file keeps per row group: a lookup opens only those
row groups that can hold what it looks for."""

DELTA_STATISTICS = ("txn", "until", "parent_id", "node_id")
"""The columns whose minimum and maximum Delta keeps per file: a lookup opens only those files that
can hold what it looks for, and a commit beside many others reads only what concerns it."""

STORED = pa.schema(
    [
        # The transaction's number: 1, 2, 3 ... without holes.
        pa.field("txn", pa.int64(), nullable=False),
        # The row's place in its transaction; 0 is the header.
        pa.field("seq", pa.int32(), nullable=False),
        # When the transaction committed; strictly increasing from txn to txn.
        pa.field("ts", INSTANT, nullable=False),
        # One of OpKind.
        pa.field("op", pa.string(), nullable=False),
        # The directory of an entry (link, unlink).
        pa.field("parent_id", pa.string()),
        # The name of an entry in it: NFC, any character but `/` and NUL.
        pa.field("name", pa.string()),
        # The node: what an entry leads to, or what was written or marked.
        pa.field("node_id", pa.string()),
        # One of EntryType (link, unlink).
        pa.field("entry_type", pa.string()),
        # Which write of the node's content this is: 1, 2, 3 ... (write, window).
        pa.field("version", pa.int64()),
        # The half-open range that the row is about (window, mark); null is open on that side.
        pa.field("window_start", INSTANT),
        pa.field("window_end", INSTANT),
        # The earliest and latest `timestamp` of the content; null without rows.
        pa.field("min_time", INSTANT),
        pa.field("max_time", INSTANT),
        # Rows of the content; null for bytes.
        pa.field("rows", pa.int64()),
        # Stored bytes of the content, inline or object.
        pa.field("size", pa.int64()),
        # SHA-256 of the stored bytes, hexadecimal; null for an empty window.
        # For a header: the hash that the next header names as `previous`.
        pa.field("sha256", pa.string()),
        # The content's Arrow schema: the SHA-256 of its IPC message, which is an object. A series
        # of a thousand windows has few schemas, and a wide one outweighs a short window's values.
        pa.field("arrow_schema", pa.string()),
        # The factory of a dynamic node (link, write): what computes its content when it is read.
        pa.field("factory", pa.string()),
        # A JSON object: a header's facts, a node's attributes, a mark's facts, a recipe's
        # configuration.
        pa.field("attributes", pa.string()),
        # The content if it is small: a compressed Arrow IPC record batch, or bytes. Null when it is
        # an object.
        pa.field("content", pa.binary()),
        # The txn since which the row counts no more; null while it counts, or nobody looked.
        pa.field("until", pa.int64()),
    ]
)
"""The columns in a log Parquet file, in order."""

TABLE = pa.schema(
    [
        # `hot`, or `cold` for superseded rows, so that the present never reads them.
        pa.field("tier", pa.string(), nullable=False),
        # The home bucket, 0 to 15, or HEADERS.
        pa.field("part", pa.int32(), nullable=False),
        *STORED,
    ]
)
"""The columns of the Delta table."""

ROW_COLUMNS = tuple(name for name in STORED.names if name != "content")
"""What a fold reads: contents are fetched one by one, when somebody reads them."""
