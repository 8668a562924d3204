"""Resources recorded in the pond: each with a UUID that it keeps.

`/sys/resources/<uuid>` holds a resource as JSON, which YAML readers read; a symlink
`/sys/resources/by-name/<kind>.<name>` leads to it. What is recorded names the variables that hold
secrets; a secret that is written in the clear is not recorded. `/sys/resources/applied` names those
of the last file that was right, in its order: the plan that goes on when the file is damaged. So
the texts of template files are recorded, too, as the attribute `templates`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from pond_core import FS, MemoryBackend, NotAPondError, Pond, Provenance, ReadFS, Transaction
from pond_pipeline.config import Document, TemplateSpec, load_documents, read_documents
from pond_pipeline.plan import Plan, TemplateStep, compile_plan
from pond_pipeline.resources import (
    BY_NAME,
    RESOURCES,
    AppliedResource,
    Change,
    Outlook,
    document_json,
    foresee,
    prune,
    recorded_resources,
    rename,
)
from pond_pipeline.resources.recorded import link_of

_APPLIED = f"{RESOURCES}/applied"
_TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a file's resources, or would.

    Attributes:
        txn: The transaction that recorded them; None when nothing changed.
        dry_run: Whether this is only what would be.
        resources: In the order of the file; then those that are gone from it.
        added: The paths that nothing declared before.
        removed: The paths that are declared no more; what is there stays until it is pruned.
        remaining: What is in the pond and declared no more, sorted.
        pruned: What of it was removed.
    """

    txn: int | None
    dry_run: bool
    resources: tuple[AppliedResource, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    remaining: tuple[str, ...]
    pruned: tuple[str, ...]


def apply_resources(
    file: Path,
    *,
    pond: str | Path,
    variables: Mapping[str, str] | None = None,
    author: str = "pond apply",
    pruning: bool = False,
) -> Applied:
    """Check a file of resources, and record them in a pond, which is made when it is not there.

    Args:
        file: The YAML file.
        pond: The pond's directory or URL.
        variables: What `{{ name }}` stands for.
        author: Who did it.
        pruning: Whether what is gone from the file is removed from the pond.

    Raises:
        ConfigError: Something in the file is wrong, or cannot be renamed; nothing was recorded.
        ConflictError: Others kept recording resources at the same time.
    """
    documents, plan = _checked(file, variables)
    return record_documents(
        Pond.init(pond, exist_ok=True), documents, plan, author=author, pruning=pruning
    )


def foresee_resources(
    file: Path,
    *,
    pond: str | Path,
    variables: Mapping[str, str] | None = None,
    pruning: bool = False,
) -> Applied:
    """Return what `apply_resources` would do; nothing is written, and no pond made."""
    documents, plan = _checked(file, variables)
    try:
        fs: ReadFS = Pond.open(pond).snapshot()
    except NotAPondError:
        fs = FS(MemoryBackend())
    return _told(foresee(fs, documents, plan), txn=None, dry_run=True, pruning=pruning)


def record_documents(
    pond: Pond,
    documents: Sequence[Document],
    plan: Plan,
    *,
    author: str,
    pruning: bool = False,
) -> Applied:
    """Record documents that were checked; those that are recorded already are not written."""
    outlook, header = pond.transact(
        lambda tx: _record_all(tx, documents, plan, pruning=pruning),
        Provenance(author=author, message=f"{len(documents)} resources"),
    )
    txn = None if header is None else header.txn
    return _told(outlook, txn=txn, dry_run=False, pruning=pruning)


def applied_documents(fs: ReadFS) -> list[Document] | None:
    """Return the resources that were applied last, in the order of their file; None if none were.

    Raises:
        ConfigError: This version does not understand them.
    """
    if not fs.exists(_APPLIED):
        return None
    ids = json.loads(fs.read_data(_APPLIED))
    return [document for each in ids for document in _recorded(fs, f"{RESOURCES}/{each}")]


def declared_assets(fs: ReadFS) -> dict[str, str]:
    """Return the paths that the resources applied last declare, and whose each is: `Kind name`."""
    if not fs.exists(_APPLIED):
        return {}
    applied = set(json.loads(fs.read_data(_APPLIED)))
    return {
        path: f"{each.kind} {each.name}"
        for each in recorded_resources(fs).values()
        if each.id in applied
        for path in each.assets
    }


def _recorded(fs: ReadFS, path: str) -> Iterator[Document]:
    """Yield the resource that is recorded, with the texts that its template files had."""
    texts = fs.node(path).attributes.get(_TEMPLATES)
    for document in load_documents(fs.read_data(path).decode(), file=path):
        if isinstance(document.spec, TemplateSpec) and isinstance(texts, dict):
            yield replace(document, spec=document.spec.with_texts(texts))
        else:
            yield document


def _checked(file: Path, variables: Mapping[str, str] | None) -> tuple[list[Document], Plan]:
    documents = read_documents(file, variables=variables)
    return documents, compile_plan(documents, root=file.absolute().parent)


def _told(outlook: Outlook, *, txn: int | None, dry_run: bool, pruning: bool) -> Applied:
    resources = outlook.resources
    if pruning:
        resources = tuple(
            replace(each, change=Change.PRUNED) if each.change is Change.GONE else each
            for each in resources
        )
    return Applied(
        txn=txn,
        dry_run=dry_run,
        resources=resources,
        added=outlook.added,
        removed=outlook.removed,
        remaining=() if pruning else outlook.remaining,
        pruned=outlook.remaining if pruning else (),
    )


def _record_all(
    tx: Transaction, documents: Sequence[Document], plan: Plan, *, pruning: bool
) -> Outlook:
    outlook = foresee(tx, documents, plan)
    gone = [each for each in outlook.resources if each.change is Change.GONE]
    if pruning:
        prune(tx, outlook.remaining)
        for each in gone:
            tx.remove(link_of(each.kind, each.name))
            tx.remove(f"{RESOURCES}/{each.id}")
    rename(tx, outlook.renamings)
    recorded = []
    for document, foreseen in zip(documents, outlook.resources, strict=False):
        resource = _record(tx, foreseen, document_json(document))
        texts = _texts_of_files(document, plan)
        _set_facts(tx, resource, outlook, texts, is_pruned=pruning)
        recorded.append(resource)
    _set_applied(tx, [str(each.id) for each in recorded])
    return replace(outlook, resources=(*recorded, *gone))


def _record(tx: Transaction, resource: AppliedResource, text: str) -> AppliedResource:
    link = link_of(resource.kind, resource.name)
    if resource.id is None:
        resource = replace(resource, id=str(uuid4()))
        tx.mkdir(BY_NAME, parents=True, exist_ok=True)
        tx.write_data(f"{RESOURCES}/{resource.id}", text.encode())
        tx.symlink(link, f"../{resource.id}")
    elif resource.change is not Change.UNCHANGED:
        tx.write_data(link, text.encode())
    return resource


def _texts_of_files(document: Document, plan: Plan) -> dict[str, str]:
    """Return by collection the texts that a resource has from template files."""
    if not isinstance(document.spec, TemplateSpec):
        return {}
    of_files = {each.name for each in document.spec.collections if each.template_file is not None}
    steps = [step for step in plan.steps if isinstance(step, TemplateStep)]
    return {
        step.collection: step.template
        for step in steps
        if step.group == document.name and step.collection in of_files
    }


def _set_facts(
    tx: Transaction,
    resource: AppliedResource,
    outlook: Outlook,
    texts: Mapping[str, str],
    *,
    is_pruned: bool,
) -> None:
    key, path = (resource.kind, resource.name), f"{RESOURCES}/{resource.id}"
    left = () if is_pruned else outlook.left.get(key, ())
    facts: dict[str, object] = {"assets": list(outlook.assets[key]), "left": list(left)}
    if texts:
        facts[_TEMPLATES] = dict(texts)
    if tx.node(path).attributes != facts:
        tx.mark(path, facts)


def _set_applied(tx: Transaction, ids: Sequence[str]) -> None:
    applied = (json.dumps(ids, indent=2) + "\n").encode()
    if not tx.exists(_APPLIED) or tx.read_data(_APPLIED) != applied:
        tx.mkdir(RESOURCES, parents=True, exist_ok=True)
        tx.write_data(_APPLIED, applied)
