"""Which transactions can be shown, and which superseded rows that takes."""

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given

from pond_core import CorruptionError, Pond
from pond_core.oplog import OpKind, Shown

TXNS = st.integers(0, 30)
SHOWN = st.builds(
    lambda horizon, kept: Shown(horizon, tuple(sorted(txn for txn in kept if txn < horizon))),
    TXNS,
    st.sets(TXNS),
)


@given(SHOWN, st.lists(st.tuples(st.integers(1, 30), st.integers(1, 10)), max_size=30))
def test_a_row_is_needed_while_it_counts_in_what_can_be_shown(
    shown: Shown, spans: list[tuple[int, int]]
) -> None:
    rows = pa.table(
        {
            "txn": pa.array([txn for txn, _ in spans], pa.int64()),
            "op": pa.array([OpKind.WINDOW.value] * len(spans), pa.string()),
            "until": pa.array([txn + length for txn, length in spans], pa.int64()),
        }
    )
    counted = [any(n in shown for n in range(txn, txn + length)) for txn, length in spans]
    assert shown.needs(rows).to_pylist() == counted


@given(SHOWN)
def test_it_is_read_back_as_it_was_written(shown: Shown) -> None:
    expected = shown if shown.horizon else Shown()
    assert Shown.of(shown.properties) == expected


@given(SHOWN, TXNS, st.sets(TXNS))
def test_forgetting_shows_nothing_that_could_not_be_shown(
    shown: Shown, before: int, keep: set[int]
) -> None:
    after = shown.without(before, keep=keep)
    for txn in range(40):
        assert (txn in after) == (txn in shown and (txn >= before or txn in keep))


@pytest.mark.parametrize("kept", ["2,1", "1,1", "5", "one", "1;2"])
def test_a_list_that_cannot_be_is_refused(kept: str) -> None:
    with pytest.raises(ValueError, match=r"pond\.kept|invalid literal"):
        Shown.of({"pond.horizon": "5", "pond.kept": kept})


def test_a_pond_whose_list_is_damaged_says_what_helps(pond: Pond) -> None:
    for data in (b"1", b"2", b"3"):
        pond.transact(lambda tx, data=data: tx.write_data("/f", data))  # type: ignore[misc]  # mypy cannot infer a lambda's default
    pond.maintain(forget_before=3, keep=[1])
    DeltaTable(str(pond.path / "oplog")).alter.set_table_properties(
        {"pond.kept": "7"}, raise_if_not_exists=False
    )
    with pytest.raises(CorruptionError, match="which txns can be shown") as info:
        Pond.open(pond.path)
    assert "pond repair" in info.value.hint
