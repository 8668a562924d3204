"""Where a pond is: in a directory, or in a bucket of which a directory has copies."""

import re
from pathlib import Path

from pond_core.errors import DataError
from pond_core.storage.bucket import Access
from pond_core.storage.cache import Cache
from pond_core.storage.durability import Durability

_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.]+):/+(?P<rest>.*)", re.DOTALL)
"""With one slash, too, which is what `Path` leaves of two."""


def url_of(place: str | Path) -> str | None:
    """Return the URL of a place in a bucket; None for a directory.

    Raises:
        DataError: It is a URL, but not of a bucket.
    """
    found = _URL.fullmatch(str(place))
    if found is None:
        return None
    if found["scheme"] != "s3":
        msg = f"a pond is in a directory or at s3://bucket/prefix, not at {found['scheme']}://"
        raise DataError(msg)
    return f"s3://{found['rest']}"


def home_of(
    place: str | Path, *, durability: str = "full", access: Access | None = None
) -> tuple[Path, Durability]:
    """Return the directory of a pond, or of its copies, and how its files become durable.

    Args:
        place: The directory, or `s3://bucket/prefix`.
        durability: `full` or `process`; what is in a bucket is always durable.
        access: How the bucket is reached.

    Raises:
        ValueError: There is no such durability.
        DataError: The URL names no bucket.
        StorageError: There is no room for copies.
    """
    on_disk = Durability.named(durability)
    url = url_of(place)
    if url is None:
        return Path(place), on_disk
    cache = Cache.of(url, access=access)
    return cache.root, cache
