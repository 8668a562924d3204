"""Documents into a plan: names resolved, patterns expanded, steps in order. Pure."""

from collections.abc import Sequence
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from pond_pipeline.config import (
    CombineSpec,
    Document,
    HydroVuSpec,
    LakeTechSpec,
    Problems,
    ReduceSpec,
)
from pond_pipeline.plan.catalog import Catalog
from pond_pipeline.plan.derived import combine_steps, declare_sites, reduce_steps
from pond_pipeline.plan.source import (
    hydrovu_source,
    hydrovu_steps,
    laketech_source,
    laketech_steps,
)
from pond_pipeline.plan.step import Plan, Source, Step


def compile_plan(documents: Sequence[Document], *, root: Path) -> Plan:
    """Compile documents into a plan; the same documents always give the same plan.

    Args:
        documents: The resources, in the order of the file.
        root: The folder that host paths count from: where the file stands.

    Raises:
        ConfigError: Two resources or paths have one name, a pattern matches no declared series,
            inputs of a site repeat each other, or sites read each other in a circle. One line for
            each, as in `load_documents`.
    """
    catalog = Catalog()
    _refuse_same_names(documents, catalog.problems)
    sources, steps = _incoming(documents, catalog, root=root)
    steps += _derived(documents, catalog)
    ordered = _ordered(steps, catalog)
    catalog.problems.raise_if_any()
    return Plan(_first_month(sources), tuple(sources), tuple(ordered))


def _refuse_same_names(documents: Sequence[Document], problems: Problems) -> None:
    """Note resources of one name: of one kind, or two sources, which share their paths."""
    first: dict[tuple[str, str], Document] = {}
    for document in documents:
        is_source = isinstance(document.spec, HydroVuSpec | LakeTechSpec)
        scope = "source" if is_source else document.kind
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
    for document in documents:
        match document.spec:
            case HydroVuSpec() as spec:
                account = hydrovu_source(document, spec)
                sources.append(account)
                steps += hydrovu_steps(account, document, spec, catalog)
            case LakeTechSpec() as spec:
                folder = laketech_source(document, spec, root=root)
                sources.append(folder)
                steps += laketech_steps(folder, document, spec, catalog)
            case CombineSpec() | ReduceSpec():
                pass  # they read what the sources declare
    return sources, steps


def _derived(documents: Sequence[Document], catalog: Catalog) -> list[Step]:
    combines = [(each, each.spec) for each in documents if isinstance(each.spec, CombineSpec)]
    reduces = [(each, each.spec) for each in documents if isinstance(each.spec, ReduceSpec)]
    for document, spec in combines:
        declare_sites(document, spec, catalog)
    steps: list[Step] = []
    for document, spec in combines:
        steps += combine_steps(document, spec, catalog)
    for document, reduce_spec in reduces:
        steps += reduce_steps(document, reduce_spec, catalog)
    return steps


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
        what = f"sites read each other in a circle: {' -> '.join(circle)}"
        hint = "remove one of these inputs"
        catalog.problems.add(origin.document.location, origin.keys, what, hint=hint)
        return []


def _first_month(sources: Sequence[Source]) -> date | None:
    start = min((source.start for source in sources), default=None)
    return None if start is None else date(start.year, start.month, 1)
