"""Pond paths as Dagster knows them: asset keys, and names of ops and outputs."""

import hashlib
import re

import dagster as dg
from dagster._core.definitions.utils import DISALLOWED_NAMES

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]+")


def path_to_key(path: str) -> dg.AssetKey:
    """Return the asset key of a pond path: its components."""
    return dg.AssetKey(path.strip("/").split("/"))


def key_to_path(key: dg.AssetKey) -> str:
    """Return the pond path of an asset key."""
    return "/" + "/".join(key.path)


def safe_name(text: str) -> str:
    """Return text as a name that Dagster accepts for ops, inputs, outputs, groups and pools.

    Where characters are lost, a digest keeps different texts apart; one also follows the words that
    Dagster and Python keep for themselves.
    """
    name = _NOT_IN_A_NAME.sub("_", text.strip("/"))
    if name == text.strip("/").replace("/", "_") and name not in DISALLOWED_NAMES:
        return name
    return f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:6]}"
