"""B11: several processes that write to one pond at once, against one process that does it all.

Each process overwrites a file of its own, as often as there are transactions, through
`Pond.transact`; it has imported everything and opened the pond before it is told to start. The
time is from the start signal until the last one has ended; the wait is the longest that any
transaction took. Afterwards every transaction of every writer must be in the log once, and every
file hold what was last written to it.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from benchmarks.inputs import Inputs
from benchmarks.measure import ROOT, Result, in_turns, medians, seconds_of, slower, within
from pond_core import Pond, Provenance, Transaction

_WORST_WAIT_S = 2


def measure(inputs: Inputs) -> list[Result]:
    """Return B11."""
    scale = inputs.scale
    total = scale.processes * scale.transactions
    waits: list[float] = []
    wrong = 0
    with inputs.scratch() as scratch:

        def run(processes: int, transactions: int) -> float:
            nonlocal wrong
            path = scratch / f"{processes}-{len(waits)}"
            seconds, longest = _race(path, processes, transactions)
            waits.append(longest)
            wrong += _wrong(path, processes, transactions)
            return seconds

        runs = {
            "many": lambda: run(scale.processes, scale.transactions),
            "one": lambda: run(1, total),
        }
        took = medians(in_turns(runs, rounds=scale.rounds))
    what = f"{scale.processes} processes, {scale.transactions} txns each, to one with {total:,}"
    return [
        slower("B11", what, took["many"], took["one"], limit=2),
        within("B11 wait", "the longest wait for a txn", max(waits), limit=_WORST_WAIT_S, unit="s"),
        Result("B11 lost", "txns lost or doubled", str(wrong), "-", wrong, "0", wrong == 0),
    ]


def _race(path: Path, processes: int, transactions: int) -> tuple[float, float]:
    """Let processes write to a new pond; return the time of all and the longest of one txn."""
    Pond.init(path)
    command = [sys.executable, "-m", "benchmarks.writers", str(path), str(transactions)]
    writers = [
        subprocess.Popen(  # noqa: S603 -- our own Python, our own code
            [*command, str(number)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(processes)
    ]
    for writer in writers:
        _line(writer)

    waits: list[float] = []

    def race() -> None:
        for writer in writers:
            print("go", file=writer.stdin, flush=True)
        waits.extend(float(_line(writer)) for writer in writers)

    seconds = seconds_of(race)
    for writer in writers:
        with writer:
            pass
    return seconds, max(waits)


def _line(writer: subprocess.Popen[str]) -> str:
    """Wait for a line from a writer."""
    line = writer.stdout.readline() if writer.stdout else ""
    if not line:
        msg = f"a writer ended early, with {writer.wait()}"
        raise RuntimeError(msg)
    return line


def _wrong(path: Path, processes: int, transactions: int) -> int:
    """Count the transactions that are not there once, and the files that hold something older."""
    snapshot = Pond.open(path).snapshot()
    wanted = {_message(n, each) for n in range(processes) for each in range(transactions)}
    found = Counter(header.provenance.message for header in Pond.open(path).log())
    contents = {n: snapshot.read_data(f"/{n}").decode() for n in range(processes)}
    lost = sum(found[message] != 1 for message in wanted)
    return lost + sum(held != _message(n, transactions - 1) for n, held in contents.items())


def _message(writer: int, transaction: int) -> str:
    return f"writer {writer}, {transaction}"


def _write(pond: Pond, writer: int, transaction: int) -> None:
    message = _message(writer, transaction)

    def change(tx: Transaction) -> None:
        tx.write_data(f"/{writer}", message.encode())

    pond.transact(change, Provenance(message=message))


def _main() -> None:
    path, transactions, writer = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    pond = Pond.open(path)
    pond.snapshot()
    print("ready", flush=True)
    sys.stdin.readline()
    waits = [seconds_of(lambda n=n: _write(pond, writer, n)) for n in range(transactions)]  # type: ignore[misc]
    print(max(waits), flush=True)


if __name__ == "__main__":
    _main()
