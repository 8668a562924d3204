"""The numbers that exports print."""

from collections.abc import Callable, Sequence

import polars as pl

from pond_pipeline.errors import ExportError

MISSING = frozenset({"", "nan", "--", "infinity", "-infinity"})
"""Cells without a value, in lower case: the Java program that writes exports prints NaN and
Infinity for what an instrument could not compute; `--` is what its screens show."""


def read_numbers(texts: Sequence[str], *, place: Callable[[int], str]) -> pl.Series:
    """Return the numbers in a column of cells: float64, null where a cell has no value.

    Args:
        texts: The cells as printed; a decimal point and an exponent such as `1.82E7` are read,
            a decimal comma or thousands separators are not: they would be a guess.
        place: Says where the cell at an index stands, for the error.

    Raises:
        ExportError: A cell is neither a number nor one of `MISSING`.
    """
    cells = pl.Series(texts, dtype=pl.String).str.strip_chars()
    is_missing = cells.str.to_lowercase().is_in(list(MISSING))
    numbers = cells.cast(pl.Float64, strict=False)
    is_bad = ~is_missing & ~numbers.is_finite().fill_null(value=False)
    if is_bad.any():
        at = is_bad.arg_true()[0]
        raise ExportError(
            f"{place(at)}: {cells[at]!r} is no number",
            hint="empty cells, NaN and -- count as missing; the decimal mark is a point",
        )
    return numbers.set(is_missing, None)
