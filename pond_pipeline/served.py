"""The plan that Dagster serves: that of `resources.yaml`, or the last one that was right.

One typo must not stop collection. Where the file is wrong or gone, the plan that the pond recorded
last is served, and what is wrong is told wherever somebody may look.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from pond_core import NotAPondError, Pond
from pond_pipeline.apply import applied_documents
from pond_pipeline.config import Document, EnvText, TemplateSpec, read_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Plan, Source, compile_plan


@dataclass(frozen=True, slots=True)
class ServedPlan:
    """A plan, and whether it is the one that was asked for.

    Attributes:
        plan: What to make.
        files: `resources.yaml` and its template files, as far as they are known: a change of one
            makes another plan.
        problem: What is wrong with the file, and what is served instead; empty when nothing is.
    """

    plan: Plan
    files: tuple[Path, ...]
    problem: str = ""


def serve_plan(file: Path, *, pond: str | Path) -> ServedPlan:
    """Return the plan of a file; where that is wrong, the one that was applied last.

    A pond is read only in the latter case.

    Args:
        file: The YAML file.
        pond: The pond's directory or URL; nothing need be there.

    Raises:
        ConfigError: The file is wrong, and nothing was ever applied.
    """
    root = file.absolute().parent
    files: tuple[Path, ...] = (file,)
    try:
        documents = read_documents(file)
        files += tuple(root / name for name in _template_files(documents))
        return ServedPlan(compile_plan(documents, root=root), files)
    except ConfigError as exc:
        plan = _applied_plan(pond, root)
        if plan is None:
            raise
        return ServedPlan(plan, files, _told(exc, plan))


def problem_text(error: ConfigError) -> str:
    """Return what is wrong with the file and what to do, as text for people."""
    return f"{error}\n{error.hint}" if error.hint else str(error)


def _template_files(documents: Sequence[Document]) -> tuple[str, ...]:
    """Return the template files that resources name, each once."""
    collections = (
        collection
        for document in documents
        if isinstance(document.spec, TemplateSpec)
        for collection in document.spec.collections
    )
    named = (each.template_file for each in collections)
    return tuple(dict.fromkeys(name for name in named if name is not None))


def _applied_plan(pond: str | Path, root: Path) -> Plan | None:
    try:
        documents = applied_documents(Pond.open(pond).snapshot())
    except NotAPondError:
        return None
    return None if documents is None else compile_plan(documents, root=root)


def _told(error: ConfigError, plan: Plan) -> str:
    told = f"{problem_text(error)}\nWhat was applied last is served instead."
    names = [source.name for source in plan.sources if _withholds(source)]
    if names:
        told += (
            f" {', '.join(names)}: what a secret has in the clear, if only as a default, is not"
            " recorded. Meanwhile it is what the environment says."
        )
    return told


def _withholds(source: Source) -> bool:
    values = (getattr(source, each.name) for each in fields(source))
    return any(isinstance(value, EnvText) and value.is_withheld for value in values)
