"""B15 and B16: a website of 50 instruments with ten years of hourly readings, built and brought on.

Each instrument has five parameters and is a site of its own, downsampled by the pipeline's own step
to 1h, 2h, 4h, 12h and 24h; all have the history of the first one. B15 builds the website from
scratch: pages, tiles, days of the instruments, CSV and Parquet. Its baseline is polars reading the
sites' series from the pond and writing them as CSV and Parquet by year, and nothing else. B16
builds again when one more day has come to every instrument; that the day is recorded and
downsampled is not part of it. Nothing written is synced.
"""

import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa

from benchmarks.inputs import Inputs
from benchmarks.measure import Result, seconds_of, slower, within
from pond_core import Pond, Provenance, to_us
from pond_pipeline.config import load_documents
from pond_pipeline.periods import Period, periods_between
from pond_pipeline.plan import Plan, ReduceStep, WebsiteStep, compile_plan
from pond_pipeline.record import SeriesUpdate, Slice, record
from pond_pipeline.steps import Request, make
from pond_pipeline.website import build

_BEGIN = datetime(2016, 1, 1, tzinfo=UTC)
_HOUR_US = 3_600_000_000
_DAY = timedelta(days=1)
_SCRATCH_S = 60.0
_DAY_S = 3.0
_TIMES_POLARS = 20.0
_PARAMETERS = {"Temperature": "C", "Salinity": "psu", "DO": "mg/L", "pH": "pH", "Depth": "m"}
_WHO = Provenance(author="benchmark", message="readings")


def measure(inputs: Inputs) -> list[Result]:
    """Return B15 and B16."""
    years, count = inputs.scale.years, inputs.scale.instruments
    end = _BEGIN.replace(year=_BEGIN.year + years)
    with inputs.scratch() as scratch:
        plan = _plan(scratch, count)
        pond = Pond.init(scratch / "pond", durability="process")
        reductions = [step for step in plan.steps if isinstance(step, ReduceStep)]
        months = periods_between(Period.of(_BEGIN), Period.of(end - _DAY))
        _bring(pond, reductions[:1], months, until=end)
        _copy(pond, reductions)
        step = next(step for step in plan.steps if isinstance(step, WebsiteStep))
        snapshot = pond.snapshot()
        bare = seconds_of(lambda: _bare(pond, step, scratch / "bare"))
        whole = seconds_of(lambda: build(step, snapshot))
        days = []
        for number in range(inputs.scale.rounds):
            until = end + (number + 1) * _DAY
            _bring(pond, reductions, [Period.of(end)], until=until)
            start = time.perf_counter()
            build(step, pond.snapshot())
            days.append(time.perf_counter() - start)
    what = f"a website of {count} instruments x {years} years"
    return [
        within("B15", f"{what}, from scratch", whole, limit=_SCRATCH_S, unit="s"),
        slower(
            "B15 bare",
            "the same, to polars writing its downloads alone",
            whole,
            bare,
            limit=_TIMES_POLARS,
        ),
        within("B16", f"{what}, one day later", statistics.median(days), limit=_DAY_S, unit="s"),
    ]


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


def _bring(
    pond: Pond, steps: Sequence[ReduceStep], months: Sequence[Period], *, until: datetime
) -> None:
    """Have readings of some instruments up to an instant in some months, downsampled."""
    for step in steps:
        number = int(step.dataset.removeprefix("Well"))
        for path, scope in ((_instrument(step), ""), (step.series, "Sonde.")):
            slices = [_slice(month, number, scope, until) for month in months]
            update = SeriesUpdate([slices], is_judged=True)
            list(record(pond, path, update, provenance=_WHO))
        reduced = make(step, pond.snapshot(), months, Request(now=until))[step.outputs[0]]
        if isinstance(reduced, SeriesUpdate):
            list(record(pond, step.outputs[0], reduced, provenance=_WHO))


def _copy(pond: Pond, steps: Sequence[ReduceStep]) -> None:
    """Let all instruments have the history of the first: downsampling it 50 times takes minutes."""
    first, *others = steps
    for step in others:
        with pond.transaction(_WHO) as tx:
            for of in (_instrument, _series, _dataset):
                tx.copy(of(first), of(step), recursive=True)


def _instrument(step: ReduceStep) -> str:
    return f"/normalized/wells/{step.dataset}"


def _series(step: ReduceStep) -> str:
    return step.series


def _dataset(step: ReduceStep) -> str:
    return step.outputs[0].rpartition("/")[0]


def _slice(month: Period, number: int, scope: str, until: datetime) -> Slice:
    end_us = min(to_us(until), to_us(month.next().start))
    instants = pl.int_range(to_us(month.start), end_us, _HOUR_US, eager=True)
    hours = instants // _HOUR_US
    schema = [pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False)]
    columns = [instants.cast(pl.Datetime("us", "UTC")).to_arrow()]
    for index, (parameter, unit) in enumerate(_PARAMETERS.items()):
        # What float32 instruments send: a wave with noise in all its digits.
        noise = ((hours * 7919 + number * 104_729 + index * 31) % 10_007) / 10_007
        values = (12 + 3 * (hours / 24 * 6.28318).sin() + noise).cast(pl.Float32).cast(pl.Float64)
        metadata = {"parameter": parameter, "unit": unit, **({"scope": "Sonde"} if scope else {})}
        schema.append(pa.field(f"{scope}{parameter}.{unit}", pa.float64(), metadata=metadata))
        columns.append(values.to_arrow())
    table = pa.table(columns, schema=pa.schema(schema))
    return Slice(month, table, span=month.window, reach=(month.window,))


def _bare(pond: Pond, step: WebsiteStep, folder: Path) -> None:
    """Write the downloads alone."""
    folder.mkdir()
    snapshot = pond.snapshot()
    for place in step.places:
        frame = pl.DataFrame(snapshot.read_series(place.series))
        for (year,), part in frame.group_by(pl.col("timestamp").dt.year(), maintain_order=True):
            part.write_csv(folder / f"{place.title}-{year}.csv")
            part.write_parquet(folder / f"{place.title}-{year}.parquet")
