"""The identity of a step's work: what its result depends on, and nothing else."""

import hashlib
import json
from datetime import datetime, timedelta

from pydantic import BaseModel

from pond_core import Window


def fingerprint(kind: str, **facts: object) -> str:
    """Return the SHA-256, in hexadecimal, of what changes a step's result.

    Args:
        kind: The kind of step.
        facts: Text, numbers, instants, durations, windows, parts of a resource, and lists and
            mappings of them; no secret.
    """
    text = json.dumps([kind, facts], sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case Window():
            return [value.start_us, value.end_us]
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case BaseModel():
            return value.model_dump(exclude_unset=True)
        case _:
            msg = f"{type(value).__name__} has no place in a fingerprint"
            raise TypeError(msg)
