"""An instrument with a story, the API that serves it, and the pond that collects it."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
from typing_extensions import override

from pond_core import Node, Pond, Provenance, Window
from pond_pipeline.config import EnvText
from pond_pipeline.hydrovu import HydroVuClient, RateLimit
from pond_pipeline.periods import Cadence, Period
from pond_pipeline.plan import DictionariesStep, HydroVuSource, NormalizeStep, PullStep
from pond_pipeline.record import Recorded, SeriesUpdate, record
from pond_pipeline.simulator import Faults, Location, Names, Readings, SeriesKey, Simulator, World
from pond_pipeline.steps import Request
from pond_pipeline.steps.dictionaries import dictionaries
from pond_pipeline.steps.normalize import normalize
from pond_pipeline.steps.pull import pull

RAW = "/raw/bay/Pier"
TABLE = "/normalized/bay/Pier"
QUARANTINE = "/quarantine/bay/Pier"
LOCATION = 1_234_567_890_123_456
TEMPERATURE = SeriesKey("1", "1")
FAHRENHEIT = SeriesKey("1", "2")
DEPTH = SeriesKey("3", "35")
MARCH = "2025-03-20"

Asked = tuple[str, str]
"""A range that the API was asked for: its first and last instant, the latter empty if open."""


class Ledger(World):
    """One instrument whose readings are written down, and may be struck out again."""

    def __init__(self) -> None:
        self._values: dict[SeriesKey, dict[int, float]] = {}

    def write(self, *instants: str, key: SeriesKey = TEMPERATURE, value: float = 10.0) -> None:
        stamps = {_seconds(each): value for each in instants}
        self._values.setdefault(key, {}).update(stamps)

    def strike(self, *instants: str, key: SeriesKey = TEMPERATURE) -> None:
        for each in instants:
            del self._values[key][_seconds(each)]

    @override
    def locations(self) -> Sequence[Location]:
        return [Location(LOCATION, "Pier", "", 39.4, -123.8)]

    @override
    def names(self) -> Names:
        return Names(
            parameters={TEMPERATURE.parameter_id: "Temperature", DEPTH.parameter_id: "Depth"},
            units={TEMPERATURE.unit_id: "C", FAHRENHEIT.unit_id: "F", DEPTH.unit_id: "m"},
        )

    @override
    def readings(self, location_id: int, start_s: int, end_s: int, *, now_s: int) -> Readings:
        found = {}
        for key, values in self._values.items():
            rows = sorted((at, value) for at, value in values.items() if start_s <= at <= end_s)
            if rows:
                schema = {"timestamp": pl.Int64, "value": pl.Float64}
                found[key] = pl.DataFrame(rows, schema=schema, orient="row")
        return found

    @override
    def first_at(self, location_id: int, start_s: int, *, now_s: int) -> int | None:
        stamps = (at for values in self._values.values() for at in values if at >= start_s)
        return min(stamps, default=None)


class Station:
    """The instrument's steps, run against a real server and a real pond.

    Attributes:
        ledger: What the server knows.
        simulator: The server.
        pond: Where it goes.
    """

    def __init__(self, path: Path) -> None:
        self.ledger = Ledger()
        self.simulator = Simulator(self.ledger, page_days=400)
        self.pond = Pond.init(path, durability="process")

    def __enter__(self) -> Self:
        self.simulator.__enter__()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.simulator.close()

    def serve(self, *, page_days: float, faults: Faults | None = None) -> None:
        """Serve the same readings in other pages."""
        self.simulator.close()
        self.simulator = Simulator(self.ledger, page_days=page_days, faults=faults)
        self.simulator.__enter__()

    def pull(
        self,
        *months: str,
        now: str,
        step: PullStep | None = None,
        refetch: bool = False,
        allow_shrink: bool = False,
        done: Collection[Period] = (),
    ) -> list[Asked]:
        """Pull, store, and return which ranges the API was asked for."""
        self.collect(
            *months, now=now, step=step, refetch=refetch, allow_shrink=allow_shrink, done=done
        )
        return self.asked()

    def collect(
        self,
        *months: str,
        now: str,
        step: PullStep | None = None,
        refetch: bool = False,
        allow_shrink: bool = False,
        done: Collection[Period] = (),
    ) -> list[Recorded]:
        """Pull, store, and return what was recorded."""
        self.simulator.log.clear()
        with self.client() as client:
            update = pull(
                step or a_pull(),
                self.pond.snapshot(),
                client,
                [Period.parse(each) for each in months],
                Request(
                    now=at(now),
                    refetch=refetch,
                    allow_shrink=allow_shrink,
                    done=lambda _path: done,
                ),
            )
            return list(record(self.pond, RAW, update, provenance=Provenance()))

    def client(self) -> HydroVuClient:
        url = self.simulator.base_url
        return HydroVuClient(url, "demo", "demo", rate=RateLimit(), sleep=lambda _seconds: None)

    def asked(self) -> list[Asked]:
        """Return the ranges of the readings that were asked for, each once, in order."""
        ranges = [
            (_text(served.query["startTime"]), _text(served.query.get("endTime", "")))
            for served in self.simulator.log
            if served.path.endswith("/data")
        ]
        return list(dict.fromkeys(ranges))

    def learn_names(self) -> None:
        """Store the dictionaries."""
        with self.client() as client:
            tables = dictionaries(a_dictionary(), self.pond.snapshot(), client)
        with self.pond.transaction() as tx:
            tx.mkdir("/raw/bay", parents=True, exist_ok=True)
            for path, table in tables.items():
                tx.write_table(path, table)

    def normalize(
        self, *months: str, now: str, step: NormalizeStep | None = None
    ) -> list[Recorded]:
        """Normalize, store, and return what was recorded of the table."""
        update = normalize(
            step or a_normalize(),
            self.pond.snapshot(),
            [Period.parse(each) for each in months],
            now=at(now),
        )
        return self.store(TABLE, update)

    def store(self, path: str, update: SeriesUpdate) -> list[Recorded]:
        return list(record(self.pond, path, update, provenance=Provenance()))

    def stamps(self, path: str = RAW) -> list[str]:
        """Return the instants of all stored rows."""
        table = self.pond.snapshot().read_series(path)
        return [f"{each:%Y-%m-%d %H:%M}" for each in table["timestamp"].to_pylist()]

    def values(self, path: str = RAW, column: str = "value") -> list[float | None]:
        cells: list[float | None] = self.pond.snapshot().read_series(path)[column].to_pylist()
        return cells

    def node(self, path: str = RAW) -> Node:
        return self.pond.snapshot().node(path)

    @property
    def txn(self) -> int:
        return self.pond.snapshot().txn


def a_source() -> HydroVuSource:
    return HydroVuSource(
        name="bay",
        account="bay",
        key=EnvText("demo"),
        secret=EnvText("demo"),
        base_url=EnvText("http://127.0.0.1"),
        start=at("2025-01-01"),
        clock_floor=at("2000-01-01"),
        overlap=timedelta(days=3),
        schedule=None,
        cadence=Cadence.MONTHLY,
    )


def a_dictionary() -> DictionariesStep:
    return DictionariesStep(
        group="bay",
        description="Names.",
        outputs=("/raw/bay/units", "/raw/bay/parameters", "/raw/bay/locations"),
        cadence=None,
        fingerprint="names",
        source=a_source(),
    )


def a_pull(
    *,
    start: str = "2025-01-01",
    until: str | None = None,
    active: bool = True,
    clock: str = "UTC",
) -> PullStep:
    return PullStep(
        group="bay",
        description="Readings.",
        outputs=(RAW,),
        fingerprint="pull",
        source=a_source(),
        device="Pier",
        location_id=LOCATION,
        window=Window.of(at(start), None if until is None else at(until)),
        clock=clock,
        active=active,
        interval=timedelta(hours=1),
    )


def a_normalize(
    *, clock: str = "UTC", start: str = "2025-01-01", fingerprint: str = "normalize"
) -> NormalizeStep:
    return NormalizeStep(
        group="bay",
        description="Readings.",
        outputs=(TABLE, QUARANTINE),
        inputs=(RAW, "/raw/bay/units", "/raw/bay/parameters"),
        fingerprint=fingerprint,
        source=a_source(),
        device="Pier",
        window=Window.of(at(start)),
        clock=clock,
    )


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _seconds(instant: str) -> int:
    return int(at(instant).timestamp())


def _text(seconds: str) -> str:
    if not seconds:
        return ""
    instant = datetime.fromtimestamp(int(seconds), UTC)
    return f"{instant:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
