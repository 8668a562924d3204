"""Values from one unit to another.

What the factor between two units is, pint knows. It is asked in exact fractions, once per pair of
units, and only when something has to be converted: importing it takes longer than most commands.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import lcm
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pond_pipeline.errors import ConfigError
from pond_pipeline.units.unit import UNITS, find_unit, known_unit

if TYPE_CHECKING:
    import pint


def convert(
    values: pa.ChunkedArray, source: str, target: str, *, parameter: str
) -> pa.ChunkedArray:
    """Return the values of one parameter in another unit.

    Null stays null and NaN stays NaN. Where both names mean one unit, or two of equal size, the
    values are returned as they are, bit for bit.

    Args:
        values: float64, in `source`; an array does as well as a column.
        source: The unit as the instrument writes it; empty where it does not say.
        target: The unit that is wanted.
        parameter: What was measured, for errors.

    Raises:
        ConfigError: A unit is unknown, or the two measure different things.
    """
    wanted = known_unit(target)
    given = find_unit(source)
    if given is None:
        comes = f"in {source!r}, which is no unit that is known," if source else "without a unit"
        raise ConfigError(
            f"{parameter} comes {comes} and is wanted in {target!r}",
            hint=f"leave {parameter} out of `units`: its column then stays as it is",
        )
    if given.quantity != wanted.quantity:
        others = ", ".join(unit.symbol for unit in UNITS if unit.quantity == given.quantity)
        raise ConfigError(
            f"{parameter} comes in {source!r} ({given.quantity}), which cannot be converted to"
            f" {target!r} ({wanted.quantity})",
            hint=f"ask for {parameter} in {others}; or leave it out of `units`",
        )
    if given.pint == wanted.pint:
        return values
    formula = _formula(given.pint, wanted.pint)
    if formula.multiplier != 1:
        values = pc.multiply(values, float(formula.multiplier))
    if formula.summand != 0:
        values = pc.add(values, float(formula.summand))
    if formula.divisor != 1:
        values = pc.divide(values, float(formula.divisor))
    return values


@dataclass(frozen=True, slots=True)
class _Formula:
    """`(value * multiplier + summand) / divisor`, in whole numbers.

    Whole numbers of moderate size are exact as floats, 1.8 and 0.3048 are not: so 37 C become
    98.6 F, and not 98.60000000000001.
    """

    multiplier: int
    summand: int
    divisor: int


@cache
def _formula(source: str, target: str) -> _Formula:
    """Return the formula between two units, in pint's words."""
    at_zero, at_one = (_exact(Fraction(value), source, target) for value in (0, 1))
    slope = at_one - at_zero
    divisor = lcm(slope.denominator, at_zero.denominator)
    return _Formula(int(slope * divisor), int(at_zero * divisor), divisor)


def _exact(value: Fraction, source: str, target: str) -> Fraction:
    return Fraction(_registry().Quantity(value, source).to(target).magnitude)


@cache
def _registry() -> "pint.UnitRegistry[Fraction]":
    import pint  # noqa: PLC0415 -- lazily, see above

    return pint.UnitRegistry(non_int_type=Fraction)
