"""When declarative automation asks for an asset: promptness; `catch_up` is what can be relied on.

`AutomationCondition.eager()` is not enough: it never asks for a past period, nor for a new asset
whose inputs are full, and one input that is missing stops a site. Here an asset is asked for where
it is missing while an input is there, and where an input's content changed. A change between an
asset's run and the next tick is lost; what is lost, `catch_up` finds. Nothing is asked for while a
blocking check of an input has failed.
"""

from functools import cache
from typing import Any

import dagster as dg

from pond_pipeline.paths import path_to_key
from pond_pipeline.plan import (
    DictionariesStep,
    ExportStep,
    FilesStep,
    InboxStep,
    NormalizeStep,
    PullStep,
    ScribbleStep,
    Step,
)

_COLLECTED = (DictionariesStep, PullStep, FilesStep, InboxStep, ScribbleStep)


def condition_of(step: Step) -> dg.AutomationCondition[Any] | None:
    """Return when a step is asked for; None for what asks the outside, on schedule.

    Which months new files have readings in, only the pond tells: exports are left to `catch_up`.
    To Dagster, a new file is a change of every month.

    The dictionaries of an account are no reason: they are written whenever a name is new.
    """
    if isinstance(step, (*_COLLECTED, ExportStep)):
        return None
    return _condition(step.inputs[1:] if isinstance(step, NormalizeStep) else ())


@cache  # thousands of assets share a few
def _condition(ignored: tuple[str, ...]) -> dg.AutomationCondition[Any]:
    """Return when something is asked for, whatever happens to some of its inputs."""
    ac = dg.AutomationCondition
    some = ac.any_deps_match(~ac.missing() | ac.will_be_requested())
    changed = ac.any_deps_match(ac.data_version_changed() | ac.will_be_requested())
    if ignored:
        unheeded = dg.AssetSelection.assets(*map(path_to_key, ignored))
        some, changed = some.ignore(unheeded), changed.ignore(unheeded)
    wanted = ac.missing() & some
    asked = wanted.newly_true() | (ac.initial_evaluation() & wanted) | changed
    is_open = asked.since(ac.newly_requested() | ac.newly_updated())
    blocked = ac.any_deps_match(ac.any_checks_match(ac.check_failed(), blocking_only=True))
    return is_open & ~ac.any_deps_in_progress() & ~ac.in_progress() & ~blocked
