"""Which columns something in the pond has."""

import pyarrow as pa

from pond_core import EntryType, NodePath, concat


def columns_of(node: NodePath) -> pa.Schema:
    """Return the columns of a table or a series, with their metadata; none of anything else.

    A series need not fit into memory for it.

    Raises:
        FactoryError: A dynamic one cannot be computed.
    """
    match node.entry_type:
        case EntryType.TABLE:
            return node.read_table().schema
        case EntryType.SERIES if node.node.recipe is not None:
            return node.read_series().schema
        case EntryType.SERIES:
            pieces = [piece for piece in node.node.pieces if piece.rows]
            schemas = [node.read_series(piece.window).schema for piece in pieces]
            return concat(schema.empty_table() for schema in schemas).schema
        case _:
            return pa.schema([])
