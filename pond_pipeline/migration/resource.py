"""The resources of an original pond: what was applied, under which name, with which tree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pond_pipeline.migration.folder import Folder
from pond_pipeline.migration.listing import FileType
from pond_pipeline.migration.remark import Remarks
from pond_pipeline.migration.table import table_rows, table_versions

KINDS = (
    "HydroVu",
    "Inbox",
    "Derive",
    "Combine",
    "Reduce",
    "Template",
    "Backup",
    "Copy",
    "Scribble",
)
"""The original tool's kinds; what is read comes before what reads it."""

_TABLE = "Pond"


@dataclass(frozen=True, slots=True)
class OldResource:
    """One resource.

    Attributes:
        kind: One of `KINDS`.
        name: As it was applied.
        uuid: The name of its tree.
        desc: For people; may be empty.
        metadata: Labels.
        spec: What it says, by key; None where it is lost.
        former: What it said before, the oldest first.
        folder: What it collected; None where there is nothing, or it is lost.
        aliases: Other names that symlinks gave it.
    """

    kind: str
    name: str
    uuid: str
    desc: str
    metadata: Mapping[str, str]
    spec: Mapping[str, object] | None
    former: tuple[Mapping[str, object], ...]
    folder: Folder | None
    aliases: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Its path in the old pond."""
        return f"/{self.kind}/{self.name}"


def read_resources(root: Folder, remarks: Remarks) -> list[OldResource]:
    """Return the resources of an original pond, by kind in the order of `KINDS`.

    They are known by the table `Pond`; where that is lost, by the symlinks beside their trees.
    """
    described = _described(root)
    resources: list[OldResource] = []
    for kind in KINDS:
        if kind in root.trees:
            resources += _of_kind(kind, root.trees[kind], described, remarks)
    known = {(resource.kind, resource.uuid) for resource in resources}
    for (kind, uuid), row in described.items():
        if (kind, uuid) not in known:
            what = "nothing of it is there" if kind in KINDS else "this kind is not known"
            remarks.failed("resource lost", f"/{kind}/{_text(row['name'])}", what)
    _tell_foreign(root)
    return resources


def _described(root: Folder) -> dict[tuple[str, str], dict[str, object]]:
    """Return the rows of the table of all resources, by kind and UUID."""
    rows = table_rows(root, _TABLE)
    return {
        (_text(row.get("kind")), _text(row.get("uuid"))): row
        for row in rows
        if row.get("kind") and row.get("uuid") and row.get("name")
    }


def _of_kind(
    kind: str,
    folder: Folder,
    described: Mapping[tuple[str, str], Mapping[str, object]],
    remarks: Remarks,
) -> Iterator[OldResource]:
    links = folder.links()
    specs: dict[str, list[Mapping[str, object]]] = {}
    for _, rows in reversed(list(table_versions(folder, kind))):
        for row in rows:
            spec = {key: _plain(value) for key, value in row.items() if key != "uuid"}
            earlier = specs.setdefault(_text(row.get("uuid")), [])
            if spec not in earlier[-1:]:
                earlier.append(spec)
    names = {uuid: _text(row["name"]) for (of, uuid), row in described.items() if of == kind}
    for name, uuid in links.items():
        names.setdefault(uuid, name)
    for uuid, name in names.items():
        if uuid not in specs and uuid not in folder.trees:
            continue
        facts: Mapping[str, object] = described.get((kind, uuid), {})
        said = specs.get(uuid, [])
        if not said:
            remarks.failed("spec lost", f"/{kind}/{name}", "it is not in resources.yaml")
        yield OldResource(
            kind=kind,
            name=name,
            uuid=uuid,
            desc=_text(facts.get("desc")),
            metadata=_labels(facts.get("metadata")),
            spec=said[-1] if said else None,
            former=tuple(said[:-1]),
            folder=folder.trees.get(uuid),
            aliases=tuple(each for each, end in links.items() if end == uuid and each != name),
        )
    _tell_nameless(kind, folder, names, links, remarks)


def _tell_nameless(
    kind: str,
    folder: Folder,
    names: Mapping[str, str],
    links: Mapping[str, str],
    remarks: Remarks,
) -> None:
    """Note what no resource of a kind has to do with."""
    for uuid in folder.trees:
        if uuid not in names:
            remarks.failed("tree without a name", f"/{kind}/{uuid}", "no resource has this UUID")
    for name, end in links.items():
        if end not in folder.trees:
            remarks.noted("symlink to nothing", f"/{kind}/{name}", f"it leads to {end!r}")
    own = {(kind, FileType.TABLE)}
    own |= {(name, FileType.TREE) for name in folder.names(FileType.TREE)}
    own |= {(name, FileType.SYMLINK) for name in folder.names(FileType.SYMLINK)}
    for item in folder.items:
        if (item.name, item.file_type) not in own:
            folder.tell_foreign(item)


def _tell_foreign(root: Folder) -> None:
    """Note what stands beside the kinds."""
    for item in root.items:
        is_own = item.name == _TABLE if item.has_file else item.name in KINDS
        if not is_own:
            root.tell_foreign(item)


def _labels(value: object) -> dict[str, str]:
    plain = _plain(value)
    labels = plain if isinstance(plain, dict) else {}
    return {key: str(each) for key, each in labels.items() if each is not None}


def _plain(value: object) -> object:
    """Return a value of a table with its maps, which Arrow gives as pairs, as dictionaries."""
    match value:
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() if value and all(isinstance(each, tuple) for each in value):
            return {str(key): _plain(each) for key, each in value}
        case list():
            return [_plain(each) for each in value]
        case _:
            return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
