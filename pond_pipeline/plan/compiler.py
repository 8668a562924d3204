"""Documents into a plan: names resolved, patterns expanded, steps in order. Pure.

But for the files that templates are in: they are read here, as parts of the resources.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pond_core import Window, cover_all
from pond_pipeline.config import (
    AlertSpec,
    BackupSpec,
    CombineSpec,
    CopySpec,
    DeriveSpec,
    Document,
    HydroVuSpec,
    InboxSpec,
    LakeTechSpec,
    PivotSpec,
    Problems,
    ReduceSpec,
    ScribbleSpec,
    TemplateSpec,
    WebsiteSpec,
)
from pond_pipeline.periods import Cadence, Period
from pond_pipeline.plan.catalog import Catalog
from pond_pipeline.plan.derived import (
    combine_steps,
    declare_collections,
    declare_sites,
    derive_steps,
    pivot_steps,
    reduce_steps,
)
from pond_pipeline.plan.origin import Source
from pond_pipeline.plan.plan import Plan
from pond_pipeline.plan.service import Service, service_of
from pond_pipeline.plan.source import (
    hydrovu_source,
    hydrovu_steps,
    inbox_source,
    inbox_step,
    laketech_source,
    laketech_steps,
    scribble_source,
    scribble_steps,
)
from pond_pipeline.plan.step import CombineStep, PivotStep, ReduceStep, Step
from pond_pipeline.plan.text import template_steps
from pond_pipeline.plan.watching import refuse_blind
from pond_pipeline.plan.website import website_step

_SOURCES = (HydroVuSpec, LakeTechSpec, InboxSpec, ScribbleSpec)
_SERVICES = (BackupSpec, CopySpec)

_INSTANT = timedelta(microseconds=1)


def compile_plan(documents: Sequence[Document], *, root: Path) -> Plan:
    """Compile documents into a plan; the same documents always give the same plan.

    Args:
        documents: The resources, in the order of the file.
        root: The folder that host paths count from: where the file stands.

    Raises:
        ConfigError: Two resources or paths have one name, a pattern matches nothing that is
            declared, inputs of a site repeat each other, have partitions of two lengths or none
            that is known, or sites read each other in a circle. One line for each, as in
            `load_documents`.
    """
    catalog = Catalog()
    _refuse_same_names(documents, catalog.problems)
    sources, steps = _incoming(documents, catalog, root=root)
    steps += _derived(documents, catalog, root=root)
    steps += _websites(documents, steps, catalog, root=root)
    ordered = _paced(_ordered(steps, catalog), catalog)
    start = _first_month(documents, ordered)
    if start is None:
        _refuse_partitions(ordered, catalog)
    services = _services(documents, root=root)
    for document in documents:
        if isinstance(document.spec, AlertSpec):
            refuse_blind(document, document.spec, ordered, catalog)
    catalog.problems.raise_if_any()
    return Plan(start, tuple(sources), tuple(ordered), tuple(services))


def _refuse_same_names(documents: Sequence[Document], problems: Problems) -> None:
    """Note resources of one name: of one kind, or two that share their paths."""
    first: dict[tuple[str, str], Document] = {}
    for document in documents:
        shared = {_SOURCES: "source", _SERVICES: "service"}
        scope = next(
            (name for specs, name in shared.items() if isinstance(document.spec, specs)),
            document.kind,
        )
        other = first.setdefault((scope, document.name), document)
        if other is not document:
            line = other.location.line(("name",))
            what = f"the {other.kind} in line {line} is named {document.name!r} already"
            hint = "give one of them another name"
            problems.add(document.location, ("name",), what, hint=hint)


def _incoming(
    documents: Sequence[Document], catalog: Catalog, *, root: Path
) -> tuple[list[Source], list[Step]]:
    sources: list[Source] = []
    steps: list[Step] = []
    accounts: dict[tuple[str, str], str] = {}
    for document in documents:
        match document.spec:
            case HydroVuSpec() as spec:
                account = hydrovu_source(document, spec, accounts)
                sources.append(account)
                steps += hydrovu_steps(account, document, spec, catalog)
            case LakeTechSpec() as spec:
                exports = laketech_source(document, spec, root=root)
                sources.append(exports)
                steps += laketech_steps(exports, document, spec, catalog)
            case InboxSpec() as spec:
                inbox = inbox_source(document, spec, root=root)
                sources.append(inbox)
                steps.append(inbox_step(inbox, document, catalog))
            case ScribbleSpec() as spec:
                scribble = scribble_source(document, spec)
                sources.append(scribble)
                steps += scribble_steps(scribble, document, spec, catalog)
            case _:
                pass  # the others read what these declare
    return sources, steps


def _derived(documents: Sequence[Document], catalog: Catalog, *, root: Path) -> list[Step]:
    """Return the steps of all that reads; what may be read by its own kind is declared first."""
    derives = [(each, each.spec) for each in documents if isinstance(each.spec, DeriveSpec)]
    combines = [(each, each.spec) for each in documents if isinstance(each.spec, CombineSpec)]
    reduces = [(each, each.spec) for each in documents if isinstance(each.spec, ReduceSpec)]
    pivots = [(each, each.spec) for each in documents if isinstance(each.spec, PivotSpec)]
    templates = [(each, each.spec) for each in documents if isinstance(each.spec, TemplateSpec)]
    for document, derive in derives:
        declare_collections(document, derive, catalog)
    for document, combine in combines:
        declare_sites(document, combine, catalog)
    steps: list[Step] = []
    for document, combine in combines:
        steps += combine_steps(document, combine, catalog)
    for document, reduce in reduces:
        steps += reduce_steps(document, reduce, catalog)
    for document, pivot in pivots:
        steps += pivot_steps(document, pivot, catalog)
    for document, derive in derives:
        steps += derive_steps(document, derive, catalog)
    for document, template in templates:
        steps += template_steps(document, template, catalog, root=root)
    return steps


def _websites(
    documents: Sequence[Document], steps: Sequence[Step], catalog: Catalog, *, root: Path
) -> list[Step]:
    """Return the steps of what is published, made of what the other steps make."""
    websites = [
        (each, website_step(each, each.spec, catalog, steps, root=root))
        for each in documents
        if isinstance(each.spec, WebsiteSpec)
    ]
    for document, website in websites:
        others = (other for _, other in websites if other is not website)
        folder = _folded(website.folder)
        if any(folder.is_relative_to(_folded(other.folder)) for other in others):
            what = f"another website has the folder {website.folder}, or one around it"
            hint = "give each a folder of its own: a build removes what it does not know"
            catalog.problems.add(document.location, ("spec", "folder"), what, hint=hint)
    return [website for _, website in websites]


def _folded(folder: Path) -> Path:
    """Return a folder for comparison: some disks take names for one that differ by capitals."""
    return Path(str(folder.resolve()).casefold())


def _services(documents: Sequence[Document], *, root: Path) -> list[Service]:
    return [
        service_of(document, document.spec, root=root)
        for document in documents
        if isinstance(document.spec, BackupSpec | CopySpec | AlertSpec)
    ]


def _ordered(steps: Sequence[Step], catalog: Catalog) -> list[Step]:
    """Return steps so that each comes after those that it reads from; a circle is a problem."""
    by_output = {path: step.outputs[0] for step in steps for path in step.outputs}
    by_name = {step.outputs[0]: step for step in steps}
    sorter = TopologicalSorter(
        {name: [by_output[path] for path in step.inputs] for name, step in by_name.items()}
    )
    try:
        return [by_name[name] for name in sorter.static_order()]
    except CycleError as exc:
        circle: list[str] = exc.args[1]
        origin = catalog.declared[circle[0]]
        what = f"these read each other in a circle: {' -> '.join(circle)}"
        hint = "remove one of these inputs"
        catalog.problems.add(origin.document.location, origin.keys, what, hint=hint)
        return []


def _paced(steps: Sequence[Step], catalog: Catalog) -> list[Step]:
    """Give what is made of series the cadence of its inputs; two cadences are a problem."""
    by_output: dict[str, Cadence | None] = {}
    paced: list[Step] = []
    for each in steps:
        step = each
        if isinstance(step, CombineStep | PivotStep | ReduceStep):
            cadences = {by_output[path]: path for path in step.inputs if by_output[path]}
            if len(cadences) > 1:
                origin = catalog.declared[step.outputs[0]]
                told = " and ".join(f"{path} {cadence}" for cadence, path in cadences.items())
                what = f"its inputs have partitions of two lengths: {told}"
                hint = "give their sources one `cadence`"
                catalog.problems.add(origin.document.location, origin.keys, what, hint=hint)
            step = replace(step, cadence=next(iter(cadences), Cadence.MONTHLY))
        paced.append(step)
        by_output.update(dict.fromkeys(step.outputs, step.cadence))
    return paced


def _first_month(documents: Sequence[Document], steps: Sequence[Step]) -> date | None:
    """Return the month in which the earliest source begins, or the first bucket made of it.

    The week, local day or year in which a source begins may have begun in the month before: without
    a partition there, nobody would count its bucket, nor notice that it changed.
    """
    starts: list[datetime | None] = [getattr(each.spec, "start", None) for each in documents]
    start = min((start for start in starts if start is not None), default=None)
    if start is None:
        return None
    widths = [width for step in steps if isinstance(step, ReduceStep) for width in step.resolutions]
    first = cover_all(set(widths), Window.of(start, start + _INSTANT)).start or start
    return Period.of(first).first


def _refuse_partitions(steps: Sequence[Step], catalog: Catalog) -> None:
    """Note what needs a first partition where nothing says when that is."""
    for step in steps:
        if step.cadence is not None:
            origin = catalog.declared[step.outputs[0]]
            what, hint = "its first partition is not known", "give the Derive that it reads `start`"
            catalog.problems.add(origin.document.location, origin.keys, what, hint=hint)
