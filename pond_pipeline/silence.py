"""Whether a series is still heard of: judged by its newest reading, and by no scheduler."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from pond_core import ReadFS, from_us
from pond_pipeline.plan import CombineStep, ExportStep, Judged, NormalizeStep, Plan, PullStep, Step
from pond_pipeline.quality import check_freshness
from pond_pipeline.wording import duration_text, instant_text


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a series is fresh.

    Attributes:
        passed: It is; also where nothing is expected of it any more.
        text: What was found. It stays true until the verdict changes.
    """

    passed: bool
    text: str


@dataclass(frozen=True)
class FreshnessJudge:
    """Judges the series of a plan that somebody expects readings of.

    Attributes:
        plan: The plan.
    """

    plan: Plan

    @cached_property
    def limits(self) -> Mapping[str, timedelta]:
        """How old the newest reading may be, by path; a series without a limit is not judged."""
        return {
            step.outputs[0]: limit
            for step in self.plan.steps
            if isinstance(step, Judged) and (limit := step.judgement.longest_silence) is not None
        }

    def judge(self, fs: ReadFS, path: str, *, now: datetime) -> Freshness:
        """Judge one series by its newest reading.

        Args:
            fs: The pond.
            path: The series; it has a limit.
            now: The present, aware.
        """
        return self.judge_newest(path, newest_reading(fs, path), now=now)

    def judge_newest(
        self, path: str, newest: datetime | None, *, now: datetime, limit: timedelta | None = None
    ) -> Freshness:
        """Judge one series by what is known of its newest reading.

        Args:
            path: The series; it has a limit, or one is given.
            newest: When that was made; None if there never was one.
            now: The present, aware.
            limit: How old it may be; None: as the plan says.
        """
        if self.is_retired(path, now):
            return Freshness(passed=True, text="Retired: no readings are expected.")
        limit = limit or self.limits[path]
        check = check_freshness(newest, now=now, limit=limit)
        if check.newest is None:
            return Freshness(passed=False, text="There has never been a reading.")
        if check.is_ahead:
            return Freshness(passed=False, text=ahead_text(check.newest))
        expected = f"one is expected every {duration_text(limit)}"
        if check.passed:
            return Freshness(passed=True, text=f"There are readings; {expected}.")
        last = instant_text(check.newest)
        return Freshness(passed=False, text=f"No reading since {last}; {expected}.")

    def is_retired(self, path: str, now: datetime) -> bool:
        """Say whether no readings come any more because somebody said so.

        Args:
            path: The series.
            now: The present, aware.
        """
        match self._by_output.get(path):
            case PullStep() as pull:
                return not pull.active
            case NormalizeStep() as step:
                return _is_over(step.window.end, now) or self.is_retired(step.inputs[0], now)
            case ExportStep() as step:
                return _is_over(step.window.end, now)
            case CombineStep() as site:
                return all(
                    _is_over(part.window.end, now) or self.is_retired(part.asset, now)
                    for part in site.parts
                )
            case _:
                return False

    @cached_property
    def _by_output(self) -> Mapping[str, Step]:
        return {path: step for step in self.plan.steps for path in step.outputs}


def newest_reading(fs: ReadFS, path: str) -> datetime | None:
    """Return the newest reading that the facts about a series tell of."""
    if not fs.exists(path):
        return None
    told = [facts.get("last_us") for facts in fs.node(path).marks.values()]
    lasts = [int(str(last_us)) for last_us in told if last_us is not None]
    return from_us(max(lasts)) if lasts else None


def ahead_text(newest: datetime) -> str:
    """Return what is said of a series whose newest reading is of the future."""
    told = f"The newest reading is of {instant_text(newest)}, which is to come"
    return f"{told}: a clock or a time zone is wrong."


def _is_over(end: datetime | None, now: datetime) -> bool:
    return end is not None and end <= now
