"""What a run asks of its steps beside partitions."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from pond_pipeline.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """How a run was asked for.

    Attributes:
        now: The present instant: its period is the newest.
        environ: Gives the variables of the environment and of `.env`, when a step needs them.
        refetch: Ask sources for whole periods again, and let the answer replace what is stored.
        allow_shrink: Let a refetch replace readings by fewer.
        reprocess: Compute again what is up to date.
        done: By path, the periods that an earlier attempt of this run committed: a refetch does
            not ask for them again.
    """

    now: datetime
    environ: Callable[[], Mapping[str, str]] = dict
    refetch: bool = False
    allow_shrink: bool = False
    reprocess: bool = False
    done: Callable[[str], Collection[Period]] = lambda _path: ()
