"""Checks of assets whose names may hold anything."""

import dagster as dg
from typing_extensions import override

from pond_pipeline.paths import key_to_path, safe_name


class CheckSpec(dg.AssetCheckSpec):
    """A check of an asset of a pond.

    Dagster names the output of a check after its asset, and takes no name with a space in it for
    one (1.13).
    """

    @override
    def get_python_identifier(self) -> str:
        """Return the name of the check's output."""
        return safe_name(f"{key_to_path(self.asset_key)}/{self.name}")
