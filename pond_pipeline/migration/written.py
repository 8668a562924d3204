"""The resources of an original pond as `resources.yaml` has them here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import ValidationError
from typing_extensions import override

from pond_core import FS, MemoryBackend, PondError
from pond_pipeline.config import HydroVuSpec, load_documents, written
from pond_pipeline.config.kind import SPECS
from pond_pipeline.errors import ConfigError
from pond_pipeline.migration.dictionary import FLOOR
from pond_pipeline.migration.instrument import Instrument
from pond_pipeline.migration.remark import Remarks
from pond_pipeline.migration.resource import OldResource
from pond_pipeline.migration.secret import SECRET_KEYS, UNMISTAKABLE, Secrets
from pond_pipeline.plan import DeriveStep, Plan, compile_plan
from pond_pipeline.steps.derive import SeriesFolder, derive

TAKEN = ("HydroVu", "Inbox", "Derive", "Combine", "Reduce", "Template")
"""The kinds that are resources here as well."""

_BASE_URL = f"${{env:HYDROVU_URL:-{HydroVuSpec.model_fields['base_url'].default}}}"


@dataclass(frozen=True, slots=True)
class Draft:
    """A resource that is to be written.

    Attributes:
        resource: As it was.
        name: What it is called here.
        instruments: Those of an account.
        start: The day of its first reading, as `2024-03-01`; None where nobody knows.
    """

    resource: OldResource
    name: str
    instruments: Sequence[Instrument] = ()
    start: str | None = None

    @property
    def label(self) -> str:
        """Its kind and name."""
        return f"{self.resource.kind}/{self.name}"


def resources_text(drafts: Sequence[Draft], secrets: Secrets, *, others: Sequence[str]) -> str:
    """Return a file of resources.

    Args:
        drafts: What is in it, in order.
        secrets: What must not be in it; the variables that are there instead are named on top.
        others: What could not be taken over, a line each.
    """
    documents = [_document(draft, secrets) for draft in drafts]
    body = yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return secrets.hide(_head(secrets, others) + body, shortest=UNMISTAKABLE)


def planned(text: str, *, file: Path, remarks: Remarks) -> Plan | None:
    """Return what our own compiler makes of a text; None where it refuses, which is noted."""
    try:
        return compile_plan(load_documents(text, file=file.name), root=file.absolute().parent)
    except ConfigError as exc:
        hint = f"; {exc.hint}" if exc.hint else ""
        remarks.failed("resources to be corrected", str(file), f"{exc}{hint}")
        return None


def derived_starts(
    text: str, files: Iterable[tuple[str, bytes]], *, file: Path
) -> Mapping[str, str]:
    """Return by the name of a Derive the month of the first reading that it makes of some files.

    Times before 2000-01-01 the original tool passed over; they count as that day.

    Args:
        text: The resources.
        files: The paths of files in the pond, and what each holds; taken one at a time.
        file: Where the resources will stand.
    """
    plan = planned(text, file=file, remarks=Remarks())
    steps = [] if plan is None else [s for s in plan.steps if isinstance(s, DeriveStep)]
    starts: dict[str, date] = {}
    for path, data in files if steps else ():
        fs = FS(MemoryBackend())
        try:
            fs.mkdir(path.rpartition("/")[0], parents=True)
            fs.write_data(path, data)
        except PondError:
            continue  # the pond has no place for such a name, which was told when it was refused
        for step in steps:
            first = _first_month(derive(step, fs))
            if first is not None:
                starts[step.group] = min(first, starts.get(step.group, first))
    return {name: max(first, FLOOR.date()).isoformat() for name, first in starts.items()}


def _first_month(made: SeriesFolder) -> date | None:
    """Return the month of the first reading that a Derive made; None without one."""
    slices = (part for each in made.updates.values() for batch in each.batches for part in batch)
    return min((part.period.first for part in slices if part.table.num_rows), default=None)


def _document(draft: Draft, secrets: Secrets) -> dict[str, object]:
    resource = draft.resource
    document: dict[str, object] = {
        "apiVersion": "duckpond/v1",
        "kind": resource.kind,
        "name": draft.name,
    }
    if resource.desc:
        document["desc"] = secrets.hide(resource.desc)
    if resource.metadata:
        document["metadata"] = {key: secrets.hide(each) for key, each in resource.metadata.items()}
    spec = _spec(draft, secrets)
    try:
        read = written(SPECS[resource.kind].model_validate(spec))
    except ValidationError:
        read = spec  # our compiler says what is wrong, with its line
    document["spec"] = _with_day(read)
    return document


def _spec(draft: Draft, secrets: Secrets) -> dict[str, object]:
    spec = _without_nulls(draft.resource.spec or {})
    assert isinstance(spec, dict)  # noqa: S101 -- as it came
    match draft.resource.kind:
        case "HydroVu":
            return {
                **{key: secrets.reference(draft.resource, key) for key in SECRET_KEYS},
                "base_url": _BASE_URL,
                **({} if draft.start is None else {"start": draft.start}),
                "devices": [_device(each, secrets) for each in draft.instruments],
            }
        case "Derive" if draft.start is not None:
            return {"start": draft.start, **spec}
        case "Combine":
            scopes = spec.get("scopes")
            listed = scopes if isinstance(scopes, list) else []
            return {"scopes": [_without(each, "columns") for each in listed]}
        case _:
            return spec


def _device(instrument: Instrument, secrets: Secrets) -> dict[str, object]:
    device: dict[str, object] = {"name": instrument.name, "id": instrument.location_id}
    if instrument.scope:
        device["scope"] = instrument.scope
    if not instrument.active:
        device["active"] = False
    if instrument.comment:
        device["comment"] = secrets.hide(instrument.comment)
    return device


def _head(secrets: Secrets, others: Sequence[str]) -> str:
    lines = ["Made by `pond migrate`; yours to edit. `pond apply --dry-run` checks it."]
    if secrets.variables:
        lines += [
            "",
            "Set these in the environment, or in a file `.env` beside this one (chmod 600):",
            *(f"    {name}=" for name in secrets.variables),
        ]
    if others:
        lines += ["", *others]
    return "".join(f"# {' '.join(line.split(chr(10)))}".rstrip() + "\n" for line in lines) + "\n"


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as it stands, and indents lists."""

    @override
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _with_day(spec: object) -> object:
    """Return a spec whose `start` is a day, as people write it."""
    if isinstance(spec, dict) and isinstance(spec.get("start"), str):
        return {**spec, "start": date.fromisoformat(spec["start"][:10])}
    return spec


def _without(value: object, key: str) -> object:
    return {k: v for k, v in value.items() if k != key} if isinstance(value, dict) else value


def _without_nulls(value: object) -> object:
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value
