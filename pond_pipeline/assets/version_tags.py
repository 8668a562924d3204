"""The tags by which an event tells Dagster a data version, and what was known of the inputs."""

import dagster as dg
from dagster._core.definitions.data_version import (
    CODE_VERSION_TAG,
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
    NULL_EVENT_POINTER,
    get_input_data_version_tag,
    get_input_event_pointer_tag,
)

from pond_core import ReadFS
from pond_pipeline.paths import path_to_key
from pond_pipeline.periods import Period
from pond_pipeline.plan import Step
from pond_pipeline.record import describe

CODE_VERSION_CHARACTERS = 12
"""How much of a fingerprint the UI shows as code version."""


def version_tags(version: str) -> dict[str, str]:
    """Return the tags of a data version."""
    return {DATA_VERSION_TAG: version, DATA_VERSION_IS_USER_PROVIDED_TAG: "true"}


def provenance_tags(
    context: dg.AssetExecutionContext, step: Step, fs: ReadFS, period: Period
) -> dict[str, str]:
    """Return the tags that say from which versions of its inputs a period was made.

    Without them Dagster calls a period out of date as soon as an input was made again, changed or
    not. The step's own event over several periods has them; one that we log does not.

    Args:
        context: Of the step.
        step: What was made.
        fs: What it was made from.
        period: The partition.
    """
    tags = {CODE_VERSION_TAG: step.fingerprint[:CODE_VERSION_CHARACTERS]}
    for path in step.inputs:
        key = path_to_key(path)
        known = context.get_step_execution_context().maybe_fetch_and_get_input_asset_version_info(
            key
        )
        recorded = describe(fs, path, period)
        version = recorded.data_version if recorded is not None else None
        if version is None and known is not None and known.data_version is not None:
            version = known.data_version.value
        if version is not None:
            storage_id = None if known is None else known.storage_id
            pointer = NULL_EVENT_POINTER if storage_id is None else str(storage_id)
            tags[get_input_data_version_tag(key)] = version
            tags[get_input_event_pointer_tag(key)] = pointer
    return tags
