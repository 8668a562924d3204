"""Steps that render text: one collection of files each."""

from collections.abc import Iterator
from pathlib import Path

from pond_core import PondError
from pond_pipeline.config import Document, Keys, TemplateCollection, TemplateSpec
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
            pattern=collection.in_pattern,
            out_pattern=collection.out_pattern,
            template=template,
        )


def _template(
    collection: TemplateCollection, document: Document, keys: Keys, catalog: Catalog, root: Path
) -> str:
    if collection.template_file is None:
        return collection.template or ""
    file = root / collection.template_file
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "is not UTF-8"
        what = f"{collection.template_file}: {why}"
        hint = "it is looked for beside resources.yaml"
        catalog.problems.add(document.location, (*keys, "template_file"), what, hint=hint)
        return ""
