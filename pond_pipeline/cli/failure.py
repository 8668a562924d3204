"""Errors as the terminal tells them: a line, a hint, an exit code."""

from dataclasses import dataclass

from pond_core import ConflictError, PondError
from pond_pipeline.errors import ConfigError

_FAILED, _CONFIGURATION, _CONFLICT = 1, 2, 3


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
            return Failure(str(exc), exc.hint, _FAILED)
        case OSError(filename=str(), strerror=str()):
            return Failure(f"{exc.filename}: {exc.strerror}", "", _FAILED)
        case _:
            what = " ".join(f"unexpected {type(exc).__name__}: {exc}".split())
            return Failure(what, "this is a defect of ours; run again with --debug", _FAILED)
