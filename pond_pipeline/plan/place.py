"""What a website shows: places with their datasets, and the instruments deployed there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pond_core import ALWAYS, Resolution, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument, or one exported place.

    Attributes:
        title: Its name.
        source: The resource that it belongs to.
        series: The pond path of its readings.
        interval: How often it is expected to read; None: nobody said.
        limit: How old its newest reading may be; None: it is not judged.
        gap: How long it may be silent between two readings; None: it is not judged.
        is_flagged: Whether its readings carry flags.
        is_active: Whether it is still asked for readings.
        end: When it stopped to count; None: it counts.
    """

    title: str
    source: str
    series: str
    interval: timedelta | None
    limit: timedelta | None
    gap: timedelta | None
    is_flagged: bool
    is_active: bool
    end: datetime | None

    @property
    def current_limit(self) -> timedelta | None:
        """How old its newest reading may be now; None as well where no more are expected."""
        return self.limit if self.is_active and self.end is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """An instrument at a place.

    Attributes:
        instrument: The pond path of its readings.
        scope: What is put before its columns there; None: nothing.
        window: From when until when.
        limit: How old its newest reading may be; None: it is not judged.
    """

    instrument: str
    scope: str | None = None
    window: Window = ALWAYS
    limit: timedelta | None = None

    def is_over(self, at: datetime | None) -> bool:
        """Say whether it was taken away before an instant; None: before any."""
        return at is not None and self.window.end is not None and self.window.end <= at


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What charts are drawn of: one dataset at several resolutions.

    Attributes:
        title: What it is called.
        dataset: The pond directory of its resolutions, `/reduced/harbor/sites/Wharf`.
        resolutions: The widths of its buckets.
        series: The pond path that it was downsampled from.
        latitude: Degrees north; None: nobody said.
        longitude: Degrees east.
        timezone: Where its days begin; None: in UTC.
        interval: How often there is a reading; None: nobody said.
        limit: How old the newest reading may be; None: it is not judged.
        is_flagged: Whether its readings carry flags.
        deployments: Its instruments.
    """

    title: str
    dataset: str
    resolutions: tuple[Resolution, ...]
    series: str
    latitude: float | None = None
    longitude: float | None = None
    timezone: str | None = None
    interval: timedelta | None = None
    limit: timedelta | None = None
    is_flagged: bool = False
    deployments: tuple[Deployment, ...] = ()

    def path_of(self, resolution: Resolution) -> str:
        """Return the pond path of the buckets of one width."""
        return f"{self.dataset}/res={resolution.text}"

    def has_left(self, scope: str, *, at: datetime | None) -> bool:
        """Say whether the instruments of a scope were taken away, while others stayed.

        Args:
            scope: Which.
            at: As of when: the newest reading of the place.
        """
        staying = {each.scope or "" for each in self.deployments if not each.is_over(at)}
        return bool(staying) and scope not in staying and bool(self._of(scope))

    def limit_of(self, scope: str, *, at: datetime | None) -> timedelta | None:
        """Return how old the newest reading of a scope may be; None: it is not judged.

        Of several instruments the slowest one counts. Without any that are known, it is as of the
        place; beside those that are known, what came otherwise is not judged.

        Args:
            scope: Which.
            at: As of when: the newest reading of the place.
        """
        if not self.deployments:
            return self.limit
        here = self._of(scope)
        if self.has_left(scope, at=at):
            return None
        lasting = [each for each in here if not each.is_over(at)] or here
        return max((each.limit for each in lasting if each.limit is not None), default=None)

    def _of(self, scope: str) -> list[Deployment]:
        return [each for each in self.deployments if (each.scope or "") == scope]
