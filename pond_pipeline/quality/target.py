"""Which columns an entry of the configuration is about."""

from dataclasses import dataclass

import pyarrow as pa

from pond_core import SchemaError
from pond_pipeline.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One column by its name, or every column of a parameter.

    Attributes:
        column: The name, with its scope where it has one.
        parameter: What the columns' metadata call `parameter`; exactly one of the two is given.
        unit: Only columns of the parameter in this unit.

    Raises:
        ConfigError: Neither or both are given, or a unit without a parameter.
    """

    column: str | None = None
    parameter: str | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        if (self.column is None) == (self.parameter is None):
            msg = "an entry is about one column, or about one parameter"
            raise ConfigError(msg, hint="write either column: Depth.m or parameter: Depth")
        if self.column is not None and self.unit is not None:
            msg = f"column {self.column!r} has its own unit"
            raise ConfigError(msg, hint="leave out unit, or write parameter instead of column")

    def names(self, schema: pa.Schema) -> tuple[str, ...]:
        """Return the columns of a schema that are meant, in its order; they may be none.

        Raises:
            SchemaError: The named column is no float64, or the parameter is there in two units:
                one number cannot fit both.
        """
        if self.column is not None:
            return _named(self.column, schema)
        fields = [field for field in schema if self._is_meant(field)]
        units = {(field.metadata or {}).get(b"unit", b"").decode() for field in fields}
        if len(units) > 1:
            written = " and ".join(repr(unit) for unit in sorted(units))
            msg = f"parameter {self.parameter!r} is there in {written}"
            raise SchemaError(msg, hint="write one entry per unit, e.g. unit: m")
        return tuple(field.name for field in fields)

    def _is_meant(self, field: pa.Field) -> bool:
        metadata = field.metadata or {}
        parameter, unit = metadata.get(b"parameter", b""), metadata.get(b"unit", b"")
        return (
            field.type == pa.float64()
            and parameter.decode() == self.parameter
            and (self.unit is None or unit.decode() == self.unit)
        )


def _named(column: str, schema: pa.Schema) -> tuple[str, ...]:
    if column not in schema.names:
        return ()  # it may begin later
    dtype = schema.field(column).type
    if dtype != pa.float64():
        msg = f"column {column!r} is {dtype}, not double"
        raise SchemaError(msg, hint="tests and corrections are for columns of readings")
    return (column,)
