"""Resources recorded in the pond: each with a UUID that it keeps.

`/sys/resources/<uuid>` holds a resource as JSON, which YAML readers read; a symlink
`/sys/resources/by-name/<kind>.<name>` leads to it. What is recorded names the variables that hold
secrets; a secret that is written in the clear is not recorded.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel

from pond_core import Pond, Provenance, Resolution, Transaction
from pond_pipeline.config import Document, EnvText, read_documents
from pond_pipeline.plan import compile_plan

RESOURCES = "/sys/resources"
"""The directory that holds resources by UUID."""

_BY_NAME = f"{RESOURCES}/by-name"
_UNITS_S = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}


class Change(StrEnum):
    """What became of a resource."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class AppliedResource:
    """One resource of a file.

    Attributes:
        kind: What it is.
        name: Its name.
        id: Its UUID.
        change: What became of it.
    """

    kind: str
    name: str
    id: str
    change: Change


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a file's resources.

    Attributes:
        txn: The transaction that recorded them; None when nothing changed.
        resources: In the order of the file.
    """

    txn: int | None
    resources: tuple[AppliedResource, ...]


def apply_resources(
    file: Path, *, pond: Path, variables: Mapping[str, str] | None = None
) -> Applied:
    """Check a file of resources, and record them in a pond, which is made when it is not there.

    Args:
        file: The YAML file.
        pond: The pond's directory.
        variables: What `{{ name }}` stands for.

    Raises:
        ConfigError: Something in the file is wrong; nothing was recorded.
        ConflictError: Others kept recording resources at the same time.
    """
    documents = read_documents(file, variables=variables)
    compile_plan(documents, root=file.absolute().parent)
    return record_documents(Pond.init(pond, exist_ok=True), documents)


def record_documents(pond: Pond, documents: Sequence[Document]) -> Applied:
    """Record documents that were checked; those that are recorded already are not written."""
    resources, header = pond.transact(
        lambda tx: tuple(_record(tx, document) for document in documents),
        Provenance(author="pond apply", message=f"{len(documents)} resources"),
    )
    return Applied(None if header is None else header.txn, resources)


def document_json(document: Document) -> str:
    """Return a resource as JSON text, as it is written in its file, without secrets.

    Read again, it gives the same document, but for secrets that were written in the clear.
    """
    facts = {
        "apiVersion": "duckpond/v1",
        "kind": document.kind,
        "name": document.name,
        "desc": document.desc,
        "metadata": document.metadata,
        "spec": document.spec,
    }
    return json.dumps(_written(facts), indent=2, ensure_ascii=False) + "\n"


def _record(tx: Transaction, document: Document) -> AppliedResource:
    link = f"{_BY_NAME}/{document.kind}.{document.name}"
    content = document_json(document).encode()
    if not tx.exists(link):
        resource_id = str(uuid4())
        tx.mkdir(_BY_NAME, parents=True, exist_ok=True)
        tx.write_data(f"{RESOURCES}/{resource_id}", content)
        tx.symlink(link, f"../{resource_id}")
        change = Change.CREATED
    else:
        resource_id = tx.readlink(link).removeprefix("../")
        change = Change.UNCHANGED if tx.read_data(link) == content else Change.UPDATED
    if change is Change.UPDATED:
        tx.write_data(link, content)
    return AppliedResource(document.kind, document.name, resource_id, change)


def _written(value: object) -> object:
    """Return a parsed value as `resources.yaml` has it; of a secret, only its variables.

    Models are walked here: pydantic's own dump would open an `EnvText`, and show what it hides.
    """
    match value:
        case BaseModel():
            return {
                name: _written(getattr(value, name))
                for name in type(value).model_fields
                if name in value.model_fields_set
            }
        case Mapping():
            return {key: _written(each) for key, each in value.items()}
        case tuple():
            return [_written(each) for each in value]
        case _:
            return _written_scalar(value)


def _written_scalar(value: object) -> object:
    match value:
        case EnvText():
            return str(value)
        case Resolution():
            return value.text
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return _duration(value)
        case _:
            return value


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    unit = next(each for each, width_s in _UNITS_S.items() if seconds % width_s == 0)
    return f"{seconds // _UNITS_S[unit]}{unit}"
