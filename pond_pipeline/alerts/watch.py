"""Looking after the alerts of a plan: look, remember, tell. No Dagster.

What is found is written down before anybody is told, and what was taken right after it: a daemon
that dies between these two tells once more, and never forgets.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pond_core import Overview
from pond_pipeline.alerts.book import Book, Shelf
from pond_pipeline.alerts.channel import kind_of, send
from pond_pipeline.alerts.condition import Sight, observe
from pond_pipeline.alerts.course import advance
from pond_pipeline.alerts.failure import FailedRun, is_forgotten, merged, observed_run
from pond_pipeline.alerts.incident import Observed, Ongoing
from pond_pipeline.alerts.notice import bundled
from pond_pipeline.alerts.outbox import Owed, again, due_now, owed_to
from pond_pipeline.alerts.patience import Patience
from pond_pipeline.alerts.scene import Facts, News, Scene
from pond_pipeline.config import Incident, read_environment
from pond_pipeline.errors import AlertError, ConfigError
from pond_pipeline.plan import Alert, Plan
from pond_pipeline.silence import FreshnessJudge

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of a look.

    Attributes:
        ongoing: How many incidents last.
        taken: How many messages were taken.
        owed: How many were not yet.
    """

    ongoing: int
    taken: int
    owed: int


class Watch:
    """The alerts of a plan.

    Args:
        plan: The plan.
        root: The folder of `resources.yaml`, whose `.env` has the secrets; read at each look.
        pond: The pond's directory or URL.
    """

    def __init__(self, plan: Plan, *, root: Path, pond: str | Path) -> None:
        self._plan = plan
        self._root = root
        self._pond = pond
        self._judge = FreshnessJudge(plan)
        self._paths = {path for step in plan.steps for path in step.outputs}
        self._alerts = {each.name: each for each in plan.services if isinstance(each, Alert)}
        receivers = [
            (name, channel)
            for name, alert in self._alerts.items()
            for channel in range(len(alert.channels))
        ]
        self._patience = {receiver: Patience(len(receivers)) for receiver in receivers}
        self._facts: tuple[tuple[str, int], Facts] | None = None

    def look(self, news: News, *, now: datetime | None = None) -> Looked | None:
        """Look once, and tell of what is new.

        Args:
            news: What Dagster tells.
            now: The present, aware.

        Returns:
            What came of it; None where somebody else is looking just now.

        Raises:
            NotAPondError: There is no pond.
            StoreError: It cannot be opened.
            AlertError: What was told cannot be remembered; nobody was told anything.
        """
        now = now or datetime.now(UTC)
        overview = Overview(self._pond)
        shelf = Shelf(overview.path)
        with shelf.looking() as is_ours:
            if not is_ours:
                return None
            environ = self._environ()
            before = shelf.read()
            with shelf.noted() as failed:
                runs = self._runs(merged(before.runs, failed), news, now)
                scene = Scene(
                    plan=self._plan,
                    judge=self._judge,
                    overview=overview,
                    facts=self._facts_of(overview),
                    environ=environ,
                    runs=runs,
                    checks=news.checks,
                    now=now,
                )
                book = self._advanced(before, scene)
                if book != before:
                    shelf.write(book)
            told = self._deliver(shelf, book, environ, now)
        taken = len(book.owed) - len(told.owed)
        return Looked(ongoing=len(told.ongoing), taken=taken, owed=len(told.owed))

    def _environ(self) -> Mapping[str, str]:
        try:
            return read_environment(self._root).values
        except ConfigError as exc:
            _LOGGER.error("alerts do without .env: %s (%s)", exc, exc.hint)
            return os.environ

    def _facts_of(self, overview: Overview) -> Facts:
        """Return what the pond holds; what was looked up stays while nothing is committed."""
        key = (overview.id, overview.txn)
        if self._facts is None or self._facts[0] != key:
            self._facts = (key, Facts(overview.snapshot))
        return self._facts[1]

    def _runs(self, runs: Sequence[FailedRun], news: News, now: datetime) -> list[FailedRun]:
        return [run for run in runs if not is_forgotten(run, now=now) and not news.is_over(run)]

    def _advanced(self, before: Book, scene: Scene) -> Book:
        """Return what is to be remembered and told after a look; nothing is sent yet."""
        now = scene.now
        forgotten = {observed_run(run).subject for run in before.runs if is_forgotten(run, now=now)}
        ongoing: list[Ongoing] = []
        owed = [each for each in before.owed if self._is_known(each)]
        levels = {}
        for name, alert in self._alerts.items():
            sight = observe(alert, scene, before.levels.get(name, {}))
            last = [
                each
                for each in before.ongoing
                # What nobody watches any more, or made again, is not over: it is forgotten.
                if each.alert == name
                and self._is_watched(each.observed, alert, sight)
                and each.observed.subject not in forgotten
            ]
            held = [each.observed for each in last if each.observed.event in sight.unseen]
            found, notices = advance(alert, last, [*sight.observed, *held], now=now)
            ongoing += found
            owed += owed_to(alert, bundled(notices))
            levels[name] = sight.levels
        return Book(ongoing=tuple(ongoing), owed=tuple(owed), runs=tuple(scene.runs), levels=levels)

    def _is_watched(self, observed: Observed, alert: Alert, sight: Sight) -> bool:
        """Say whether anybody still watches for an incident that was seen before."""
        match observed.event:
            case event if event not in {each.incident for each in alert.conditions}:
                return False
            case Incident.STALE | Incident.BATTERY:
                return observed.values.get("path") in self._paths
            case Incident.THRESHOLD:  # its bounds are part of the subject
                return observed.subject in sight.levels
            case _:
                return True

    def _is_known(self, owed: Owed) -> bool:
        return owed.receiver in self._patience

    def _deliver(self, shelf: Shelf, book: Book, environ: Mapping[str, str], now: datetime) -> Book:
        """Send what is due, channel by channel in order; return what is owed then."""
        while due := [*due_now(book.owed, now=now)]:
            for each in due:
                instead = None if self._is_taken(each, environ) else again(each, now=now)
                left = [instead if it is each else it for it in book.owed]
                book = replace(book, owed=tuple(it for it in left if it is not None))
                shelf.write(book)
        return book

    def _is_taken(self, owed: Owed, environ: Mapping[str, str]) -> bool:
        """Send a message; that it was not taken is a line in the log."""
        alert = self._alerts[owed.notice.alert]
        channel, patience = alert.channels[owed.channel], self._patience[owed.receiver]
        try:
            left_s = patience.left_s
            with patience.spending():
                send(channel, owed.notice, environ, ui=alert.ui, within_s=left_s)
        except (AlertError, ConfigError) as exc:
            why = f"{exc} ({exc.hint})"
        except Exception as exc:  # noqa: BLE001 -- what nobody foresaw here is not told of all else
            why = f"unexpected {type(exc).__name__}"  # its own words may quote an address
        else:
            return True
        told = alert.name, kind_of(channel), why, owed.notice.title
        _LOGGER.error("the alert %s was not sent by %s: %s: %s", *told)
        return False
