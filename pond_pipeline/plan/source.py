"""Sources and the steps that bring their readings in."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from pond_core import Window
from pond_pipeline.config import (
    Device,
    Document,
    ExportLocation,
    HydroVuSpec,
    InboxSpec,
    Keys,
    LakeTechSpec,
    ScribbleSpec,
)
from pond_pipeline.plan.catalog import Catalog, Content, Declared
from pond_pipeline.plan.fingerprint import fingerprint
from pond_pipeline.plan.judging import judged_by, refuse_senseless
from pond_pipeline.plan.label import described, owners_of
from pond_pipeline.plan.origin import (
    Folder,
    HydroVuSource,
    InboxSource,
    LakeTechSource,
    ScribbleSource,
)
from pond_pipeline.plan.step import (
    DictionariesStep,
    ExportStep,
    FilesStep,
    InboxStep,
    Judgement,
    NormalizeStep,
    PullStep,
    ScribbleStep,
    Step,
    Treatment,
)


def hydrovu_source(
    document: Document, spec: HydroVuSpec, accounts: dict[tuple[str, str], str]
) -> HydroVuSource:
    """Return the account that a resource describes.

    Args:
        document: The resource.
        spec: What it says.
        accounts: Who was first to have a server and a client id, as they are written; added to.
    """
    credential = (spec.base_url.template, spec.key.template)
    return HydroVuSource(
        name=document.name,
        account=accounts.setdefault(credential, document.name),
        key=spec.key,
        secret=spec.secret,
        base_url=spec.base_url,
        start=spec.start,
        clock_floor=spec.clock_floor,
        overlap=spec.overlap,
        schedule=spec.schedule,
        cadence=spec.cadence,
    )


def hydrovu_steps(
    source: HydroVuSource, document: Document, spec: HydroVuSpec, catalog: Catalog
) -> Iterator[Step]:
    """Yield the steps of an account and declare their paths."""
    account = f"Units, parameters and locations of the HydroVu account {source.name}."
    dictionaries = DictionariesStep(
        group=source.name,
        owners=owners_of(document),
        description=described(account, document),
        outputs=tuple(
            f"/raw/{source.name}/{each}" for each in ("units", "parameters", "locations")
        ),
        cadence=None,
        fingerprint=fingerprint("dictionaries", base_url=source.base_url.template),
        source=source,
    )
    catalog.declare(dictionaries.outputs, Declared(document, ("name",), Content.TABLE))
    yield dictionaries
    intervals = {each.name: each.interval for each in spec.devices}
    refuse_senseless(spec.quality, intervals, document, ("spec", "quality"), catalog.problems)
    windows: dict[int, list[tuple[int, Window]]] = {}
    for index, device in enumerate(spec.devices):
        keys = ("spec", "devices", index)
        _refuse_early_end(device.until, source, document, keys, catalog)
        pull = _pull(source, document, device)
        if device.active:
            others = windows.setdefault(device.id, [])
            _refuse_same_readings(index, pull.window, others, document, catalog)
            others.append((index, pull.window))
        normalize = _normalize(source, document, spec, device, pull.window)
        table, quarantine = normalize.outputs
        name = (*keys, "name")
        long = Declared(document, name, Content.READINGS)
        wide = Declared(document, name, Content.SERIES, device.scope)
        if catalog.declare((*pull.outputs, quarantine), long):
            catalog.declare([table], wide)
        yield pull
        yield normalize


def _refuse_early_end(
    until: datetime | None,
    source: HydroVuSource | LakeTechSource,
    document: Document,
    keys: Keys,
    catalog: Catalog,
) -> None:
    """Refuse an instrument whose time ends before that of its source begins."""
    if until is not None and until <= source.start:
        what = f"is not after the source's start ({source.start:%Y-%m-%d}): nothing is collected"
        hint = f"remove the {'device' if 'devices' in keys else 'location'}, or begin earlier"
        catalog.problems.add(document.location, (*keys, "until"), what, hint=hint)


def _refuse_same_readings(
    index: int,
    window: Window,
    others: Iterable[tuple[int, Window]],
    document: Document,
    catalog: Catalog,
) -> None:
    """Refuse a device that has the `id` of another one at the same time: a line copied, mostly."""
    for other, taken in others:
        if window.overlaps(taken):
            line = document.location.line(("spec", "devices", other, "id"))
            what = f"is the location of line {line} already: both would be the same readings"
            hint = "`pond hydrovu locations` lists all; or end one before the other: until, start"
            keys = ("spec", "devices", index, "id")
            catalog.problems.add(document.location, keys, what, hint=hint)
            return


def laketech_source(document: Document, spec: LakeTechSpec, *, root: Path) -> LakeTechSource:
    """Return the folder of exports that a resource describes."""
    return LakeTechSource(
        name=document.name,
        folder=Folder(pattern=spec.pattern, root=root),
        start=spec.start,
        timezone=spec.timezone,
        subtract_offset=spec.subtract_offset,
        schedule=spec.schedule,
        cadence=spec.cadence,
    )


def laketech_steps(
    source: LakeTechSource, document: Document, spec: LakeTechSpec, catalog: Catalog
) -> Iterator[Step]:
    """Yield the steps of a folder of exports and declare their paths."""
    files = FilesStep(
        group=source.name,
        owners=owners_of(document),
        description=described(f"Files of {source.name}, bit for bit.", document),
        outputs=(f"/raw/{source.name}/files", f"/quarantine/{source.name}/files"),
        cadence=None,
        fingerprint=fingerprint("files", pattern=source.folder.pattern.template),
        source=source,
        locations=tuple((location.name, location.match) for location in spec.locations),
    )
    catalog.declare(files.outputs, Declared(document, ("name",), Content.FILES))
    yield files
    intervals = {each.name: each.interval for each in spec.locations}
    refuse_senseless(spec.quality, intervals, document, ("spec", "quality"), catalog.problems)
    for index, location in enumerate(spec.locations):
        keys = ("spec", "locations", index)
        _refuse_early_end(location.until, source, document, keys, catalog)
        export = _export(source, document, spec, location, files)
        wide = Declared(document, (*keys, "name"), Content.SERIES, location.scope)
        catalog.declare(export.outputs, wide)
        yield export


def inbox_source(document: Document, spec: InboxSpec, *, root: Path) -> InboxSource:
    """Return the folder of files that a resource describes."""
    folder = Folder(pattern=spec.pattern, root=root)
    return InboxSource(name=document.name, folder=folder, schedule=spec.schedule)


def inbox_step(source: InboxSource, document: Document, catalog: Catalog) -> InboxStep:
    """Return the step of a folder of files and declare its path."""
    path = f"/raw/{source.name}"
    catalog.declare([path], Declared(document, ("name",), Content.FILES))
    return InboxStep(
        group=source.name,
        owners=owners_of(document),
        description=described(f"Files of {source.name}, bit for bit.", document),
        outputs=(path,),
        cadence=None,
        fingerprint=fingerprint("inbox", pattern=source.folder.pattern.template),
        source=source,
    )


def scribble_source(document: Document, spec: ScribbleSpec) -> ScribbleSource:
    """Return the made-up readings that a resource describes."""
    return ScribbleSource(
        name=document.name,
        seed=spec.seed,
        window=Window.of(spec.start, spec.end),
        interval=spec.interval,
        columns=spec.columns,
        schedule=spec.schedule,
        cadence=spec.cadence,
    )


def scribble_steps(
    source: ScribbleSource, document: Document, spec: ScribbleSpec, catalog: Catalog
) -> Iterator[ScribbleStep]:
    """Yield a step for each series of made-up readings and declare its path."""
    for index, series in enumerate(spec.series):
        path, keys = f"/raw/{source.name}/{series}", ("spec", "series", index)
        catalog.declare([path], Declared(document, keys, Content.SERIES))
        yield ScribbleStep(
            group=source.name,
            owners=owners_of(document),
            description=described(f"Readings of {series}, made up from a seed.", document),
            outputs=(path,),
            cadence=source.cadence,
            fingerprint=fingerprint(
                "scribble",
                seed=source.seed,
                window=source.window,
                interval=source.interval,
                columns=source.columns,
                series=series,
            ),
            source=source,
            series=series,
        )


def _pull(source: HydroVuSource, document: Document, device: Device) -> PullStep:
    start = source.start if device.start is None else max(source.start, device.start)
    window = Window.of(start, device.until)
    what = f"Readings of {device.name} as HydroVu gives them, one row each."
    return PullStep(
        group=source.name,
        owners=owners_of(document),
        description=described(what, document, device.comment),
        outputs=(f"/raw/{source.name}/{device.name}",),
        cadence=source.cadence,
        fingerprint=fingerprint(
            "pull", base_url=source.base_url.template, location_id=device.id, window=window
        ),
        source=source,
        device=device.name,
        location_id=device.id,
        window=window,
        clock=device.clock,
        active=device.active,
        interval=device.interval,
    )


def _normalize(
    source: HydroVuSource, document: Document, spec: HydroVuSpec, device: Device, window: Window
) -> NormalizeStep:
    raw = f"/raw/{source.name}"
    what = f"Readings of {device.name}, one row per instant, one column per parameter."
    return NormalizeStep(
        group=source.name,
        owners=owners_of(document),
        description=described(what, document, device.comment),
        outputs=(
            f"/normalized/{source.name}/{device.name}",
            f"/quarantine/{source.name}/{device.name}",
        ),
        inputs=(f"{raw}/{device.name}", f"{raw}/units", f"{raw}/parameters"),
        cadence=source.cadence,
        fingerprint=fingerprint(
            "normalize",
            window=window,
            clock=device.clock,
            clock_floor=source.clock_floor,
            units=spec.units,
            **judged_by(spec.quality, device.interval),
        ),
        source=source,
        device=device.name,
        window=window,
        clock=device.clock,
        treatment=Treatment(units=spec.units, quality=spec.quality),
        judgement=Judgement(checks=spec.checks, interval=device.interval, columns=device.columns),
    )


def _export(
    source: LakeTechSource,
    document: Document,
    spec: LakeTechSpec,
    location: ExportLocation,
    files: FilesStep,
) -> ExportStep:
    window = Window.of(source.start, location.until)
    what = f"Exported readings of {location.name}, one row per instant."
    return ExportStep(
        group=source.name,
        owners=owners_of(document),
        description=described(what, document),
        outputs=(f"/normalized/{source.name}/{location.name}",),
        inputs=files.outputs[:1],
        cadence=source.cadence,
        fingerprint=fingerprint(
            "export",
            match=location.match,
            timezone=source.timezone,
            subtract_offset=source.subtract_offset,
            window=window,
            units=spec.units,
            **judged_by(spec.quality, location.interval),
        ),
        source=source,
        location=location.name,
        match=location.match,
        window=window,
        treatment=Treatment(units=spec.units, quality=spec.quality),
        judgement=Judgement(
            checks=spec.checks, interval=location.interval, columns=location.columns
        ),
    )
