"""Which questions there are, of a pond and its resources."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from pond_pipeline.account import lacks_account
from pond_pipeline.config import EnvText, read_documents, read_environment
from pond_pipeline.doctor import machine, places
from pond_pipeline.doctor.exam import Answer, Exam
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Backup, Copy, HydroVuSource, Plan, compile_plan


def exams_of(
    pond: str | Path,
    *,
    file: Path,
    variables: Mapping[str, str],
    home: Path,
    now: datetime,
    offline: bool,
) -> list[Exam]:
    """Return the questions about a pond and what it stands on.

    Args:
        pond: Its directory or URL; nothing need be there.
        file: The resources.
        variables: What `{{ K }}` stands for in them.
        home: Dagster's home; nothing need be there.
        now: The present, aware.
        offline: Ask no server.
    """
    root = file.absolute().parent
    try:
        environ: Mapping[str, str] = read_environment(root).values
    except ConfigError:
        environ = os.environ  # the question about `.env` says why
    try:
        plan = compile_plan(read_documents(file, variables=variables), root=root)
    except ConfigError:
        plan = None  # the question about resources says why
    is_local = isinstance(pond, Path)
    exams = [
        Exam("Python", machine.python_version),
        Exam("libraries", machine.library_versions),
        Exam("time zones", machine.zones),
        Exam("resources", partial(_resources, file, variables)),
        Exam(".env", partial(_env_file, root)),
        Exam("secrets", partial(_secrets, plan, environ)),
        Exam("Dagster's home", partial(machine.writable, home.absolute())),
        Exam("room of Dagster's home", partial(machine.room, home.absolute())),
    ]
    if isinstance(pond, Path):
        exams.append(Exam("room of the pond", partial(machine.room, pond.absolute())))
    if is_local or not offline:
        exams.append(Exam("pond", partial(places.pond, pond)))
        exams.append(Exam("place of the pond", partial(places.pond_place, pond)))
        exams.append(Exam("clock", partial(places.clock, pond, now=now)))
    return [*exams, *_of_plan(plan, environ, offline=offline)]


def _of_plan(plan: Plan | None, environ: Mapping[str, str], *, offline: bool) -> Iterator[Exam]:
    for service in () if plan is None else plan.services:
        match service:
            case Backup() if service.place.folder is not None or not offline:
                yield Exam(f"Backup {service.name}", partial(places.backup, service, environ))
            case Copy() if service.place.folder is not None or not offline:
                yield Exam(f"Copy {service.name}", partial(places.copy, service, environ))
            case _:
                pass
    for source in () if plan is None or offline else plan.sources:
        if isinstance(source, HydroVuSource):
            yield Exam(f"HydroVu {source.name}", partial(places.hydrovu, source, environ))


def _resources(file: Path, variables: Mapping[str, str]) -> Answer:
    if not file.exists():
        return Answer(f"there is no {file}", hint="write it, or name it: -f FILE")
    documents = read_documents(file, variables=variables)
    compile_plan(documents, root=file.absolute().parent)
    return Answer(f"{file} is right: {len(documents)} resources")


def _env_file(root: Path) -> Answer:
    found = read_environment(root)
    if found.warnings:
        said = [each.partition("; ") for each in found.warnings]
        return Answer(
            "; ".join(what for what, _, _ in said), hint="; ".join(hint for _, _, hint in said)
        )
    return Answer(".env is its owner's alone" if (root / ".env").is_file() else "there is none")


def _secrets(plan: Plan | None, environ: Mapping[str, str]) -> Answer:
    """Look for the variables that resources name, and name those that are not set."""
    if plan is None:
        return Answer("no resources can be read that would name any")
    sources = [each for each in plan.sources if not lacks_account(each, environ)]
    texts = list(_texts([*sources, *plan.services]))
    missing = sorted({name for text in texts for name in text.missing(environ)})
    if missing:
        msg = f"not set: {', '.join(missing)}"
        raise ConfigError(msg, hint="add NAME=... lines to .env beside resources.yaml")
    return Answer("every variable that resources name is set")


def _texts(value: object) -> Iterator[EnvText]:
    """Yield what names variables, however deep it is in resources."""
    inside: Sequence[object] = ()
    match value:
        case EnvText():
            yield value
        case list() | tuple():
            inside = value
        case BaseModel():
            inside = [each for _, each in value]
        case _ if is_dataclass(value):
            inside = [getattr(value, each.name) for each in fields(value)]
        case _:
            pass
    for each in inside:
        yield from _texts(each)
