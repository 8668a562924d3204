"""Recording a run of many assets over many months: our event log against Dagster's stock one.

Both write the same events into SQLite on the same disk, in turns; the figure is the time from the
start of the run to its end. Prints one JSON object: what, ours and baseline in seconds (medians),
their ratio, and the pairs.
"""

import json
import statistics
import tempfile
import time
import warnings
from pathlib import Path

import dagster as dg
from typing_extensions import override

from pond_pipeline.instance import open_instance

_ASSETS, _MONTHS, _PAIRS = 12, 12, 5
_RANGE = {
    "dagster/asset_partition_range_start": "2025-01",
    "dagster/asset_partition_range_end": f"2025-{_MONTHS:02}",
}
_STOCK = "telemetry: {enabled: false}\n"


class _Nothing(dg.IOManager):
    """Keeps nothing: what is left is what Dagster itself costs."""

    @override
    def load_input(self, context: dg.InputContext) -> None:
        """Load nothing."""

    @override
    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        """Keep nothing."""


def main() -> None:
    """Measure and print."""
    warnings.simplefilter("ignore")
    pairs = [(_seconds(stock=False), _seconds(stock=True)) for _ in range(_PAIRS)]
    ours, baseline = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        json.dumps(
            {
                "what": f"record a run of {_ASSETS} assets over {_MONTHS} months",
                "ours": round(ours, 2),
                "baseline": round(baseline, 2),
                "ratio": round(ours / baseline, 2),
                "pairs": [[round(each, 2) for each in pair] for pair in pairs],
            }
        )
    )


def _seconds(*, stock: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if stock:
            (home / "dagster.yaml").write_text(_STOCK, encoding="utf-8")
        job = _definitions().resolve_implicit_global_asset_job_def()
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        with open_instance(home) as instance:
            start = time.perf_counter()
            job.execute_in_process(instance=instance, tags=_RANGE, run_config=quiet)
            return time.perf_counter() - start


def _definitions() -> dg.Definitions:
    months = dg.MonthlyPartitionsDefinition(start_date="2025-01", fmt="%Y-%m")

    def asset(number: int) -> dg.AssetsDefinition:
        @dg.asset(
            name=f"asset_{number}",
            partitions_def=months,
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def made() -> int:
            return number

        return made

    assets = [asset(number) for number in range(_ASSETS)]
    return dg.Definitions(
        assets, resources={"io_manager": _Nothing()}, executor=dg.in_process_executor
    )


if __name__ == "__main__":
    main()
