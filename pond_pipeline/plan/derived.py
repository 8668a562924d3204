"""Steps that make new series of old ones: sites and downsampled datasets."""

from collections import defaultdict
from collections.abc import Iterator

from pond_core import PondError, Window, render
from pond_pipeline.config import (
    CombineSpec,
    Document,
    Keys,
    ReduceCollection,
    ReduceDataset,
    ReduceSpec,
    Site,
    checked_name,
)
from pond_pipeline.plan.catalog import Catalog, Declared, Match
from pond_pipeline.plan.fingerprint import fingerprint
from pond_pipeline.plan.step import CombineInput, CombineStep, ReduceStep


def declare_sites(document: Document, spec: CombineSpec, catalog: Catalog) -> None:
    """Declare the paths of sites: they may be combined further, whatever the order of the file."""
    for index, site in enumerate(spec.sites):
        keys = ("spec", "sites", index, "name")
        catalog.declare([_site_path(document, site)], Declared(document, keys))


def combine_steps(document: Document, spec: CombineSpec, catalog: Catalog) -> Iterator[CombineStep]:
    """Yield a step for each site, its inputs found among what is declared."""
    for index, site in enumerate(spec.sites):
        parts = _parts(site, document, ("spec", "sites", index, "inputs"), catalog)
        facts = [(part.path, part.scope, part.window, part.rename, part.priority) for part in parts]
        yield CombineStep(
            group=document.name,
            description=f"The instruments of {site.name}, joined on the instant.",
            outputs=(_site_path(document, site),),
            inputs=tuple(dict.fromkeys(part.path for part in parts)),
            fingerprint=fingerprint("combine", parts=facts),
            site=site.name,
            parts=parts,
        )


def reduce_steps(document: Document, spec: ReduceSpec, catalog: Catalog) -> Iterator[ReduceStep]:
    """Yield a step for each dataset and declare its paths."""
    for number, collection in enumerate(spec.collections):
        for index, dataset in enumerate(collection.datasets):
            keys = ("spec", "collections", number, "datasets", index)
            for match in catalog.find(dataset.in_pattern, document, (*keys, "in_pattern")):
                name = _dataset_name(dataset, match, document, (*keys, "out_pattern"), catalog)
                if name is not None:
                    step = _reduce_step(document, collection, dataset, match.path, name)
                    declared = Declared(document, (*keys, "out_pattern"))
                    catalog.declare(step.outputs, declared)
                    yield step


def _site_path(document: Document, site: Site) -> str:
    return f"/combined/{document.name}/{site.name}"


def _parts(
    site: Site, document: Document, keys: Keys, catalog: Catalog
) -> tuple[CombineInput, ...]:
    """Return the series of a site; two that say the same thing twice are a problem."""
    parts: list[CombineInput] = []
    seen: dict[tuple[str, str | None], list[tuple[int, Window]]] = defaultdict(list)
    for index, each in enumerate(site.inputs):
        for match in catalog.find(each.pattern, document, (*keys, index, "pattern")):
            scope = each.scope or catalog.declared[match.path].scope
            window = Window.of(each.begin, each.end)
            for other, its_window in seen[match.path, scope]:
                if window.overlaps(its_window):
                    what = f"{match.path} is inputs[{other}] already, at a time that overlaps"
                    hint = "set begin and end apart, or give one of them another scope"
                    catalog.problems.add(document.location, (*keys, index), what, hint=hint)
            seen[match.path, scope].append((index, window))
            parts.append(
                CombineInput(
                    path=match.path,
                    scope=scope,
                    window=window,
                    rename=each.rename,
                    priority=each.priority,
                )
            )
    return tuple(parts)


def _dataset_name(
    dataset: ReduceDataset, match: Match, document: Document, keys: Keys, catalog: Catalog
) -> str | None:
    try:
        return checked_name(render(dataset.out_pattern, match.captures))
    except PondError as exc:
        what = f"for {match.path}: {exc}"
        catalog.problems.add(document.location, keys, what, hint=exc.hint)
        return None


def _reduce_step(
    document: Document,
    collection: ReduceCollection,
    dataset: ReduceDataset,
    path: str,
    name: str,
) -> ReduceStep:
    directory = f"/reduced/{document.name}/{collection.name}/{name}"
    widths = [resolution.text for resolution in collection.resolutions]
    return ReduceStep(
        group=document.name,
        description=f"{path} at {', '.join(widths)}.",
        outputs=tuple(f"{directory}/res={width}" for width in widths),
        inputs=(path,),
        fingerprint=fingerprint(
            "reduce",
            path=path,
            resolutions=widths,
            columns=dataset.columns,
            aggregates=dataset.aggregates,
        ),
        collection=collection.name,
        dataset=name,
        resolutions=collection.resolutions,
        columns=dataset.columns,
        aggregates=dataset.aggregates,
    )
