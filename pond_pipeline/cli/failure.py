"""Errors as the terminal tells them: a line, a hint, an exit code."""

from dataclasses import dataclass
from pathlib import Path

from pond_core import (
    ConflictError,
    NotFoundError,
    PondError,
    QueryError,
    did_you_mean,
    near_misses,
)
from pond_pipeline.errors import ConfigError

_FAILED, _CONFIGURATION, _CONFLICT = 1, 2, 3

_WILD = frozenset("*?[")
"""What makes a path a pattern."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a command failed.

    Attributes:
        message: What happened.
        hint: What to do about it; may be empty.
        exit_code: 1 failed, 2 wrong configuration, 3 conflict.
    """

    message: str
    hint: str
    exit_code: int


def failure_of(exc: Exception) -> Failure:
    """Return what an exception means to the user."""
    match exc:
        case ConfigError():
            return Failure(str(exc), exc.hint, _CONFIGURATION)
        case ConflictError():
            return Failure(str(exc), exc.hint, _CONFLICT)
        case PondError():
            return Failure(str(exc), exc.hint or _remedy(exc), _FAILED)
        case OSError(filename=str(), strerror=str()):
            return Failure(f"{exc.filename}: {exc.strerror}", _near_file(exc), _FAILED)
        case OSError(strerror=str() as reason):
            # What is written to an open file, or by `--help` to stdout, names none.
            hint = "is a disk full, or a stream closed that is written to?"
            return Failure(reason, hint, _FAILED)
        case _:
            what = " ".join(f"unexpected {type(exc).__name__}: {exc}".split())
            return Failure(what, "this is a defect of ours; run again with --debug", _FAILED)


def _remedy(exc: PondError) -> str:
    """Return what to do about an error that does not say it itself; empty where nobody knows."""
    match exc:
        case NotFoundError() if _WILD & set(exc.path):
            return "one path is wanted here; `pond ls` shows what a pattern means"
        case NotFoundError() if exc.path.startswith("/"):
            return "`pond ls` shows what is there"
        case QueryError():
            return "`pond describe PATH` shows its columns"
        case _:
            return ""


def _near_file(exc: OSError) -> str:
    """Return a hint for a file of the host that the host refuses; empty where nobody knows."""
    if isinstance(exc, PermissionError):
        return "check who owns it and its folder, or choose another place"
    if not isinstance(exc, FileNotFoundError):
        return ""
    file = Path(str(exc.filename))
    try:
        names = [each.name for each in file.parent.iterdir()]
    except OSError:
        return f"is there a directory {file.parent}?"
    return did_you_mean([str(file.with_name(each)) for each in near_misses(file.name, names)])
