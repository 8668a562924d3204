"""Steps that make new series of old ones: SQL, sites, parameters across sites, downsamples.

How long their partitions are is told when all steps are in order: as long as those of their inputs.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pond_core import PondError, Resolution, Window, render
from pond_pipeline.config import (
    CombineSpec,
    DeriveCollection,
    DeriveSpec,
    Document,
    Keys,
    PivotDataset,
    PivotSpec,
    ReduceCollection,
    ReduceDataset,
    ReduceSpec,
    Site,
    checked_name,
)
from pond_pipeline.derive import check_query
from pond_pipeline.periods import Cadence
from pond_pipeline.plan.catalog import TO_GO_ON_WITH, Catalog, Content, Declared, Match
from pond_pipeline.plan.fingerprint import fingerprint
from pond_pipeline.plan.judging import judged_by, refuse_senseless
from pond_pipeline.plan.label import described, owners_of
from pond_pipeline.plan.part import CombineInput, PivotInput
from pond_pipeline.plan.step import (
    CombineStep,
    DeriveStep,
    Judgement,
    PivotStep,
    ReduceStep,
    Treatment,
)

_TO_QUERY = frozenset(Content)
_TO_PIVOT = TO_GO_ON_WITH | {Content.BUCKETS}


def declare_collections(document: Document, spec: DeriveSpec, catalog: Catalog) -> None:
    """Declare the directories of derived series: they may be read whatever the file's order."""
    for index, collection in enumerate(spec.collections):
        keys = ("spec", "collections", index, "name")
        path = _collection_path(document, collection)
        catalog.declare([path], Declared(document, keys, Content.SERIES_FOLDER))


def derive_steps(document: Document, spec: DeriveSpec, catalog: Catalog) -> Iterator[DeriveStep]:
    """Yield a step for each collection of queries."""
    for index, collection in enumerate(spec.collections):
        keys = ("spec", "collections", index, "pattern")
        found = catalog.find(collection.pattern, document, keys, contents=_TO_QUERY)
        try:
            check_query(collection.query)
        except PondError as exc:
            keys = ("spec", "collections", index, "query")
            catalog.problems.add(document.location, keys, str(exc), hint=exc.hint)
        yield DeriveStep(
            group=document.name,
            owners=owners_of(document),
            description=described(f"What SQL makes of each of {collection.pattern}.", document),
            outputs=(_collection_path(document, collection),),
            inputs=_assets(found),
            cadence=None,
            fingerprint=fingerprint("derive", query=collection.query, timezone=collection.timezone),
            pattern=collection.pattern,
            query=collection.query,
            timezone=collection.timezone or "UTC",
        )


def declare_sites(document: Document, spec: CombineSpec, catalog: Catalog) -> None:
    """Declare the paths of sites: they may be combined further, whatever the order of the file."""
    for index, site in enumerate(spec.sites):
        keys = ("spec", "sites", index, "name")
        catalog.declare([_site_path(document, site)], Declared(document, keys, Content.SERIES))


def combine_steps(document: Document, spec: CombineSpec, catalog: Catalog) -> Iterator[CombineStep]:
    """Yield a step for each site, its inputs found among what is declared."""
    for index, site in enumerate(spec.sites):
        keys = ("spec", "sites", index, "inputs")
        parts = _parts(site, document, keys, catalog)
        refuse_senseless(
            site.quality,
            {site.name: site.interval},
            document,
            ("spec", "sites", index, "quality"),
            catalog.problems,
        )
        facts = [(p.path, p.scope, p.window, p.rename, p.priority, p.corrections) for p in parts]
        inputs = tuple(dict.fromkeys(part.asset for part in parts))
        what = f"The instruments of {site.name}, joined on the instant."
        yield CombineStep(
            group=document.name,
            owners=owners_of(document),
            description=described(what, document),
            outputs=(_site_path(document, site),),
            inputs=inputs,
            cadence=Cadence.MONTHLY,
            fingerprint=fingerprint(
                "combine", parts=facts, units=site.units, **judged_by(site.quality, site.interval)
            ),
            site=site.name,
            parts=parts,
            treatment=Treatment(units=site.units, quality=site.quality),
            judgement=Judgement(checks=site.checks, interval=site.interval, columns=site.columns),
            latitude=site.latitude,
            longitude=site.longitude,
            timezone=site.timezone,
        )


def pivot_steps(document: Document, spec: PivotSpec, catalog: Catalog) -> Iterator[PivotStep]:
    """Yield a step for each parameter across sites and declare its path."""
    for index, dataset in enumerate(spec.datasets):
        keys = ("spec", "datasets", index)
        found = catalog.find(
            dataset.in_pattern, document, (*keys, "in_pattern"), contents=_TO_PIVOT
        )
        inputs = _assets(found)
        path = f"/pivoted/{document.name}/{dataset.name}"
        declared = Declared(document, (*keys, "name"), Content.BUCKETS)
        catalog.declare([path], declared)
        parts = tuple(
            PivotInput(
                path=match.path,
                asset=match.asset,
                label=_label(dataset, match, document, (*keys, "label"), catalog),
            )
            for match in found
        )
        meaning = _meaning(dataset)
        yield PivotStep(
            group=document.name,
            owners=owners_of(document),
            description=described(
                f"{dataset.parameter or dataset.column} of {dataset.in_pattern}.", document
            ),
            outputs=(path,),
            inputs=inputs,
            cadence=Cadence.MONTHLY,
            fingerprint=fingerprint(
                "pivot",
                parts=[(part.path, part.label) for part in parts],
                meaning=meaning,
                column=dataset.column,
            ),
            parts=parts,
            meaning=meaning,
            column=dataset.column,
        )


def reduce_steps(document: Document, spec: ReduceSpec, catalog: Catalog) -> Iterator[ReduceStep]:
    """Yield a step for each dataset and declare its paths."""
    for number, collection in enumerate(spec.collections):
        for index, dataset in enumerate(collection.datasets):
            keys = ("spec", "collections", number, "datasets", index)
            widths = _widths(collection, dataset, document, (*keys, "timezone"), catalog)
            for match in catalog.find(dataset.in_pattern, document, (*keys, "in_pattern")):
                name = _dataset_name(dataset, match, document, (*keys, "out_pattern"), catalog)
                if name is not None:
                    step = _reduce_step(
                        document, collection, dataset, match, name=name, resolutions=widths
                    )
                    declared = Declared(document, (*keys, "out_pattern"), Content.BUCKETS)
                    catalog.declare(step.outputs, declared)
                    yield step


def _collection_path(document: Document, collection: DeriveCollection) -> str:
    return f"/derived/{document.name}/{collection.name}"


def _site_path(document: Document, site: Site) -> str:
    return f"/combined/{document.name}/{site.name}"


def _assets(matches: Sequence[Match]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.asset for match in matches))


def _parts(
    site: Site, document: Document, keys: Keys, catalog: Catalog
) -> tuple[CombineInput, ...]:
    """Return the series of a site; two that say the same thing twice are a problem."""
    parts: list[CombineInput] = []
    seen: dict[tuple[str, str | None], list[tuple[int, Window]]] = defaultdict(list)
    for index, each in enumerate(site.inputs):
        for match in catalog.find(each.pattern, document, (*keys, index, "pattern")):
            scope = each.scope or catalog.declared[match.asset].scope
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
                    asset=match.asset,
                    scope=scope,
                    window=window,
                    rename=each.rename,
                    priority=each.priority,
                    corrections=each.corrections,
                )
            )
    return tuple(parts)


def _meaning(dataset: PivotDataset) -> dict[str, str]:
    """Return what the metadata of the columns of a parameter says."""
    facts = {
        "parameter": dataset.parameter,
        "unit": dataset.unit,
        "aggregate": dataset.aggregate,
    }
    return {key: str(value) for key, value in facts.items() if value is not None}


def _label(
    dataset: PivotDataset, match: Match, document: Document, keys: Keys, catalog: Catalog
) -> str | None:
    if dataset.label is None or match.is_open:
        return dataset.label
    try:
        return render(dataset.label, match.captures)
    except PondError as exc:
        catalog.problems.add(document.location, keys, str(exc), hint=exc.hint)
        return None


def _dataset_name(
    dataset: ReduceDataset, match: Match, document: Document, keys: Keys, catalog: Catalog
) -> str | None:
    if match.is_open:
        what = f"what is below {match.asset} shows only when it runs"
        hint = "name one series of it, or combine them into a site first"
        catalog.problems.add(document.location, (*keys[:-1], "in_pattern"), what, hint=hint)
        return None
    try:
        return checked_name(render(dataset.out_pattern, match.captures))
    except PondError as exc:
        what = f"for {match.path}: {exc}"
        catalog.problems.add(document.location, keys, what, hint=exc.hint)
        return None


def _widths(
    collection: ReduceCollection,
    dataset: ReduceDataset,
    document: Document,
    keys: Keys,
    catalog: Catalog,
) -> tuple[Resolution, ...]:
    """Return the resolutions by the clocks of the dataset's zone."""
    if dataset.timezone is None:
        return collection.resolutions
    try:
        return tuple(
            Resolution.parse(each.text, dataset.timezone) for each in collection.resolutions
        )
    except PondError as exc:
        catalog.problems.add(document.location, keys, str(exc), hint=exc.hint)
        return collection.resolutions


def _reduce_step(
    document: Document,
    collection: ReduceCollection,
    dataset: ReduceDataset,
    match: Match,
    *,
    name: str,
    resolutions: tuple[Resolution, ...],
) -> ReduceStep:
    directory = f"/reduced/{document.name}/{collection.name}/{name}"
    widths = [resolution.text for resolution in resolutions]
    return ReduceStep(
        group=document.name,
        owners=owners_of(document),
        description=described(f"{match.path} at {', '.join(widths)}.", document),
        outputs=tuple(f"{directory}/res={width}" for width in widths),
        inputs=(match.asset,),
        cadence=Cadence.MONTHLY,
        fingerprint=fingerprint(
            "reduce",
            resolutions=widths,
            **({"timezone": dataset.timezone} if dataset.timezone else {}),
            columns=dataset.columns,
            aggregates=dataset.aggregates,
            exclude_flags=dataset.exclude_flags,
        ),
        series=match.path,
        collection=collection.name,
        dataset=name,
        resolutions=resolutions,
        columns=dataset.columns,
        aggregates=dataset.aggregates,
        exclude_flags=dataset.exclude_flags,
    )
