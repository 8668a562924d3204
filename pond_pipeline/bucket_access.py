"""How a bucket is reached: as `resources.yaml` says, or where AWS's own tools look.

These are, one after another: `key` and `secret`; `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`,
in the environment or in `.env`; a profile (`AWS_PROFILE`), single sign-on, the machine's role.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pond_core import Access
from pond_pipeline.config import BackupPlace
from pond_pipeline.errors import ConfigError

_KEY = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def access_in(environ: Mapping[str, str]) -> Access:
    """Return how a bucket is reached that only the environment says something about.

    Raises:
        ConfigError: Nothing says any credentials.
        DataError: Something says only one half of a key.
    """
    access = Access.of(environ)
    if access.key_id:
        return access
    return replace(access, credentials=_provider(environ.get("AWS_PROFILE")))


def access_of(place: BackupPlace, environ: Mapping[str, str]) -> Access:
    """Return how the bucket of a place is reached.

    Raises:
        ConfigError: A variable that it names is not set, or nothing says any credentials.
        DataError: Something says only one half of a key.
    """
    if place.key is not None and place.secret is not None:
        own = (place.key.resolve(environ), place.secret.resolve(environ), "")
        access = Access.of({**environ, **dict(zip(_KEY, own, strict=True))})
    else:
        access = access_in(environ)
    if place.endpoint is not None:
        access = replace(access, endpoint_url=place.endpoint.resolve(environ))
    if place.region is not None:
        access = replace(access, region=place.region.resolve(environ))
    return access


def _provider(profile: str | None) -> Callable[[], Any]:
    """Return what asks boto3 for credentials, which knows profiles, single sign-on and roles."""
    # It takes a quarter of a second to load, and few need it.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415

    try:
        provider: Callable[[], Any] = Boto3CredentialProvider(boto3.Session(profile_name=profile))
    except (BotoCoreError, ValueError) as exc:
        what = "there are no credentials for the bucket"
        hint = "put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into .env beside resources.yaml"
        raise ConfigError(what, hint=hint) from exc
    return provider
