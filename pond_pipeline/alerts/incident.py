"""What an alert tells of: as it is seen at one look, and as it goes on from look to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from pond_pipeline.config import Incident


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: errors quote names of files, which may be no UTF-8."""
    return text.encode(errors="replace").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Something that is the case at a look.

    Attributes:
        event: Of which kind.
        subject: What it is about: a path, a path and a column, a backup. With the event it says
            which incident this is.
        title: What is the case, in a few words.
        text: The same with all that is to be known, in a sentence.
        since: Since when.
        values: The facts behind it.
        page: Where the UI shows more: a path of its address; may be empty.
        at_once: It is told without grace: it happened, and need not last.
    """

    event: Incident
    subject: str
    title: str
    text: str
    since: datetime
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    page: str = ""
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ongoing:
    """An incident, from the look that first saw it until the one that sees it no more.

    Attributes:
        alert: The alert that watches for it.
        observed: As it was seen last.
        first: When it was first seen.
        told: When its beginning was told; None within the grace period.
        reminded: When it was last told; None if it was not.
    """

    alert: str
    observed: Observed
    first: datetime
    told: datetime | None = None
    reminded: datetime | None = None

    @property
    def key(self) -> tuple[Incident, str]:
        """What it is among those of its alert."""
        return self.observed.event, self.observed.subject
