"""All that `resources.yaml` asks for, and how a pond path comes about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pond_pipeline.plan.origin import Source
from pond_pipeline.plan.service import Service
from pond_pipeline.plan.step import Step


@dataclass(frozen=True)
class Plan:
    """What `resources.yaml` asks for.

    Attributes:
        start: The first of the month, in UTC, in which the earliest source begins, or the earliest
            bucket that is made of it; None without sources.
        sources: In the order of the file.
        steps: In an order in which each comes after those whose outputs it reads.
        services: Backups, copies and alerts, in the order of the file.
    """

    start: date | None
    sources: tuple[Source, ...]
    steps: tuple[Step, ...]
    services: tuple[Service, ...] = ()

    @cached_property
    def homes(self) -> Mapping[str, str]:
        """The source that each step belongs to, by the step's first output.

        A step that reads from several belongs to the one whose steps come first; one that reads
        from none has none.
        """
        by_output: dict[str, str] = {}
        homes: dict[str, str] = {}
        for step in self.steps:
            source = getattr(step, "source", None)
            upstream = (by_output[path] for path in step.inputs if path in by_output)
            home = source.name if source is not None else next(upstream, None)
            if home is not None:
                homes[step.outputs[0]] = home
                by_output.update(dict.fromkeys(step.outputs, home))
        return homes


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a pond path comes about: the kind of its step, and what that reads."""

    path: str
    kind: str
    inputs: tuple[str, ...]


def explain(plan: Plan) -> list[Explanation]:
    """Return how each path of a plan comes about, in the order of its steps."""
    return [
        Explanation(path, step.kind, step.inputs) for step in plan.steps for path in step.outputs
    ]
