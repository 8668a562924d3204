"""B3, B4: many files made at once, and a large pond opened.

B3 makes files of a few bytes in one directory of an empty pond, in one transaction; from its
beginning to the end of the commit, which waits for the disk.

B4 starts a fresh Python for every run and times, after the imports, opening the pond, taking a
snapshot and reading one small file. The log's files are in the page cache. Memory is the most that
the process has had resident; interpreter, imported libraries and all.
"""

import json
import sys
from collections.abc import Callable

from benchmarks.inputs import Inputs, file_path
from benchmarks.measure import (
    Result,
    in_child,
    in_turns,
    medians,
    peak_mib,
    seconds_of,
    slower,
    within,
)
from pond_core import Pond

_MANY_FILES_S = 0.5
_OPEN_S = 0.15
_OPEN_MIB = 300
_GROWTH = 2


def many_files(inputs: Inputs) -> list[Result]:
    """Return B3."""
    with inputs.scratch() as scratch:
        rounds = inputs.scale.short_rounds
        ponds = iter(range(rounds))

        def run() -> float:
            pond = Pond.init(scratch / str(next(ponds)))
            return seconds_of(lambda: _make_files(pond, inputs.scale.files))

        took = medians(in_turns({"ours": run}, rounds=rounds))
    what = f"{inputs.scale.files:,} files made in one transaction"
    return [within("B3", what, took["ours"], limit=_MANY_FILES_S, unit="s")]


def large_ponds(inputs: Inputs) -> list[Result]:
    """Return B4."""
    scale = inputs.scale
    ponds = {
        "few": (inputs.few(), scale.few_nodes),
        "large": (inputs.large(), scale.nodes),
        "rewritten": (inputs.rewritten(), scale.nodes),
    }
    peaks: dict[str, float] = dict.fromkeys(ponds, 0.0)

    def opened(name: str) -> Callable[[], float]:
        path, nodes = ponds[name]

        def run() -> float:
            answer = in_child("benchmarks.opening", path, file_path(nodes // 2))
            peaks[name] = max(peaks[name], answer["peak_mib"])
            return float(answer["seconds"])

        return run

    runs = {name: opened(name) for name in ponds}
    took = medians(in_turns(runs, rounds=scale.short_rounds))
    large = f"a pond of {scale.nodes:,} nodes and {scale.commits:,} txns"
    few = f"that to one of {scale.few_nodes:,} nodes"
    more = f" and {scale.superseded:,} superseded rows"
    rows = []
    for suffix, name, pond in (("", "large", large), (" superseded", "rewritten", large + more)):
        rows += [
            within(f"B4{suffix}", f"open {pond}", took[name], limit=_OPEN_S, unit="s"),
            slower(f"B4{suffix} growth", few, took[name], took["few"], limit=_GROWTH),
            within(f"B4{suffix} memory", "its memory", peaks[name], limit=_OPEN_MIB, unit="MiB"),
        ]
    return rows


def _make_files(pond: Pond, count: int) -> None:
    with pond.transaction() as tx:
        tx.mkdir("/files")
        for number in range(count):
            tx.write_data(f"/files/{number:05}", b"file %d" % number)


def _read_one(pond: str, path: str) -> None:
    content = Pond.open(pond).snapshot().read_data(path)
    if not content:
        msg = f"{path} is empty"
        raise ValueError(msg)


def _main() -> None:
    pond, path = sys.argv[1:]
    took = seconds_of(lambda: _read_one(pond, path))
    print(json.dumps({"seconds": took, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    _main()
