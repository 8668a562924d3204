"""The packages of a project: what `package.json` asks for, and which versions are noted."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PACKAGE = "package.json"
LOCKED = "package-lock.json"
"""The versions of all packages, as npm has noted them."""

FRAMEWORK = "@observablehq/framework"
"""What the `package.json` of such a project asks for."""


def wanted_packages(path: Path) -> Mapping[str, str]:
    """Return what the `package.json` of a project asks for, by name; nothing where it is none."""
    return _asked_by(_read(path / PACKAGE))


def unlocked_packages(path: Path) -> Iterable[str]:
    """Return what a project asks for and its list of versions does not: `name@version`.

    `npm ci` refuses versions that do not do. Without a list that is understood, there are none.
    """
    packages = _read(path / LOCKED).get("packages")
    if not isinstance(packages, dict) or not isinstance(packages.get(""), dict):
        return ()
    noted = _asked_by(packages[""])
    wanted = wanted_packages(path)
    return [f"{name}@{each}" for name, each in wanted.items() if noted.get(name) != each]


def _read(file: Path) -> dict[str, Any]:
    """Return what a file of npm says; nothing where there is none."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _asked_by(package: Mapping[str, Any]) -> Mapping[str, str]:
    try:
        return {**package.get("devDependencies", {}), **package.get("dependencies", {})}
    except TypeError:
        return {}
