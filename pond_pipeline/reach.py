"""Where a pond is, and how its bucket is reached."""

import os
from collections.abc import MutableMapping
from pathlib import Path

from pond_pipeline.config.environment import read_environment

_ABOUT_BUCKETS = ("AWS_", "POND_CACHE")
"""How the variables begin that the core takes from the environment."""


def place_of(pond: str | Path) -> str:
    """Return a pond's directory from the root, or its URL: it means the same from anywhere."""
    return str(pond) if "://" in str(pond) else str(Path(pond).absolute())


def reached(
    pond: str | Path, *, folder: Path, environ: MutableMapping[str, str] = os.environ
) -> str:
    """Let this process, and those that it starts, reach a pond in a bucket.

    Args:
        pond: The pond's directory or URL.
        folder: Where `resources.yaml` and its `.env` stand: what `.env` says about buckets counts
            where the environment says nothing.
        environ: The environment.

    Returns:
        What `place_of` does.

    Raises:
        ConfigError: `.env` cannot be read.
    """
    place = place_of(pond)
    if "://" in place:
        for name, value in read_environment(folder, environ=environ).values.items():
            if name.startswith(_ABOUT_BUCKETS):
                environ.setdefault(name, value)
    return place
