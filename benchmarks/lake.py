"""Pipelines of many assets: resources as an operator with many instruments would write them."""

from collections.abc import Iterator
from pathlib import Path

from pond_pipeline.config import load_documents
from pond_pipeline.plan import Plan, compile_plan

_ACCOUNT = """
kind: HydroVu
name: {name}
spec:
  key: demo
  secret: demo
  start: {start}
  schedule: "*/15 * * * *"
  devices:
{devices}
"""
_SCRIBBLE = """
kind: Scribble
name: {name}
spec: {{start: {start}, interval: {interval}, schedule: "*/15 * * * *", series: [{series}]}}
"""
_DERIVED = """
kind: Combine
name: {name}
spec:
  sites:
{sites}
---
kind: Reduce
name: {name}
spec:
  collections:
    - name: charts
      resolutions: [1h, 2h, 4h, 12h, 24h]
      datasets: [{{in_pattern: "/combined/{name}/*", out_pattern: "$0"}}]
---
kind: Pivot
name: {name}
spec: {{datasets: [{{name: all, in_pattern: "/combined/{name}/*", column: A.value}}]}}
"""


def accounts(count: int, *, sites: int) -> str:
    """Return resources of HydroVu accounts: of 8 sites each has 100 assets, 24 instruments."""
    return "---".join(_account(f"account{each}", sites) for each in range(count))


def scribbles(count: int, *, sites: int, start: str, interval: str) -> str:
    """Return resources of sources that need no network: of 8 sites each has 100 assets, 51 series.

    Args:
        count: How many sources.
        sites: How many sites each has; five resolutions of each, and one series across them.
        start: When their readings begin: a day.
        interval: How far apart these are.
    """
    return "---".join(
        _scribble(f"source{each}", sites, start=start, interval=interval) for each in range(count)
    )


def plan_of(resources: str) -> Plan:
    """Compile resources that name no files of this machine."""
    return compile_plan(load_documents(resources), root=Path("/"))


def _account(name: str, sites: int) -> str:
    names = [f"I{each}" for each in range(3 * sites)]
    devices = "\n".join(
        f"    - {{name: {each}, id: {id_}, interval: 15m}}" for id_, each in enumerate(names, 1)
    )
    source = _ACCOUNT.format(name=name, start="2024-01-01", devices=devices)
    return source + "---" + _derived(name, sites, [f"/normalized/{name}/{each}" for each in names])


def _scribble(name: str, sites: int, *, start: str, interval: str) -> str:
    names = [f"I{each}" for each in range(6 * sites + 3)]
    series = ", ".join(names)
    source = _SCRIBBLE.format(name=name, start=start, interval=interval, series=series)
    return source + "---" + _derived(name, sites, [f"/raw/{name}/{each}" for each in names])


def _derived(name: str, count: int, series: list[str]) -> str:
    sites = "\n".join(_site(number, series[number::count]) for number in range(count))
    return _DERIVED.format(name=name, sites=sites)


def _site(number: int, series: list[str]) -> str:
    def inputs() -> Iterator[str]:
        for index, path in enumerate(series):
            yield f"{{pattern: {path}, scope: {chr(ord('A') + index)}}}"

    return f"    - {{name: S{number}, inputs: [{', '.join(inputs())}]}}"
