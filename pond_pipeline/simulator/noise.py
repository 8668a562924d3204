"""Randomness that is a pure function: of a seed, a name and an integer.

The same instant has the same noise whatever else is asked for, on every machine and in every
version of the libraries: it is made of integer arithmetic.
"""

import hashlib
import math
from dataclasses import dataclass

import polars as pl

_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB
"""SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014)."""

_MANTISSA_BITS = 53


@dataclass(frozen=True, slots=True)
class Noise:
    """One stream of noise, told from all others by its seed and name."""

    seed: int
    name: str

    def uniform(self, index: pl.Expr) -> pl.Expr:
        """Return a number in [0, 1) for each non-negative integer."""
        digest = hashlib.sha256(f"{self.seed}/{self.name}".encode()).digest()
        z = index.cast(pl.UInt64) * _word(_GOLDEN) + _word(int.from_bytes(digest[:8]))
        # polars has no shifts; dividing an unsigned integer is one.
        z = (z ^ (z // _word(2**30))) * _word(_MIX_1)
        z = (z ^ (z // _word(2**27))) * _word(_MIX_2)
        z ^= z // _word(2**31)
        mantissa = z // _word(2 ** (64 - _MANTISSA_BITS))
        return mantissa.cast(pl.Float64) * 2.0**-_MANTISSA_BITS

    def white(self, index: pl.Expr) -> pl.Expr:
        """Return noise of mean 0 and standard deviation 1, bounded by +-sqrt(6)."""
        pair = self.uniform(index * 2) + self.uniform(index * 2 + 1)
        return (pair - 1) * math.sqrt(6)

    def smooth(self, instant_s: pl.Expr, *, period_s: int) -> pl.Expr:
        """Return a curve within [-1, 1] that wanders from one value to another in each period."""
        cell = instant_s // period_s
        at = (instant_s - cell * period_s) / period_s
        weight = at * at * (3 - 2 * at)
        before, after = self.uniform(cell), self.uniform(cell + 1)
        return (before + (after - before) * weight) * 2 - 1


def _word(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
