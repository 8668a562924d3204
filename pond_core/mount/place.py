"""Which pond a file system is of, said before fsspec looks for one that it has already."""

import os
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.config import apply_config
from typing_extensions import override

DEFAULT_PLACE = ".pond"
"""Where the command looks, too, when neither an option nor `$POND` says where."""


class Placed(type(AbstractFileSystem)):  # type: ignore[misc]
    """Says which pond before fsspec looks for an instance that it has already.

    Otherwise the one for "the default pond" would be kept when `$POND` or the working directory
    changes, and a pickled one would be of another pond where it is unpickled.
    """

    @override
    def __call__(cls, path: str | os.PathLike[str] | None = None, **options: object) -> object:
        options = apply_config(cls, {**options, **({} if path is None else {"path": path})})
        place = options.pop("path", None) or os.environ.get("POND") or DEFAULT_PLACE
        return super().__call__(path=str(Path(str(place)).absolute()), **options)
