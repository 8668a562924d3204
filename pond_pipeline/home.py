"""The home directory of Dagster, for what `dagster.yaml` names: so that it can be moved."""

import os
from pathlib import Path

from pond_pipeline.errors import ConfigError


def dagster_home() -> Path:
    """Return what `$DAGSTER_HOME` says.

    Raises:
        ConfigError: The variable is not set.
    """
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        msg = "DAGSTER_HOME is not set"
        raise ConfigError(msg, hint="set it to the directory that holds dagster.yaml")
    return Path(home)
