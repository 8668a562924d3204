"""Wells with years of hourly readings, downsampled, and the website of them: what B15 to B17 build.

Each well is an instrument and a site of its own, downsampled by the pipeline's own step to 1h, 2h,
4h, 12h and 24h; all have the history of the first one.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa

from pond_core import Pond, Provenance, to_us
from pond_pipeline.config import load_documents
from pond_pipeline.periods import Period, periods_between
from pond_pipeline.plan import Plan, ReduceStep, WebsiteStep, compile_plan
from pond_pipeline.record import SeriesUpdate, Slice, record
from pond_pipeline.steps import Request, make

_BEGIN = datetime(2016, 1, 1, tzinfo=UTC)
_HOUR_US = 3_600_000_000
_DAY = timedelta(days=1)
_WHO = Provenance(author="benchmark", message="readings")


class Wells:
    """A pond of wells, and the step that makes the website of it.

    Args:
        folder: Where all of it lies; it is there and empty.
        count: How many wells.
        years: How long they have been read.
        parameters: What they measure: names, and units.

    Attributes:
        end: When their readings end.
        pond: The pond.
        website: The step.
    """

    def __init__(
        self, folder: Path, *, count: int, years: int, parameters: Mapping[str, str]
    ) -> None:
        plan = _plan(folder, count)
        self._parameters = parameters
        self._reductions = [step for step in plan.steps if isinstance(step, ReduceStep)]
        self.website = next(step for step in plan.steps if isinstance(step, WebsiteStep))
        self.pond = Pond.init(folder / "pond", durability="process")
        self.end = _BEGIN.replace(year=_BEGIN.year + years)
        months = periods_between(Period.of(_BEGIN), Period.of(self.end - _DAY))
        self._bring(self._reductions[:1], months)
        self._copy()

    def go_on(self) -> None:
        """Have the readings of one more day of all wells."""
        begin, self.end = self.end, self.end + _DAY
        self._bring(self._reductions, [Period.of(begin)])

    def _bring(self, steps: Sequence[ReduceStep], months: Sequence[Period]) -> None:
        """Have readings of some wells in some months, up to the end, downsampled."""
        for step in steps:
            number = int(step.dataset.removeprefix("Well"))
            for path, scope in ((_instrument(step), ""), (step.series, "Sonde.")):
                slices = [self._slice(month, number, scope) for month in months]
                update = SeriesUpdate([slices], is_judged=True)
                list(record(self.pond, path, update, provenance=_WHO))
            made = make(step, self.pond.snapshot(), months, Request(now=self.end))
            reduced = made[step.outputs[0]]
            if isinstance(reduced, SeriesUpdate):
                list(record(self.pond, step.outputs[0], reduced, provenance=_WHO))

    def _copy(self) -> None:
        """Let all wells have the history of the first: downsampling it 50 times takes minutes."""
        first, *others = self._reductions
        for step in others:
            with self.pond.transaction(_WHO) as tx:
                for of in (_instrument, _series, _dataset):
                    tx.copy(of(first), of(step), recursive=True)

    def _slice(self, month: Period, number: int, scope: str) -> Slice:
        end_us = min(to_us(self.end), to_us(month.next().start))
        instants = pl.int_range(to_us(month.start), end_us, _HOUR_US, eager=True)
        hours = instants // _HOUR_US
        schema = [pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False)]
        columns = [instants.cast(pl.Datetime("us", "UTC")).to_arrow()]
        for index, (parameter, unit) in enumerate(self._parameters.items()):
            # What float32 instruments send: a wave with noise in all its digits.
            noise = ((hours * 7919 + number * 104_729 + index * 31) % 10_007) / 10_007
            wave = 12 + 3 * (hours / 24 * 6.28318).sin() + noise
            values = wave.cast(pl.Float32).cast(pl.Float64)
            metadata = {"parameter": parameter, "unit": unit, "scope": "Sonde" if scope else ""}
            schema.append(pa.field(f"{scope}{parameter}.{unit}", pa.float64(), metadata=metadata))
            columns.append(values.to_arrow())
        table = pa.table(columns, schema=pa.schema(schema))
        return Slice(month, table, span=month.window, reach=(month.window,))


def _plan(folder: Path, count: int) -> Plan:
    names = [f"Well{number:03}" for number in range(count)]
    devices = "\n".join(
        f"    - {{name: {name}, id: {number + 1}, interval: 1h, scope: Sonde}}"
        for number, name in enumerate(names)
    )
    sites = "\n".join(
        f"    - {{name: {name}, timezone: America/Los_Angeles,"
        f" inputs: [{{pattern: /normalized/wells/{name}}}]}}"
        for name in names
    )
    text = f"""\
kind: HydroVu
name: wells
spec:
  key: key
  secret: secret
  start: {_BEGIN:%Y-%m-%d}
  devices:
{devices}
---
kind: Combine
name: wells
spec:
  sites:
{sites}
---
kind: Reduce
name: wells
spec:
  collections:
    - name: sites
      resolutions: [1h, 2h, 4h, 12h, 24h]
      datasets: [{{in_pattern: "/combined/wells/*", out_pattern: "$0"}}]
---
kind: Site
name: wells
spec: {{}}
"""
    return compile_plan(load_documents(text), root=folder)


def _instrument(step: ReduceStep) -> str:
    return f"/normalized/wells/{step.dataset}"


def _series(step: ReduceStep) -> str:
    return step.series


def _dataset(step: ReduceStep) -> str:
    return step.outputs[0].rpartition("/")[0]
