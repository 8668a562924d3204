"""The credentials of buckets, where people who know Dagster configure them: an `S3Resource`.

Importing it takes a second, which only who has a bucket has to spend.
"""

from collections.abc import Mapping
from typing import Any

from pond_pipeline.plan import Backup, Copy, Plan

_KEY = "s3"

_VARIABLES = {
    "AWS_ENDPOINT_URL": "endpoint_url",
    "AWS_ENDPOINT_URL_S3": "endpoint_url",
    "AWS_REGION": "region_name",
}

_CREDENTIALS = {
    "AWS_PROFILE": "profile_name",
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
    "AWS_SESSION_TOKEN": "aws_session_token",
}
"""The variables by which AWS's tools are told what a field of the resource says."""


def build_s3(plan: Plan) -> dict[str, object]:
    """Return the resource, if a backup or copy of the plan needs it.

    What it does not say is taken from the environment and from `.env`.
    """
    if not any(is_bucket(service) for service in plan.services):
        return {}
    from dagster_aws.s3 import S3Resource  # noqa: PLC0415 -- takes a second

    return {_KEY: S3Resource()}


def variables_of(s3: Any) -> Mapping[str, str]:  # noqa: ANN401 -- its type takes a second to import
    """Return what an `S3Resource` says, as variables; those of credentials all or none."""
    values = {name: getattr(s3, field) or "" for name, field in _CREDENTIALS.items()}
    found = values if any(values.values()) else {}
    told = {name: getattr(s3, field) for name, field in _VARIABLES.items()}
    return found | {name: value for name, value in told.items() if value}


def is_bucket(service: object) -> bool:
    """Say whether a service needs the resource."""
    return isinstance(service, Backup | Copy) and service.place.bucket is not None
