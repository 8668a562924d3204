"""Sensors of folders: a run of the files' asset when something changed there.

A tick lists the folder and reads none of its files. Only where the list differs from the tick
before does it ask the pond which of the files are kept already.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pond_core import NotAPondError, Pond
from pond_pipeline.config import read_environment
from pond_pipeline.errors import ConfigError, SourceError
from pond_pipeline.paths import path_to_key, safe_name
from pond_pipeline.plan import FilesStep, InboxStep, Plan
from pond_pipeline.sensors.memory import Memory
from pond_pipeline.steps import Listing, Outlook, foresee, list_source, read_as

_INTERVAL_S = 30

# Dagster's own name (dagster 1.13, storage/tags.py), which its face does not export.
_RUN_KEY_TAG = "dagster/run_key"

Clock = Callable[[], datetime]
"""Tells the present instant."""


def _now() -> datetime:
    return datetime.now(UTC)


def build_folder_sensors(
    plan: Plan, *, root: Path, pond: str | Path, clock: Clock = _now
) -> list[dg.SensorDefinition]:
    """Return a sensor for each folder of the plan, on as soon as the daemon runs.

    It asks for the asset that keeps the folder's files. What is made of them is another matter:
    which months the new files touch is known once they are kept.

    Args:
        plan: What there is.
        root: Where `resources.yaml` and its `.env` stand; read at each tick.
        pond: The pond's directory or URL.
        clock: Tells the present instant.
    """
    return [
        _sensor(step, _Watch(step, root=root, pond=pond, clock=clock))
        for step in plan.steps
        if isinstance(step, FilesStep | InboxStep)
    ]


def _sensor(step: FilesStep | InboxStep, watch: "_Watch") -> dg.SensorDefinition:
    name = safe_name(step.outputs[0])
    selection = dg.AssetSelection.assets(*map(path_to_key, step.assets))
    description = f"Keeps what is new in the folder of {step.source.name}."

    @dg.sensor(
        name=f"{name}_sensor",
        job=dg.define_asset_job(f"{name}_look", selection=selection, description=description),
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def tick(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return watch.tick(context)

    return tick


class _Watch:
    """What looks after one folder."""

    def __init__(
        self, step: FilesStep | InboxStep, *, root: Path, pond: str | Path, clock: Clock
    ) -> None:
        self._step = step
        self._root = root
        self._pond = pond
        self._clock = clock

    def tick(self, context: dg.SensorEvaluationContext) -> dg.SensorResult:
        """Return what to ask for now."""
        memory = Memory.parse(context.cursor)
        now = self._clock()
        try:
            listing = list_source(self._step, read_environment(self._root).values, now=now)
        except (ConfigError, SourceError) as exc:
            trouble = f"{exc}; {exc.hint}" if exc.hint else str(exc)
            if trouble != memory.trouble:
                context.log.warning(trouble)
            return _skip(memory.troubled(trouble), trouble)
        return self._answer(context.instance, listing, memory.troubled(""), now)

    def _answer(
        self, instance: dg.DagsterInstance, listing: Listing, memory: Memory, now: datetime
    ) -> dg.SensorResult:
        state = self._digest(listing)
        run = _run_of(instance, memory) if memory.attempts else None
        if run is not None and not run.is_finished:
            return _skip(memory, f"run {run.run_id} is looking")
        has_succeeded = run is not None and run.is_success
        if memory.attempts and not has_succeeded and memory.waits(state, now=now):
            return _skip(memory, f"the run failed; it is asked for again after {memory.again}")
        if memory.state == state and not memory.attempts:
            return _skip(memory, _told("nothing changed", listing))
        outlook = self._foresee(listing)
        told = _digest_of(outlook.problems)
        if has_succeeded:
            memory = memory.settled(memory.state, told=told)
        is_dealt_with = memory.state == state and not memory.attempts
        if is_dealt_with or not (outlook.has_news or told != memory.told):
            return _skip(memory.settled(state, told=told), _told("all is kept", listing))
        memory = memory.asked(state, now=now)
        request = dg.RunRequest(run_key=memory.key)
        return dg.SensorResult(run_requests=[request], cursor=memory.cursor())

    def _digest(self, listing: Listing) -> str:
        """Return what changes when a look might bring something new."""
        return _digest_of([listing.digest(), read_as(self._step)])

    def _foresee(self, listing: Listing) -> Outlook:
        try:
            return foresee(self._step, Pond.open(self._pond).snapshot(), listing)
        except NotAPondError:
            return Outlook(bool(listing.files), tuple(listing.problems))


def _run_of(instance: dg.DagsterInstance, memory: Memory) -> dg.DagsterRun | None:
    """Return the run that was asked for last; None where it was not started yet, or is gone."""
    runs = instance.get_runs(dg.RunsFilter(tags={_RUN_KEY_TAG: memory.key}), limit=1)
    return next(iter(runs), None)


def _digest_of(texts: Sequence[str]) -> str:
    """Return a short digest of texts; empty without any."""
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:32] if texts else ""


def _told(what: str, listing: Listing) -> str:
    waiting = len(listing.waiting)
    return f"{what}: {len(listing.files)} files" + (f", {waiting} to come" if waiting else "")


def _skip(memory: Memory, why: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=dg.SkipReason(why), cursor=memory.cursor())
