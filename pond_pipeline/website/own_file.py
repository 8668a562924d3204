"""Files of the user's own that a website is made from: pages and a stylesheet, beside the pond."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pond_pipeline.errors import WebsiteError
from pond_pipeline.plan import WebsiteStep
from pond_pipeline.website.folder import version_of
from pond_pipeline.website.markdown import page_files


def own_versions(step: WebsiteStep) -> Mapping[str, str]:
    """Return the version of each of them, by its path from the folder of `resources.yaml`.

    One that is not there or cannot be read has an empty version: a build tells what is wrong.
    """
    return {name: _version(step.root / name) for name in _names(step)}


def _names(step: WebsiteStep) -> Iterator[str]:
    for pattern in step.spec.pages:
        try:
            found = page_files([pattern], step.root)
        except WebsiteError:
            yield pattern  # a build says what is wrong with it
        else:
            yield from (str(file.relative_to(step.root)) for file in found)
    if step.spec.theme.css is not None:
        yield step.spec.theme.css


def _version(file: Path) -> str:
    try:
        return version_of(file.read_bytes())
    except OSError:
        return ""
