"""The command `get`: which resources there are, and how each stands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from pond_core import FS, AsOf, MemoryBackend, NotAPondError, Pond, ReadFS, near_miss_hint
from pond_pipeline.apply import applied_documents
from pond_pipeline.cli.command import (
    Invocation,
    command,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.instant import as_of_option
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.suggestion import Suggested, begun, suggest_names
from pond_pipeline.cli.terminal import write
from pond_pipeline.config import Kind, read_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import compile_plan
from pond_pipeline.resources import ListedResource, document_yaml, list_resources


@dataclass(frozen=True, slots=True)
class Row:
    """What `get --json` prints of each resource."""

    kind: str
    name: str
    state: str
    id: str | None
    desc: str
    assets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """What `get KIND NAME --json` prints: a row, and the resource."""

    kind: str
    name: str
    state: str
    id: str | None
    desc: str
    assets: tuple[str, ...]
    resource: object


def _suggest_kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> Suggested:
    del ctx, param
    return begun(Kind, incomplete)


@command(example="pond get Combine harbor")
@click.argument(
    "kind", required=False, shell_complete=_suggest_kinds, help="Only those of this kind."
)
@click.argument(
    "name", required=False, shell_complete=suggest_names, help="Only this one, as YAML."
)
@resources_option
@variables_option
@as_of_option
@json_option
@pass_invocation
def get(
    invocation: Invocation,
    *,
    kind: str | None,
    name: str | None,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    as_of: AsOf | None,
    as_json: bool,
) -> None:
    """List the resources, or show one as YAML.

    Those of the file and those of the pond: applied, changed in the file since, not applied yet, or
    gone from the file. Secrets are not shown. With --as-of, those that were applied at that moment.
    """
    kind = None if kind is None else _kind(kind)
    listed = [
        each
        for each in _listed(file, dict(variables), pond=invocation.pond, as_of=as_of)
        if kind in (None, each.kind)
    ]
    if kind is not None and name is not None:
        _show(_named(listed, kind, name), as_json=as_json)
    elif as_json:
        print_json([Row(*_facts(each)) for each in listed])
    else:
        print_rows(
            ("kind", "name", "state", "id", "assets", "description"),
            [
                (each.kind, each.name, each.state.value, each.id, len(each.assets), each.desc)
                for each in listed
            ],
        )


def _listed(
    file: Path, variables: Mapping[str, str], *, pond: str | Path, as_of: AsOf | None
) -> list[ListedResource]:
    """Return the resources; without a file, or in the past, what was applied stands for it."""
    try:
        fs: ReadFS = Pond.open(pond).snapshot(as_of)
    except NotAPondError:
        if as_of is not None:
            raise
        fs = FS(MemoryBackend())
    documents = applied_documents(fs) if as_of is not None or not file.exists() else None
    if documents is None:
        documents = [] if as_of is not None else read_documents(file, variables=variables)
    return list_resources(fs, documents, compile_plan(documents, root=file.absolute().parent))


def _kind(text: str) -> str:
    known = {each.lower(): each.value for each in Kind}
    if text.lower() not in known:
        hint = near_miss_hint(text, list(Kind), otherwise=f"write one of {', '.join(Kind)}")
        raise ConfigError(f"{text!r} is no kind of resource", hint=hint)
    return known[text.lower()]


def _named(listed: Sequence[ListedResource], kind: str, name: str) -> ListedResource:
    found = next((each for each in listed if each.name == name), None)
    if found is None:
        names = [each.name for each in listed]
        otherwise = f"there are {', '.join(names)}" if names else "there is none of this kind"
        hint = near_miss_hint(name, names, otherwise=otherwise)
        raise ConfigError(f"there is no {kind} named {name!r}", hint=hint)
    return found


def _show(resource: ListedResource, *, as_json: bool) -> None:
    if as_json:
        print_json(Whole(*_facts(resource), resource=json.loads(resource.text)))
    else:
        write(document_yaml(resource.text))


def _facts(each: ListedResource) -> tuple[str, str, str, str | None, str, tuple[str, ...]]:
    return each.kind, each.name, each.state.value, each.id, each.desc, each.assets
