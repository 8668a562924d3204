import hashlib
import statistics

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.simulator.noise import Noise

WORD = 2**64
INDEXES = st.lists(st.integers(0, 2**40), min_size=1, max_size=20)
STREAMS = st.builds(Noise, st.integers(0, 99), st.text(max_size=5))


def _uniform(noise: Noise, index: int) -> float:
    """The same in plain Python, after the paper."""
    digest = hashlib.sha256(f"{noise.seed}/{noise.name}".encode()).digest()
    z = (index * 0x9E3779B97F4A7C15 + int.from_bytes(digest[:8])) % WORD
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % WORD
    z ^= z >> 31
    return (z >> 11) / 2.0**53


def _evaluate(expression: pl.Expr, indexes: list[int]) -> list[float]:
    frame = pl.DataFrame({"n": indexes}, schema={"n": pl.Int64})
    return frame.select(expression).to_series().to_list()


@given(noise=STREAMS, indexes=INDEXES)
def test_uniform_noise_is_splitmix64(noise: Noise, indexes: list[int]) -> None:
    found = _evaluate(noise.uniform(pl.col("n")), indexes)
    assert found == [_uniform(noise, index) for index in indexes]


@given(noise=STREAMS, indexes=INDEXES)
def test_smooth_noise_stays_within_one(noise: Noise, indexes: list[int]) -> None:
    found = _evaluate(noise.smooth(pl.col("n"), period_s=86_400), indexes)
    assert all(-1 <= value <= 1 for value in found)


def test_white_noise_has_mean_zero_and_deviation_one() -> None:
    found = _evaluate(Noise(1, "x").white(pl.col("n")), list(range(20_000)))
    assert statistics.mean(found) == pytest.approx(0, abs=0.03)
    assert statistics.stdev(found) == pytest.approx(1, abs=0.03)
