"""Measure the budgets, print them as a table, and keep them as `results.json`.

    python benchmarks/run.py                 everything: half an hour on two idle cores
    python benchmarks/run.py B1 B5           some of it; the other rows of results.json stay
    python benchmarks/run.py --data DIR      keep the inputs there, and use them again
    python benchmarks/run.py --small --output FILE      shows that it runs; its figures mean nothing

A figure is a median of at least five runs; what is compared runs in turns. Each module says what
it measures. The exit code is 1 if any budget is not kept (never with `--small`).
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    backups,
    charts,
    commits,
    decoding,
    downsampling,
    opening,
    pipelines,
    reading,
    ticking,
    updating,
    websites,
    writers,
    year,
)
from benchmarks.inputs import Inputs
from benchmarks.measure import Result
from benchmarks.scale import FULL, SMALL

_RESULTS = Path(__file__).parent / "results.json"

_BENCHES: dict[tuple[str, ...], Callable[[Inputs], list[Result]]] = {
    ("B1", "B2"): commits.measure,
    ("B3",): opening.many_files,
    ("B4",): opening.large_ponds,
    ("B5", "B6"): reading.measure,
    ("B7",): downsampling.measure,
    ("B8",): updating.measure,
    ("B9",): pipelines.running,
    ("B10",): decoding.measure,
    ("B11",): writers.measure,
    ("B12",): year.measure,
    ("B13",): backups.growing,
    ("B14",): backups.first,
    ("B15", "B16"): websites.measure,
    ("B17",): charts.measure,
    ("load",): pipelines.loading,
    ("tick",): ticking.measure,
}
"""What measures which budgets. One function measures several where they share their runs."""

_IDS = [id_ for ids in _BENCHES for id_ in ids]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for and return the exit code."""
    asked = _parse(arguments)
    ids = asked.ids or _IDS
    console = Console(stderr=True)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="pond-bench-") as temporary:
        folder = Path(asked.data or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        inputs = Inputs(folder, SMALL if asked.small else FULL)
        for names, measure in _BENCHES.items():
            if not set(names) & set(ids):
                continue
            start = time.monotonic()
            measured = measure(inputs)
            took = time.monotonic() - start
            console.print(f"{' '.join(names)}: {took:.0f} s", highlight=False)
            wanted = [each for each in measured if _budget(each.id) in ids]
            _keep(asked.output, wanted)
            results += wanted
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(_table(results))
    return 0 if asked.small or all(each.ok for each in results) else 1


_WIDTH = 160
"""Columns of the table where it is not printed on a terminal."""


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the budgets.")
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"one of {', '.join(_IDS)}; all")
    parser.add_argument("--data", type=Path, help="keep the inputs in this directory")
    parser.add_argument("--small", action="store_true", help="small inputs, no budgets")
    parser.add_argument("--output", type=Path, default=_RESULTS, help="where the figures go")
    asked = parser.parse_args(arguments)
    unknown = [id_ for id_ in asked.ids if id_ not in _IDS]
    if unknown:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(_IDS)}")
    if asked.small and asked.output == _RESULTS:
        parser.error("small figures mean nothing: give them an --output of their own")
    return asked


def _table(results: Sequence[Result]) -> Table:
    table = Table("id", "what", "ours", "baseline", "ratio", "budget", "ok")
    for each in results:
        verdict = "[green]yes[/]" if each.ok else "[bold red]NO[/]"
        told = (each.id, each.what, each.ours, each.baseline, f"{each.ratio:g}", each.budget)
        table.add_row(*told, verdict)
    return table


def _keep(path: Path, results: Sequence[Result]) -> None:
    """Write rows to a file, over those of the same budgets, and leave the others."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    measured = {_budget(each.id) for each in results}
    rows = [row for row in known if _budget(row["id"]) not in measured]
    rows += [asdict(each) for each in results]
    rows.sort(key=lambda row: _IDS.index(_budget(row["id"])))
    path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _budget(id_: str) -> str:
    """Return the budget that a row belongs to: `B1` of `B1 mean`."""
    return id_.partition(" ")[0]


if __name__ == "__main__":
    sys.exit(main())
