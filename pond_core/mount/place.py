"""Which pond a file system is of, said before fsspec looks for one that it has already."""

import os
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.config import apply_config
from typing_extensions import override

from pond_core.errors import DataError
from pond_core.near_miss import did_you_mean, near_misses
from pond_core.storage import url_of

DEFAULT_PLACE = ".pond"
"""Where the command looks, too, when neither an option nor `$POND` says where."""


_OPTIONS = ("path", "as_of", "durability")

_FSSPEC_OPTIONS = (
    "skip_instance_cache",
    "use_listings_cache",
    "listings_expiry_time",
    "max_paths",
    "asynchronous",
    "loop",
)
"""What fsspec hands on for any file system."""


class Placed(type(AbstractFileSystem)):  # type: ignore[misc]
    """Says which pond before fsspec looks for an instance that it has already.

    Otherwise the one for "the default pond" would be kept when `$POND` or the working directory
    changes, and a pickled one would be of another pond where it is unpickled.
    """

    @override
    def __call__(cls, path: str | os.PathLike[str] | None = None, **options: object) -> object:
        options = apply_config(cls, {**options, **({} if path is None else {"path": path})})
        for name in sorted(options.keys() - {*_OPTIONS, *_FSSPEC_OPTIONS}):
            # A mistyped `as_of` would show the present as if it were the past.
            msg = f"a pond's file system has no option {name!r}"
            hint = did_you_mean(near_misses(name, _OPTIONS)) or f"there are {', '.join(_OPTIONS)}"
            raise DataError(msg, hint=hint)
        place = options.pop("path", None) or os.environ.get("POND") or DEFAULT_PLACE
        path = url_of(str(place)) or str(Path(str(place)).absolute())
        return super().__call__(path=path, **options)
