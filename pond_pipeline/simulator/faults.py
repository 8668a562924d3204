"""What can go wrong with a HydroVu server, each a switch that is off by default.

Page faults count the pages of one location's readings from 1 and strike `times` times per location
(None: always); those that disturb the order of pages always do. Nothing is random. A `Faults` may
be changed while the simulator runs.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Correction:
    """History that the vendor changed: `offset` is added to one parameter in `[start, end)`."""

    parameter_id: str
    start: datetime
    end: datetime
    offset: float


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A parameter that comes in another unit from `since` on: `value * scale`."""

    parameter_id: str
    since: datetime
    unit_id: str
    scale: float


@dataclass(slots=True)
class Faults:
    """Switches of a simulator; all off.

    Attributes:
        by_location: Faults of one location's readings, instead of those here. What concerns tokens,
            the rate limit, the list of locations and all of the server counts here only.
        times: How often a page fault strikes per location before the server recovers; None: always.
        down: Every connection is closed without a reply, those for tokens too.
        drop_connection_on_page: Close the connection without a reply.
        truncate_body_on_page: Close it in the middle of the body.
        status_500_on_page: Fail with 500, as the real server does deep into long runs.
        expire_token_on_page: Forget all tokens, so that the page gets 401.
        repeat_page: This page comes again as the next one, under another cursor.
        loop_on_page: This page names itself as the next one, for ever.
        swap_pages: This page and the next come in the wrong order.
        status_429_every: Every n-th API request is refused with 429.
        retry_after: The `Retry-After` of a 429: seconds, or an instant written as an HTTP date.
        token_status: The token endpoint answers with this status instead of a token.
        enforce_scope: A token without the scope `read:data` cannot read data (403).
        end_time_exclusive: `endTime` is exclusive; nobody documents which it is.
        empty_instead_of_404: No data is 200 with `"parameters":[]` instead of 404.
        blank_last_cursor: The last page carries an empty `X-ISI-Next-Page` instead of none.
        slow_404_s: Seconds that a 404 takes.
        unknown_parameter: Readings of a custom parameter that the friendly names do not know.
        duplicate_readings: The last reading of each parameter comes twice on every page.
        duplicate_locations: The last location of each page comes again on the next page.
        location_missing: Locations that are neither listed nor served.
        renames: Names of locations, by id, instead of their own.
        factory_location: List `FACTORY_LOCATION` too; it serves the readings of the first one.
        late_by: Readings reach the server this much after they were taken.
        gaps: Half-open ranges in which nothing was recorded, or has not arrived yet.
        clock_zone: The instrument stamps local time of this zone as if it were UTC.
        corrections: Values changed after the fact.
        unit_changes: Parameters whose unit changes in mid-history.
    """

    by_location: Mapping[int, "Faults"] = field(default_factory=dict)
    times: int | None = 1
    down: bool = False
    drop_connection_on_page: int | None = None
    truncate_body_on_page: int | None = None
    status_500_on_page: int | None = None
    expire_token_on_page: int | None = None
    repeat_page: int | None = None
    loop_on_page: int | None = None
    swap_pages: int | None = None
    status_429_every: int | None = None
    retry_after: int | datetime | None = None
    token_status: int | None = None
    enforce_scope: bool = False
    end_time_exclusive: bool = False
    empty_instead_of_404: bool = False
    blank_last_cursor: bool = False
    slow_404_s: float = 0.0
    unknown_parameter: bool = False
    duplicate_readings: bool = False
    duplicate_locations: bool = False
    location_missing: AbstractSet[int] = frozenset()
    renames: Mapping[int, str] = field(default_factory=dict)
    factory_location: bool = False
    late_by: timedelta = timedelta(0)
    gaps: Sequence[tuple[datetime, datetime]] = ()
    clock_zone: ZoneInfo | None = None
    corrections: Sequence[Correction] = ()
    unit_changes: Sequence[UnitChange] = ()

    def at(self, location_id: int) -> "Faults":
        """Return the faults of one location's readings."""
        return self.by_location.get(location_id, self)
