"""A website in its folder, and in the pond what it was made from."""

from dataclasses import dataclass

import pyarrow as pa

from pond_core import ALWAYS, ReadFS
from pond_pipeline.plan import WebsiteStep
from pond_pipeline.versions import input_versions
from pond_pipeline.website import Built, build, own_versions

_SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("version", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class WebsiteUpdate:
    """A website that was built.

    Attributes:
        sources: What the pond keeps: columns `path` and `version`, text, not null. The first row is
            the website itself and the version of its step, the others are what it shows, in the
            step's order, and then the user's own files, by their paths from the folder of
            `resources.yaml`; the version of what is not there is empty.
        built: What the build did.
    """

    sources: pa.Table
    built: Built


def website(step: WebsiteStep, fs: ReadFS) -> WebsiteUpdate:
    """Build a website.

    Raises:
        WebsiteError: It cannot be built.
        TemplateError: A tag in a page of the user's own is wrong.
    """
    return WebsiteUpdate(_sources(step, fs), build(step, fs))


def website_is_due(step: WebsiteStep, fs: ReadFS) -> bool:
    """Say whether a website was made from other content, or other pages, than are there now.

    Whether its folder is still there, the pond cannot tell: a build finds out.
    """
    path = step.outputs[0]
    if fs.exists(path):
        return not fs.read_table(path).equals(_sources(step, fs))
    return any(fs.exists(each) for each in step.inputs)


def _sources(step: WebsiteStep, fs: ReadFS) -> pa.Table:
    versions = {path: input_versions(fs, path)(ALWAYS) for path in step.inputs}
    told = {step.outputs[0]: step.fingerprint, **versions, **own_versions(step)}
    return pa.table([pa.array(told), pa.array(told.values())], schema=_SCHEMA)
