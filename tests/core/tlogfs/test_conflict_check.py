"""Rows of two transactions, held against one another without a pond."""

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

from pond_core import ConflictError, Window
from pond_core.oplog import Operation, OpKind
from pond_core.tlogfs.conflict import Grounds, check


def ranged(op: OpKind, windows: Sequence[Window], txn: int = 0) -> list[Operation]:
    return [
        Operation(
            op,
            0,
            txn=txn,
            node_id="a7",
            window_start_us=window.start_us,
            window_end_us=window.end_us,
        )
        for window in windows
    ]


WINDOWS = st.builds(
    lambda start, length: Window(start, None if length is None else start + length),
    st.integers(0, 30),
    st.none() | st.integers(1, 6),
)


@given(ours=st.lists(WINDOWS), theirs=st.lists(WINDOWS))
@pytest.mark.parametrize(
    ("op", "other"),
    [
        (OpKind.WINDOW, OpKind.WINDOW),
        (OpKind.WINDOW, OpKind.MARK),
        (OpKind.MARK, OpKind.WINDOW),
        (OpKind.MARK, OpKind.MARK),
    ],
)
def test_of_many_ranges_one_pair_is_enough_to_clash(
    op: OpKind, other: OpKind, ours: Sequence[Window], theirs: Sequence[Window]
) -> None:
    clash = Window.__eq__ if op is other is OpKind.MARK else Window.overlaps
    expected = any(clash(mine, their) for mine in ours for their in theirs)
    try:
        check(ranged(op, ours), ranged(other, theirs, 2), base=1, grounds=Grounds())
    except ConflictError:
        assert expected
    else:
        assert not expected


def test_nothing_clashes_with_nothing() -> None:
    row = Operation(OpKind.WRITE, 0, txn=2, node_id="a")
    check([], [row], base=1, grounds=Grounds())
    check([row], [], base=1, grounds=Grounds())


def test_a_node_that_was_never_looked_up_is_named_by_its_id() -> None:
    row = Operation(OpKind.WRITE, 0, txn=2, node_id="a7")
    with pytest.raises(ConflictError, match=r"txn 2 changed '\(node a7\)' too"):
        check([row], [row], base=1, grounds=Grounds())


def test_what_was_never_looked_up_may_lie_in_a_directory_that_others_removed() -> None:
    gone = Operation(
        OpKind.UNLINK, 0, txn=2, parent_id="0", name="d", node_id="dd", entry_type="directory"
    )
    own = Operation(OpKind.WRITE, 0, node_id="a7")
    with pytest.raises(ConflictError, match=r"txn 2 removed 'd', and with it '\(node a7\)'"):
        check([own], [gone], base=1, grounds=Grounds())
