"""Steps that render text: one collection of files each."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pond_core import Pattern, PondError, render
from pond_pipeline.config import Document, Keys, TemplateCollection, TemplateSpec
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan.catalog import Catalog, Content, Declared
from pond_pipeline.plan.fingerprint import fingerprint
from pond_pipeline.plan.label import described, owners_of
from pond_pipeline.plan.step import TemplateStep
from pond_pipeline.template import check_template


def template_steps(
    document: Document, spec: TemplateSpec, catalog: Catalog, *, root: Path
) -> Iterator[TemplateStep]:
    """Yield a step for each collection of rendered files and declare its path."""
    for index, collection in enumerate(spec.collections):
        keys = ("spec", "collections", index)
        found = catalog.find(
            collection.in_pattern, document, (*keys, "in_pattern"), contents=frozenset(Content)
        )
        _check_out_pattern(collection, document, (*keys, "out_pattern"), catalog)
        template = _template(collection, document, keys, catalog, root)
        try:
            check_template(template, name=collection.out_pattern)
        except PondError as exc:
            key = "template" if collection.template_file is None else "template_file"
            catalog.problems.add(document.location, (*keys, key), str(exc), hint=exc.hint)
        path = f"/rendered/{document.name}/{collection.name}"
        catalog.declare([path], Declared(document, (*keys, "name"), Content.FILES))
        yield TemplateStep(
            group=document.name,
            owners=owners_of(document),
            description=described(f"Text for each of {collection.in_pattern}.", document),
            outputs=(path,),
            inputs=tuple(dict.fromkeys(match.asset for match in found)),
            cadence=None,
            fingerprint=fingerprint(
                "template",
                pattern=collection.in_pattern,
                out_pattern=collection.out_pattern,
                template=template,
            ),
            collection=collection.name,
            pattern=collection.in_pattern,
            out_pattern=collection.out_pattern,
            template=template,
        )


def page_name(out_pattern: str, captures: Sequence[str]) -> str:
    """Return what the file of one input is called: a path below its collection.

    Raises:
        ConfigError: It is none.
        InvalidPathError: A capture is asked for that there is not.
    """
    name = render(out_pattern, captures)
    if not {"", ".", ".."}.isdisjoint(name.split("/")):
        hint = "write a name such as $0.md, or several apart by '/'"
        raise ConfigError(f"{name!r} is no path below the collection", hint=hint)
    return name


def _check_out_pattern(
    collection: TemplateCollection, document: Document, keys: Keys, catalog: Catalog
) -> None:
    example = ["x"] * Pattern.parse(collection.in_pattern).wildcards
    try:
        page_name(collection.out_pattern, example)
    except PondError as exc:
        catalog.problems.add(document.location, keys, str(exc), hint=exc.hint)


def _template(
    collection: TemplateCollection, document: Document, keys: Keys, catalog: Catalog, root: Path
) -> str:
    if collection.template_file is None:
        return collection.template or ""
    file = root / collection.template_file
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        why: str | None = "is not UTF-8"
    except ValueError:
        why = "is no name of a file"  # Python's word for a NUL in it
    except OSError as exc:
        why = exc.strerror
    what = f"{collection.template_file}: {why}"
    hint = "it is looked for beside resources.yaml"
    catalog.problems.add(document.location, (*keys, "template_file"), what, hint=hint)
    return ""
