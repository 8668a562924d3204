"""Secrets of an original pond, which it keeps in plain text: each becomes the name of a variable.

The values leave this module in one way only, into a file that its owner alone can read, and only
when somebody asks for it.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from pond_pipeline.errors import ConfigError
from pond_pipeline.migration.resource import OldResource

SECRET_KEYS = ("key", "secret")
"""The keys of a spec whose values are secrets, in all kinds."""

_REFERRING = "HydroVu"
_HIDDEN = "***"

_SHORTEST = 4
"""A shorter text is no secret, and to hide it would hide half the words around it."""

UNMISTAKABLE = 8
"""A secret of so many characters is nothing else by chance, wherever it stands."""


class Secrets:
    """The secrets of all resources.

    Args:
        resources: All resources of the pond.
    """

    def __init__(self, resources: Sequence[OldResource]) -> None:
        accounts = [each for each in resources if each.kind == _REFERRING and each.spec]
        self._names: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}
        for account in accounts:
            middle = f"{_word(account.name)}_" if len(accounts) > 1 else ""
            for key in SECRET_KEYS:
                name = self._vacant(f"HYDROVU_{middle}{key.upper()}")
                self._names[account.uuid, key] = name
                value = (account.spec or {}).get(key)
                self._values[name] = value if isinstance(value, str) else ""
        specs = [s for each in resources for s in (*each.former, each.spec or {})]
        said = [spec.get(key) for spec in specs for key in SECRET_KEYS]
        # The longest first: one may be a part of another.
        texts = {each for each in said if isinstance(each, str)}
        self._hidden = sorted(texts, key=len, reverse=True)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in order."""
        return tuple(self._values)

    def reference(self, resource: OldResource, key: str) -> str:
        """Return what stands in `resources.yaml` for a secret of an account."""
        return f"${{env:{self._names[resource.uuid, key]}}}"

    def hide(self, text: str, *, shortest: int = _SHORTEST) -> str:
        """Return a text without any secret of at least so many characters."""
        for value in self._hidden:
            if len(value) >= shortest:
                text = text.replace(value, _HIDDEN)
        return text

    def check_vacant(self, path: Path) -> None:
        """Make sure that `write` will not replace anything.

        Raises:
            ConfigError: Something else than these secrets is there.
        """
        if not os.path.lexists(path):
            return
        if path.is_file() and path.read_bytes() == self._lines():
            return
        hint = "name another file, and copy the lines that are missing"
        raise ConfigError(f"{path}: it is there already", hint=hint)

    def write(self, path: Path) -> None:
        """Write the secrets as lines of an `.env` file that its owner alone can read.

        Raises:
            ConfigError: Something else is there, or it cannot be written.
        """
        self.check_vacant(path)
        if path.exists():
            return
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as file:  # noqa: PTH123 -- of a descriptor
                file.write(self._lines())
        except OSError as exc:
            raise ConfigError(f"{path}: {exc.strerror}", hint="name another file") from exc

    def _lines(self) -> bytes:
        lines = (f"{name}={_quoted(value)}\n" for name, value in self._values.items())
        return "".join(lines).encode()

    def _vacant(self, name: str) -> str:
        number, vacant = 1, name
        while vacant in self._values:
            number += 1
            vacant = f"{name}_{number}"
        return vacant


def _word(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "ACCOUNT"


def _quoted(value: str) -> str:
    r"""Return a value as `.env` files have it.

    >>> _quoted("it's")
    "'it\\'s'"
    """
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
