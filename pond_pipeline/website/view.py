"""What the pages of a website tell: sites, parameters and instruments, with their charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pond_core import Window
from pond_pipeline.plan import Instrument, Place
from pond_pipeline.quality import BATTERY_LEVEL, BATTERY_VOLTAGE
from pond_pipeline.website.chart import Chart, Line
from pond_pipeline.website.column import Column, by_meaning
from pond_pipeline.website.dataset import Dataset
from pond_pipeline.website.health import Health
from pond_pipeline.website.readings import Newest, Note, Readings

_FIRST = ("Temperature", "Salinity", "DO", "pH", "Level", "Depth", "Turbidity")
"""Parameters that most people look for; the others follow by their names."""

_LAST = (BATTERY_LEVEL, BATTERY_VOLTAGE)
"""Parameters of the instrument, not of the water: their charts come last."""


_SUMMED_UP = 6
"""So many values sum a site up."""

_DAY = timedelta(days=1)
"""What nobody judges is behind the others after so long."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest value of something, as tables show it.

    Attributes:
        label: Of what: an instrument of a site, or a site.
        href: The page that tells more, below the root; empty for none.
        parameter: What was measured.
        unit: In what, as people write it.
        newest: It.
        limit: How old it may be; None: it is not judged.
        zone: By whose clocks its time is told; None: UTC.
    """

    label: str
    href: str
    parameter: str
    unit: str
    newest: Newest
    limit: timedelta | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site's page.

    Attributes:
        place: Which.
        href: Its address below the root.
        dataset: What its charts are drawn from.
        readings: What is known of its readings.
        charts: One for each parameter and unit.
        newest: The newest values, in the order of the charts.
        deployments: Its instruments: title, address, from when until when.
    """

    place: Place
    href: str
    dataset: Dataset
    readings: Readings
    charts: Sequence[Chart]
    newest: Sequence[Reading]
    deployments: Sequence[tuple[str, str, Window]]

    def samples(self, note: Note) -> Sequence[tuple[Column, float]]:
        """Return what was sampled with a note, and the values, of what the dataset shows."""
        columns = [each for each in self.dataset.columns if each.id in note.samples]
        return [(each, note.samples[each.id]) for each in columns]

    @property
    def summary(self) -> Sequence[Reading]:
        """The first of the newest values: of the instruments that are still there."""
        at = self.newest_at
        here = [each for each in self.newest if not self.place.has_left(each.label, at=at)]
        return here[:_SUMMED_UP]

    def is_behind(self, reading: Reading) -> bool:
        """Say whether a value is much older than the newest of the site."""
        return self.newest_at is not None and self.newest_at - reading.newest.at > (
            reading.limit or _DAY
        )

    @property
    def newest_at(self) -> datetime | None:
        """When its newest reading was made."""
        return max((each.newest.at for each in self.newest), default=None)


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter's page.

    Attributes:
        title: What it is called.
        unit: In what it is measured, as people write it.
        href: Its address below the root.
        chart: All sites side by side.
        newest: The newest value at each.
    """

    title: str
    unit: str
    href: str
    chart: Chart
    newest: Sequence[Reading]


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """An instrument's page.

    Attributes:
        instrument: Which.
        href: Its address below the root.
        dataset: Its days.
        health: Batteries and gaps.
        charts: One for each parameter and unit, those of batteries first.
        deployments: Where it was: the site's title and address, from when until when.
    """

    instrument: Instrument
    href: str
    dataset: Dataset
    health: Health
    charts: Sequence[Chart]
    deployments: Sequence[tuple[str, str, Window]]

    @property
    def flagged(self) -> Sequence[tuple[str, str, int, int]]:
        """What was flagged: parameter, unit, how many are suspect, how many failed."""
        return [
            (each.parameter, each.unit, *self.dataset.flagged[each.id])
            for each in self.dataset.columns
            if each.id in self.dataset.flagged
        ]


def site_view(
    place: Place, href: str, dataset: Dataset, readings: Readings, found: Mapping[str, str]
) -> SiteView:
    """Return a site's page.

    Args:
        place: Which.
        href: Its address.
        dataset: What its charts are drawn from.
        readings: What is known of its readings.
        found: The addresses of instruments by the paths of their readings.
    """
    measured = {each.meaning for each in dataset.columns if each.scope not in readings.visits}
    # Samples are marks beside what an instrument measures; what none does has a chart of its own.
    drawn = [
        each
        for each in dataset.columns
        if each.scope not in readings.visits or each.meaning not in measured
    ]
    groups = _in_order(by_meaning(drawn))
    notes = (dataset.id,) if readings.notes else ()
    newest_at = max((each.at for each in readings.newest.values()), default=None)
    return SiteView(
        place=place,
        href=href,
        dataset=dataset,
        readings=readings,
        charts=[
            Chart(*meaning, [Line(dataset.id, each.id, _label(each)) for each in columns], notes)
            for meaning, columns in groups.items()
        ],
        newest=[
            Reading(
                each.scope,
                "",
                each.parameter,
                each.unit,
                readings.newest[each.name],
                place.limit_of(each.scope, at=newest_at),
                place.timezone,
            )
            for columns in groups.values()
            for each in columns
            if each.name in readings.newest
        ],
        deployments=[
            (each.instrument.rpartition("/")[2], found.get(each.instrument, ""), each.window)
            for each in place.deployments
        ],
    )


def parameter_views(
    sites: Sequence[SiteView], hrefs: Mapping[tuple[str, str], str]
) -> list[ParameterView]:
    """Return the pages of parameters that some site has a chart of, by their titles."""
    found: dict[tuple[str, str], list[tuple[SiteView, Chart]]] = {}
    for site in sites:
        for chart in site.charts:
            found.setdefault((chart.title, chart.unit), []).append((site, chart))
    return [
        ParameterView(
            title=title,
            unit=unit,
            href=hrefs[title, unit],
            chart=Chart(title, unit, [line for each in drawn for line in _of_site(*each)]),
            newest=[
                replace(each, label=_of(site, each.label), href=site.href)
                for site, _ in drawn
                for each in site.newest
                if (each.parameter, each.unit) == (title, unit)
            ],
        )
        for (title, unit), drawn in sorted(found.items(), key=lambda item: _rank(item[0]))
    ]


def instrument_view(
    instrument: Instrument, href: str, dataset: Dataset, health: Health, sites: Sequence[SiteView]
) -> InstrumentView:
    """Return an instrument's page."""
    groups = _in_order(by_meaning(dataset.columns))
    ordered = sorted(groups.items(), key=lambda group: group[0][0] not in _LAST)
    return InstrumentView(
        instrument=instrument,
        href=href,
        dataset=dataset,
        health=health,
        charts=[
            Chart(*meaning, [Line(dataset.id, each.id, _label(each)) for each in columns])
            for meaning, columns in ordered
        ],
        deployments=[
            (site.place.title, site.href, each.window)
            for site in sites
            for each in site.place.deployments
            if each.instrument == instrument.series
        ],
    )


def _in_order(
    groups: Mapping[tuple[str, str], list[Column]],
) -> dict[tuple[str, str], list[Column]]:
    """Return groups by parameter, those of the instrument itself last."""
    return dict(sorted(groups.items(), key=lambda group: _rank(group[0])))


def _rank(meaning: tuple[str, str]) -> tuple[bool, int, str, str]:
    parameter, unit = meaning
    place = _FIRST.index(parameter) if parameter in _FIRST else len(_FIRST)
    return parameter in _LAST, place, parameter.casefold(), unit


def _of_site(site: SiteView, chart: Chart) -> list[Line]:
    label = site.place.title
    if len(chart.lines) == 1:
        return [Line(each.dataset, each.column, label) for each in chart.lines]
    return [Line(each.dataset, each.column, _of(site, each.label)) for each in chart.lines]


def _of(site: SiteView, label: str) -> str:
    return f"{site.place.title}, {label}" if label else site.place.title


def _label(column: Column) -> str:
    return column.scope or column.parameter
