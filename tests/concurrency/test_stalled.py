"""A writer that stops in the middle of its commit holds others up, and loses nothing."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pond_core import Pond
from tests.concurrency.conftest import Gather
from tests.concurrency.crew import PATIENCE_S, Member, Stage

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing can be stopped")

STOPS = {
    "before its files have names": ("replace", "oplog/tier=", False),
    "before its commit has one": ("link", "_delta_log", False),
    "before its commit is synced": ("open", "_delta_log", True),
}
"""What it asks the operating system for when it stops, about which place, and whether its commit
has landed by then."""


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A directory: of a bucket there is no lock that could be held."""
    return str(tmp_path / "pond")


def stall(stage: Stage, call: str, about: str) -> int:
    """Commit, and stop at the first such call of the operating system about that place."""
    pond = Pond.open(stage.place)
    stage.begin.wait(PATIENCE_S)
    stop_at(call, about)
    with pond.transaction() as tx:
        tx.write_data("/stalled", b"late")
    assert tx.header is not None
    return tx.header.txn


def stop_at(name: str, about: str) -> None:
    original = getattr(os, name)

    def stopping(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # as the original
        if not stopped and about in str(args[-1] if name != "open" else args[0]):
            stopped.append(name)
            os.kill(os.getpid(), signal.SIGSTOP)
        return original(*args, **kwargs)

    setattr(os, name, stopping)


stopped: list[str] = []


def write_beside(stage: Stage, name: str) -> list[int]:
    """Commit a few times; the first one has to wait."""
    pond = stage.open()
    txns = []
    for number in range(5):
        with pond.transaction() as tx:
            tx.write_data(f"/{name}-{number}", b"x")
        assert tx.header is not None
        txns.append(tx.header.txn)
    return txns


@pytest.mark.parametrize(("call", "about", "has_landed"), STOPS.values(), ids=STOPS)
def test_a_writer_that_stalls_in_its_commit_loses_nothing_and_nobody_else_does(
    pond: Pond, gather: Gather, call: str, about: str, *, has_landed: bool
) -> None:
    pond.transact(lambda tx: tx.write_data("/f", b""))
    first, others = gather(1), gather(2)
    stalled = first.start(stall, call, about)
    wait_until_stopped(stalled)
    waiting = [others.start(write_beside, name) for name in "ab"]
    landed = {"/stalled"} if has_landed else set()
    # Readers wait for nobody.
    assert {node.path for node in Pond.open(pond.label).snapshot().ls("/")} == {"/f"} | landed
    assert not any(member.line.poll(0) for member in (stalled, *waiting))
    os.kill(pid_of(stalled), signal.SIGCONT)
    txns = [stalled.receive(), *(txn for member in waiting for txn in member.receive())]
    assert txns[0] == 2, "it holds the lock, so nobody overtook it"
    assert sorted(txns) == list(range(2, 13))
    names = {node.name for node in pond.snapshot().ls("/")}
    assert names == {"f", "stalled"} | {f"{name}-{n}" for name in "ab" for n in range(5)}
    assert pond.verify().ok


def test_a_writer_that_is_killed_in_its_commit_lets_others_go_on(
    pond: Pond, gather: Gather
) -> None:
    pond.transact(lambda tx: tx.write_data("/f", b""))
    first, others = gather(1), gather(1)
    stalled = first.start(stall, "replace", "oplog/tier=")
    wait_until_stopped(stalled)
    waiting = others.start(write_beside, "a")
    os.kill(pid_of(stalled), signal.SIGKILL)
    assert waiting.receive() == list(range(2, 7))
    assert not pond.snapshot().exists("/stalled")
    assert pond.verify().ok


def pid_of(member: Member) -> int:
    assert member.process.pid is not None
    return member.process.pid


def wait_until_stopped(member: Member) -> None:
    """Wait for the kernel to say so; a process that ends instead has failed."""
    _, status = os.waitpid(pid_of(member), os.WUNTRACED)
    assert os.WIFSTOPPED(status), member.receive()
