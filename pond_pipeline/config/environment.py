"""Values that the environment gives: `${env:NAME}` in text, and the `.env` file beside it.

Loading `resources.yaml` reads no environment: an `EnvText` keeps its template and is resolved when
a run needs it. What an `EnvText` shows of itself is its template, and of a secret one not even the
text that stands there in the clear.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import parse_stream
from typing_extensions import override

from pond_pipeline.errors import ConfigError

_REFERENCE = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-[^}]*)?\}")
_HIDDEN = "***"


@dataclass(frozen=True, slots=True, repr=False)
class EnvText:
    """Text that may name environment variables: `${env:NAME}` or `${env:NAME:-default}`.

    >>> EnvText("${env:HOST:-localhost}:8080").resolve({})
    'localhost:8080'

    Attributes:
        template: The text as it is written in the file.
        secret: Whether text that is written in the clear is hidden as well.

    Raises:
        ConfigError: The text is empty, or holds a `${` that begins no reference.
    """

    template: str
    secret: bool = False

    def __post_init__(self) -> None:
        """Refuse what looks like a reference and is none: it would be sent as it stands."""
        if not self.template:
            raise ConfigError("must not be empty")
        if "${" in _REFERENCE.sub("", self.template):
            what = "'${' begins no reference to the environment"
            raise ConfigError(what, hint="write ${env:NAME} or ${env:NAME:-default}")

    @property
    def is_withheld(self) -> bool:
        """True when this is what a secret shows of itself: text in the clear is left out of it."""
        return self.secret and _HIDDEN in self.template

    @property
    def is_literal(self) -> bool:
        """True when no environment variable is needed."""
        return _REFERENCE.search(self.template) is None

    def missing(self, environ: Mapping[str, str]) -> list[str]:
        """Return the variables that are needed and not set, in order."""
        found = _REFERENCE.finditer(self.template)
        return [
            each["name"]
            for each in found
            if each["default"] is None and not environ.get(each["name"])
        ]

    def resolve(self, environ: Mapping[str, str]) -> str:
        """Return the text with its variables replaced.

        A variable that is set to nothing counts as not set, as in a shell's `${NAME:-default}`.

        Raises:
            ConfigError: A variable without a default is not set, or text is needed that was left
                out where the secret was recorded.
        """
        if self.secret and _HIDDEN in _REFERENCE.sub(
            lambda found: "" if environ.get(found["name"]) else found["default"] or "",
            self.template,
        ):
            what = "a secret that stands in resources.yaml in the clear is not recorded"
            hint = "correct resources.yaml; write ${env:NAME} there, and NAME=... into .env"
            raise ConfigError(what, hint=hint)
        return _REFERENCE.sub(lambda found: _value(found, environ), self.template)

    @override
    def __str__(self) -> str:
        return self._hidden() if self.secret else self.template

    @override
    def __repr__(self) -> str:
        return f"EnvText({str(self)!r})"

    def _hidden(self) -> str:
        """Return the references in their places; defaults and what is between them are hidden."""
        shown, end = "", 0
        for found in _REFERENCE.finditer(self.template):
            default = f":-{_HIDDEN}" if found["default"] else ""
            between = _HIDDEN if found.start() > end else ""
            shown += f"{between}${{env:{found['name']}{default}}}"
            end = found.end()
        return shown + (_HIDDEN if end < len(self.template) else "")


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment gives.

    Attributes:
        values: The variables by name; never shown.
        warnings: What the user should know, a sentence each.
    """

    values: Mapping[str, str] = field(repr=False)
    warnings: tuple[str, ...] = ()


def read_environment(directory: Path, *, environ: Mapping[str, str] = os.environ) -> Environment:
    """Read the `.env` file of a directory, if there is one, under the process's environment.

    Args:
        directory: Where `resources.yaml` stands.
        environ: The process's environment; it wins over the file.

    Returns:
        The variables of both, and warnings: others can read the file, a line of it is malformed.

    Raises:
        ConfigError: The file cannot be read, or is not UTF-8.
    """
    path = directory / ".env"
    if not path.is_file():
        return Environment(dict(environ))
    try:
        with path.open(encoding="utf-8") as file:
            # Nothing is interpolated: a secret may well hold a `$`.
            bindings = list(parse_stream(file))
        open_to_others = os.name == "posix" and path.stat().st_mode & 0o077
    except UnicodeDecodeError as exc:
        # Python's own error quotes the bytes, and the bytes may be a secret: it is not chained.
        msg = f"{path}: byte {exc.start} is not UTF-8"
        raise ConfigError(msg, hint="save it as UTF-8") from None
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}", hint="make it a file you can read") from exc
    values = {each.key: each.value for each in bindings if each.key and each.value is not None}
    warnings = [f"{path} can be read by others; run: chmod 600 {path}"] if open_to_others else []
    # Not what stands there: it may be a secret.
    warnings += [
        f"{path}:{each.original.line} is left out, it is no NAME=value; write it so, a # before "
        "what is a comment"
        for each in bindings
        if each.error
    ]
    return Environment({**values, **environ}, tuple(warnings))


def _value(found: re.Match[str], environ: Mapping[str, str]) -> str:
    name, default = found["name"], found["default"]
    value = environ.get(name, "")
    if value:
        return value
    if default is None:
        state = "is set to nothing" if name in environ else "is not set"
        msg = f"the environment variable {name} {state}"
        raise ConfigError(msg, hint=f"add a line to .env beside resources.yaml: {name}=...")
    return default.removeprefix(":-")
