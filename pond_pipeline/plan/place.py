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


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """An instrument at a place.

    Attributes:
        instrument: The pond path of its readings.
        scope: What is put before its columns there; None: nothing.
        window: From when until when.
    """

    instrument: str
    scope: str | None = None
    window: Window = ALWAYS


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
