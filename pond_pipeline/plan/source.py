"""Sources and the steps that bring their readings in."""

from collections.abc import Iterator
from pathlib import Path

from pond_core import Window
from pond_pipeline.config import (
    Device,
    Document,
    ExportLocation,
    HydroVuSpec,
    LakeTechSpec,
)
from pond_pipeline.plan.catalog import Catalog, Declared
from pond_pipeline.plan.fingerprint import fingerprint
from pond_pipeline.plan.step import (
    DictionariesStep,
    ExportStep,
    FilesStep,
    HydroVuSource,
    LakeTechSource,
    NormalizeStep,
    PullStep,
    Step,
)


def hydrovu_source(document: Document, spec: HydroVuSpec) -> HydroVuSource:
    """Return the account that a resource describes."""
    return HydroVuSource(
        name=document.name,
        key=spec.key,
        secret=spec.secret,
        base_url=spec.base_url,
        start=spec.start,
        clock_floor=spec.clock_floor,
        overlap=spec.overlap,
        schedule=spec.schedule,
    )


def hydrovu_steps(
    source: HydroVuSource, document: Document, spec: HydroVuSpec, catalog: Catalog
) -> Iterator[Step]:
    """Yield the steps of an account and declare their paths."""
    dictionaries = DictionariesStep(
        group=source.name,
        description=f"Units, parameters and locations of the HydroVu account {source.name}.",
        outputs=tuple(
            f"/raw/{source.name}/{each}" for each in ("units", "parameters", "locations")
        ),
        partitioned=False,
        fingerprint=fingerprint("dictionaries", base_url=source.base_url.template),
        source=source,
    )
    catalog.declare(dictionaries.outputs, Declared(document, ("name",)))
    yield dictionaries
    for index, device in enumerate(spec.devices):
        keys = ("spec", "devices", index)
        if device.until is not None and device.until <= source.start:
            what = (
                f"is not after the source's start ({source.start:%Y-%m-%d}): nothing is collected"
            )
            hint = "remove the device, or begin earlier"
            catalog.problems.add(document.location, (*keys, "until"), what, hint=hint)
        pull = _pull(source, device)
        normalize = _normalize(source, device, pull.window)
        paths = (*pull.outputs, *normalize.outputs)
        catalog.declare(paths, Declared(document, (*keys, "name"), device.scope))
        yield pull
        yield normalize


def laketech_source(document: Document, spec: LakeTechSpec, *, root: Path) -> LakeTechSource:
    """Return the folder of exports that a resource describes."""
    return LakeTechSource(
        name=document.name,
        pattern=spec.pattern,
        root=root,
        start=spec.start,
        timezone=spec.timezone,
        subtract_offset=spec.subtract_offset,
        schedule=spec.schedule,
    )


def laketech_steps(
    source: LakeTechSource, document: Document, spec: LakeTechSpec, catalog: Catalog
) -> Iterator[Step]:
    """Yield the steps of a folder of exports and declare their paths."""
    files = FilesStep(
        group=source.name,
        description=f"Files of {source.name}, bit for bit.",
        outputs=(f"/raw/{source.name}/files",),
        partitioned=False,
        fingerprint=fingerprint("files", pattern=source.pattern.template),
        source=source,
        locations=tuple((location.name, location.match) for location in spec.locations),
    )
    catalog.declare(files.outputs, Declared(document, ("name",)))
    yield files
    for index, location in enumerate(spec.locations):
        export = _export(source, location, files)
        keys = ("spec", "locations", index, "name")
        catalog.declare(export.outputs, Declared(document, keys, location.scope))
        yield export


def _pull(source: HydroVuSource, device: Device) -> PullStep:
    start = source.start if device.start is None else max(source.start, device.start)
    window = Window.of(start, device.until)
    return PullStep(
        group=source.name,
        description=f"Readings of {device.name} as HydroVu gives them, one row each.",
        outputs=(f"/raw/{source.name}/{device.name}",),
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


def _normalize(source: HydroVuSource, device: Device, window: Window) -> NormalizeStep:
    raw = f"/raw/{source.name}"
    return NormalizeStep(
        group=source.name,
        description=f"Readings of {device.name}, one row per instant, one column per parameter.",
        outputs=(
            f"/normalized/{source.name}/{device.name}",
            f"/quarantine/{source.name}/{device.name}",
        ),
        inputs=(f"{raw}/{device.name}", f"{raw}/units", f"{raw}/parameters"),
        fingerprint=fingerprint(
            "normalize", window=window, clock=device.clock, clock_floor=source.clock_floor
        ),
        source=source,
        device=device.name,
        window=window,
        clock=device.clock,
        interval=device.interval,
    )


def _export(source: LakeTechSource, location: ExportLocation, files: FilesStep) -> ExportStep:
    window = Window.of(source.start)
    return ExportStep(
        group=source.name,
        description=f"Exported readings of {location.name}, one row per instant.",
        outputs=(f"/normalized/{source.name}/{location.name}",),
        inputs=files.outputs,
        fingerprint=fingerprint(
            "export",
            match=location.match,
            timezone=source.timezone,
            subtract_offset=source.subtract_offset,
            window=window,
        ),
        source=source,
        location=location.name,
        match=location.match,
        window=window,
    )
