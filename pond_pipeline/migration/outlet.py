"""What a migration leaves beside the pond: the resources and, if one asks for it, the secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pond_pipeline.errors import ConfigError
from pond_pipeline.migration.dictionary import FLOOR
from pond_pipeline.migration.files import inbox_files
from pond_pipeline.migration.instrument import safe_name
from pond_pipeline.migration.remark import Remarks
from pond_pipeline.migration.report import ResourcesReport
from pond_pipeline.migration.resource import OldResource
from pond_pipeline.migration.secret import Secrets
from pond_pipeline.migration.written import Draft, derived_starts, planned, resources_text


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where the resources of an old pond are written.

    Attributes:
        file: The YAML file.
        force: Whether another file that is there already is replaced.
        secrets: The file for the values of secrets; None: they are written nowhere.
    """

    file: Path
    force: bool = False
    secrets: Path | None = None


def write_resources(
    drafts: Sequence[Draft],
    others: Sequence[OldResource],
    secrets: Secrets,
    outlet: Outlet,
    *,
    dry_run: bool,
    remarks: Remarks,
) -> ResourcesReport:
    """Write the file of resources, and that of secrets where it is asked for.

    Args:
        drafts: What is taken; one whose spec is lost is left out.
        others: What has no place here.
        secrets: Those of all resources.
        outlet: Where to write.
        dry_run: Whether nothing is written.
        remarks: What is wrong in the file is noted there, and what is left out of it.
    """
    file = outlet.file
    lines = [line for each in others for line in _not_taken(each, secrets, remarks)]
    drafts = [draft for draft in drafts if draft.resource.spec is not None]
    text = _text(drafts, secrets, lines, file)
    planned(text, file=file, remarks=remarks)
    state = "foreseen" if dry_run else _write(file, text, remarks, force=outlet.force)
    if outlet.secrets is not None and not dry_run:
        secrets.write(outlet.secrets)
    return ResourcesReport(
        file=str(file),
        state=state,
        resources=tuple(draft.label for draft in drafts),
        variables=secrets.variables,
        secrets=None if outlet.secrets is None else str(outlet.secrets),
    )


def _text(drafts: Sequence[Draft], secrets: Secrets, others: Sequence[str], file: Path) -> str:
    """Return the file of resources; what Derives make of the files says when they start."""

    def starting(starts: Mapping[str, str], otherwise: str | None) -> str:
        begun = [
            replace(draft, start=starts.get(draft.name, otherwise))
            if draft.resource.kind == "Derive"
            else draft
            for draft in drafts
        ]
        return resources_text(begun, secrets, others=others)

    floor = f"{FLOOR:%Y-%m-%d}"
    has_account = any(draft.resource.kind == "HydroVu" for draft in drafts)
    if all(draft.resource.kind != "Derive" for draft in drafts):
        return starting({}, None)
    files = (
        (f"/raw/{draft.name}/{below}", data)
        for draft in drafts
        if draft.resource.kind == "Inbox"
        for below, data in inbox_files(draft.resource)
    )
    starts = derived_starts(starting({}, floor), files, file=file)
    return starting(starts, None if has_account else floor)


def _not_taken(resource: OldResource, secrets: Secrets, remarks: Remarks) -> list[str]:
    """Note a resource that has no place here; return what the file of resources says of it."""
    where, spec = resource.where, resource.spec or {}
    match resource.kind:
        case "Backup":
            bucket = secrets.hide(str(spec.get("bucket") or "?"))
            detail = f"it went to the bucket {bucket!r}; what is in the bucket stays there"
            remarks.left("backup", where, f"{detail}. Name a folder in the file of resources")
            return [
                f"The Backup {resource.name!r} went to the bucket {bucket!r}. Into a folder:",
                "    ---",
                "    kind: Backup",
                f"    name: {safe_name(resource.name, otherwise='backup')}",
                "    spec: {folder: backup}",
            ]
        case "Copy":
            remarks.left("copy", where, "a copy is made of a backup in a folder here")
        case _:
            remarks.left("test data", where, "random tables are not made here")
    return [f"The {resource.kind} {resource.name!r} is left out."]


def _write(file: Path, text: str, remarks: Remarks, *, force: bool) -> str:
    """Write the file of resources, and say what became of it."""
    data = text.encode()
    try:
        if file.exists() and file.read_bytes() == data:
            return "unchanged"
        with file.open("wb" if force else "xb") as opened:
            opened.write(data)
    except FileExistsError:
        hint = "name another by -o, or replace it by --force"
        remarks.failed("resources not written", str(file), f"another file is there; {hint}")
        return "kept"
    except OSError as exc:
        raise ConfigError(f"{file}: {exc.strerror}", hint="name another file by -o") from exc
    return "written"
