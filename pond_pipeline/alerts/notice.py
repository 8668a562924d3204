"""What people are told of incidents: when one begins, lasts, is over; many at once as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import JsonValue

from pond_pipeline.alerts.incident import Observed
from pond_pipeline.config import Incident
from pond_pipeline.wording import count_text, duration_text

_MOST = 5
"""So many incidents of one kind are told one by one; more that come at once, in one message."""

_WIDTH = 200
"""So many letters a title has at most: a header that is too long is refused."""

_LISTED = 20
"""So many of them such a message names."""


class State(StrEnum):
    """What has become of an incident."""

    BEGAN = "began"
    LASTS = "lasts"
    RECOVERED = "recovered"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is told once to each channel.

    Attributes:
        alert: The alert that tells.
        state: What has become of the incident.
        observed: The incident.
        at: When that was found.
    """

    alert: str
    state: State
    observed: Observed
    at: datetime

    @property
    def title(self) -> str:
        """It in a few words, in one line."""
        before = {State.LASTS: "Still: ", State.RECOVERED: "Over: "}.get(self.state, "")
        title = before + one_line(self.observed.title)
        return title if len(title) <= _WIDTH else f"{title[: _WIDTH - 1]}…"

    @property
    def text(self) -> str:
        """It in full."""
        lasted = duration_text(max(self.at - self.observed.since, timedelta()))
        match self.state:
            case State.LASTS:
                return f"Still, after {lasted}: {self.observed.text}"
            case State.RECOVERED:
                return f"Over after {lasted}: {self.observed.text}"
            case _:
                return self.observed.text

    def link(self, ui: str) -> str | None:
        """Return where the UI shows more; None where it does not.

        Args:
            ui: Where people reach the UI.
        """
        return f"{ui.rstrip('/')}{self.observed.page}" if self.observed.page else None

    def body(self, ui: str) -> dict[str, JsonValue]:
        """Return what a webhook is sent.

        Args:
            ui: Where people reach the UI.
        """
        observed = self.observed
        # What failed runs were told with before there were values.
        former = dict(observed.values) if observed.event is Incident.RUN_FAILED else {}
        return {
            **former,
            "event": str(observed.event),
            "alert": self.alert,
            "state": str(self.state),
            "subject": observed.subject,
            "title": self.title,
            "text": f"DuckPond: {self.text}",
            "since": observed.since.isoformat(),
            "values": dict(observed.values),
            "link": self.link(ui),
        }


def one_line(text: str) -> str:
    """Return a text without line breaks and other characters that cannot be printed."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def bundled(notices: Sequence[Notice]) -> list[Notice]:
    """Return what is told of one look: many of one alert, event and state in one message.

    A network that fails takes all instruments with it; nobody reads a hundred messages.
    """
    groups: dict[tuple[str, State, Incident], list[Notice]] = {}
    for notice in notices:
        groups.setdefault((notice.alert, notice.state, notice.observed.event), []).append(notice)
    return [
        told
        for group in groups.values()
        for told in ([_one(group)] if len(group) > _MOST else group)
    ]


def _one(group: Sequence[Notice]) -> Notice:
    seen = [notice.observed for notice in group]
    lines = [f"- {each.text}" for each in seen[:_LISTED]]
    if len(seen) > _LISTED:
        lines.append(f"- and {len(seen) - _LISTED} more")
    what = f"{count_text(len(seen), 'incident')}: {seen[0].event}"
    told = Observed(
        event=seen[0].event,
        subject=what,
        title=what,
        text="\n".join([what, *lines]),
        since=min(each.since for each in seen),
        values={"subjects": [each.subject for each in seen]},
    )
    return replace(group[0], observed=told)
