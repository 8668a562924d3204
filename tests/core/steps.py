"""Random transactions: what a test does to a pond when it does not care what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import hypothesis.strategies as st
from typing_extensions import override

from pond_core import PathError, Pond, Transaction, Window
from tests.conformance.filesystem import readings
from tests.conformance.filesystem_machine import PATHS, ROWS, WINDOWS


@dataclass(frozen=True)
class Step:
    """One call, with what it is given; what it refuses changes nothing."""

    name: str
    act: Callable[[Transaction], object]

    @override
    def __repr__(self) -> str:
        return self.name


def _window(path: str, rows: dict[int, float | None], window: Window) -> Step:
    inside = {us: value for us, value in rows.items() if window.contains(us)}
    name = f"window {path} {inside} {window.start_us} {window.end_us}"
    return Step(name, lambda tx: tx.write_window(path, readings(inside), window))


STEPS = st.one_of(
    PATHS.map(lambda p: Step(f"mkdir {p}", lambda tx: tx.mkdir(p, parents=True))),
    st.builds(
        lambda p, data: Step(f"write {p} {data!r}", lambda tx: tx.write_data(p, data)),
        PATHS,
        st.sampled_from([b"", b"1", b"2"]),
    ),
    st.builds(_window, PATHS, ROWS, WINDOWS),
    st.builds(lambda a, b: Step(f"rename {a} {b}", lambda tx: tx.rename(a, b)), PATHS, PATHS),
    PATHS.map(lambda p: Step(f"remove {p}", lambda tx: tx.remove(p, recursive=True))),
    st.builds(
        lambda a, b: Step(f"copy {a} {b}", lambda tx: tx.copy(a, b, recursive=True)), PATHS, PATHS
    ),
    st.builds(lambda p, b: Step(f"link {p} {b}", lambda tx: tx.symlink(p, b)), PATHS, PATHS),
)

TRANSACTIONS = st.lists(st.lists(STEPS, min_size=1, max_size=6), min_size=2, max_size=4)
"""The steps of each of some transactions."""


def take(pond: Pond, transactions: Sequence[Sequence[Step]]) -> None:
    """Commit them; a step that is refused is left out."""
    for steps in transactions:
        with pond.transaction() as tx:
            for step in steps:
                try:
                    step.act(tx)
                except PathError:
                    continue
