"""Profiles of the periods of a series: kept with their other facts, computed where they lack."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from pond_core import ReadFS
from pond_pipeline.periods import Period
from pond_pipeline.quality import BatteryProfile, Profile, profile

PROFILE = "profile"
"""Where the facts about a period hold its profile."""


def profile_facts(found: Profile) -> dict[str, object]:
    """Return a profile as the JSON values that it is kept as."""
    facts = asdict(found)
    return facts | {
        "steps": [list(step) for step in found.steps],
        "batteries": [asdict(battery) for battery in found.batteries],
    }


def profiles_of(fs: ReadFS, path: str, *, limit: timedelta | None = None) -> dict[Period, Profile]:
    """Return the profile of each period of a series, in order of time.

    Args:
        fs: The pond.
        path: The series; it may be absent, and then has no periods.
        limit: List every step that is longer than this. A period whose profile leaves some out
            is read, as is one that was written without a profile.
    """
    marks = fs.node(path).marks if fs.exists(path) else {}
    found = {}
    for window, facts in marks.items():
        known = _kept(facts)
        if known is None or (limit is not None and not known.lists_over(limit)):
            known = profile(fs.read_series(path, window), over=limit)
        found[Period.parse(str(facts["partition"]))] = known
    return dict(sorted(found.items()))


def _kept(facts: Mapping[str, Any]) -> Profile | None:
    kept = facts.get(PROFILE)
    if kept is None:
        return None
    given = dict(kept)
    given["steps"] = tuple((begin, end) for begin, end in kept["steps"])
    given["batteries"] = tuple(BatteryProfile(**each) for each in kept["batteries"])
    return Profile(**given)
