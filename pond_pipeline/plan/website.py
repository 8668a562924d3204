"""Steps that publish: a website, with the places that it shows and the instruments behind them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from pond_pipeline.config import Document, WebsiteSpec
from pond_pipeline.plan.catalog import Catalog, Content, Declared
from pond_pipeline.plan.fingerprint import fingerprint
from pond_pipeline.plan.label import described, owners_of
from pond_pipeline.plan.place import Deployment, Instrument, Place
from pond_pipeline.plan.step import (
    CombineStep,
    ExportStep,
    Judged,
    NormalizeStep,
    PullStep,
    ReduceStep,
    Step,
    WebsiteStep,
)

_LAYOUT = 2
"""Which files a website has of the same pond; another number makes all of them anew."""


def website_step(
    document: Document,
    spec: WebsiteSpec,
    catalog: Catalog,
    steps: Sequence[Step],
    *,
    root: Path,
) -> WebsiteStep:
    """Return the step of a website and declare its path.

    Args:
        document: The resource.
        spec: What it says.
        catalog: What is declared; a pattern that matches no dataset is noted there.
        steps: All that makes what it may show.
        root: The folder of `resources.yaml`.
    """
    path = f"/site/{document.name}"
    catalog.declare([path], Declared(document, ("name",), Content.TABLE))
    by_output = {output: step for step in steps for output in step.outputs}
    reductions = _reductions(document, spec, catalog, by_output)
    titles = _titles(reductions)
    places = sorted(
        (_place(step, titles[step.outputs[0]], by_output) for step in reductions),
        key=lambda place: place.title,
    )
    shown = {each.instrument for place in places for each in place.deployments}
    instruments = sorted(
        (_instrument(step, by_output) for step in _instrument_steps(shown, by_output)),
        key=lambda instrument: instrument.title,
    )
    return WebsiteStep(
        group=document.name,
        owners=owners_of(document),
        description=described("A static website.", document),
        outputs=(path,),
        inputs=tuple(dict.fromkeys([*_read(places, by_output), *sorted(shown)])),
        cadence=None,
        fingerprint=fingerprint(
            "website",
            layout=_LAYOUT,
            spec=spec,
            places=[asdict(each) for each in places],
            instruments=[asdict(each) for each in instruments],
        ),
        spec=spec,
        title=spec.title or document.name,
        folder=root / (spec.folder or f"site/{document.name}"),
        root=root,
        places=tuple(places),
        instruments=tuple(instruments),
    )


def _reductions(
    document: Document, spec: WebsiteSpec, catalog: Catalog, by_output: Mapping[str, Step]
) -> list[ReduceStep]:
    """Return the steps of the datasets that are shown, each once."""
    found: dict[str, ReduceStep] = {}
    for index, pattern in enumerate(spec.datasets):
        keys = ("spec", "datasets", index)
        matches = catalog.find(
            f"{pattern}/res=*", document, keys, contents=frozenset({Content.BUCKETS})
        )
        for match in matches:
            step = by_output[match.asset]
            if isinstance(step, ReduceStep):
                found[step.outputs[0]] = step
    return list(found.values())


def _titles(steps: Sequence[ReduceStep]) -> dict[str, str]:
    """Return what each dataset is called, by its first path: as short as tells it from others."""
    titles = {step.outputs[0]: step.dataset for step in steps}
    for longer in ("{0.dataset} ({0.collection})", "{0.dataset} ({0.group}, {0.collection})"):
        shared = Counter(titles.values())
        titles |= {
            step.outputs[0]: longer.format(step)
            for step in steps
            if shared[titles[step.outputs[0]]] > 1
        }
    return titles


def _place(step: ReduceStep, title: str, by_output: Mapping[str, Step]) -> Place:
    source = by_output.get(step.series)
    deployments = tuple(_deployments(source, step.series, by_output))
    # What has ended says nothing of how often a reading is expected now.
    lasting = [each for each in deployments if each.window.end is None] or deployments
    judged = [by_output[each.instrument] for each in lasting]
    intervals = [each.judgement.interval for each in judged if isinstance(each, Judged)]
    limits = [each.judgement.longest_silence for each in judged if isinstance(each, Judged)]
    own = source.judgement if isinstance(source, Judged) else None
    site = source if isinstance(source, CombineStep) else None
    return Place(
        title=title,
        dataset=step.outputs[0].rpartition("/")[0],
        resolutions=step.resolutions,
        series=step.series,
        latitude=site.latitude if site else None,
        longitude=site.longitude if site else None,
        timezone=(site.timezone if site else None) or _zone_of_days(step),
        interval=(own.interval if own else None) or _least(intervals),
        limit=(own.longest_silence if own else None) or _least(limits),
        is_flagged=_is_flagged(source, by_output),
        deployments=deployments,
    )


def _zone_of_days(step: ReduceStep) -> str | None:
    """Return by whose clocks the days of a dataset begin; None where nobody said."""
    zone = step.resolutions[0].grid.zone
    return None if zone == "UTC" else zone


def _deployments(
    source: Step | None, series: str, by_output: Mapping[str, Step]
) -> Iterator[Deployment]:
    """Yield which instruments a series is made of, as far as they are known before it runs."""

    def limit(path: str) -> timedelta | None:
        made = by_output[path]
        if isinstance(made, NormalizeStep | ExportStep):
            return _instrument(made, by_output).current_limit
        return made.judgement.longest_silence if isinstance(made, Judged) else None

    match source:
        case CombineStep():
            for part in source.parts:
                if part.path == part.asset:
                    yield Deployment(
                        instrument=part.path,
                        scope=part.scope,
                        window=part.window,
                        limit=limit(part.path),
                    )
        case NormalizeStep() | ExportStep():
            yield Deployment(instrument=series, limit=limit(series))
        case _:
            pass  # what SQL made is no instrument


def _instrument_steps(
    shown: set[str], by_output: Mapping[str, Step]
) -> Iterator[NormalizeStep | ExportStep]:
    for path in shown:
        step = by_output.get(path)
        if isinstance(step, NormalizeStep | ExportStep):
            yield step


def _instrument(step: NormalizeStep | ExportStep, by_output: Mapping[str, Step]) -> Instrument:
    pull = by_output.get(step.inputs[0])
    return Instrument(
        title=step.device if isinstance(step, NormalizeStep) else step.location,
        source=step.source.name,
        series=step.outputs[0],
        interval=step.judgement.interval,
        limit=step.judgement.longest_silence,
        gap=step.judgement.longest_gap,
        is_flagged=bool(step.treatment.quality),
        is_active=pull.active if isinstance(pull, PullStep) else True,
        end=step.window.end,
    )


def _is_flagged(step: Step | None, by_output: Mapping[str, Step]) -> bool:
    match step:
        case CombineStep():
            parts = (by_output.get(path) for path in step.inputs)
            return bool(step.treatment.quality) or any(
                _is_flagged(part, by_output) for part in parts
            )
        case NormalizeStep() | ExportStep():
            return bool(step.treatment.quality)
        case _:
            return False


def _read(places: Sequence[Place], by_output: Mapping[str, Step]) -> Iterator[str]:
    """Yield the assets that hold what is shown; resolutions of a dataset are made together."""
    for place in places:
        path = place.path_of(place.resolutions[0])
        yield path
        yield from by_output[path].inputs


def _least(durations: Sequence[timedelta | None]) -> timedelta | None:
    return min((each for each in durations if each is not None), default=None)
