"""Building a website: data files first, then the pages that name them, then what is gone goes."""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pond_core import ReadFS, Track, near_miss_hint, untracked
from pond_pipeline.errors import WebsiteError
from pond_pipeline.plan import Instrument, WebsiteStep
from pond_pipeline.versions import digest_of
from pond_pipeline.website import dataset as datasets
from pond_pipeline.website import readings
from pond_pipeline.website.address import addresses, identifiers
from pond_pipeline.website.chart import Chart
from pond_pipeline.website.column import shown_unit
from pond_pipeline.website.dataset import Dataset
from pond_pipeline.website.folder import Made, WebsiteFolder, opened, version_of
from pond_pipeline.website.health import health_of
from pond_pipeline.website.map import map_of
from pond_pipeline.website.markdown import OwnPage, own_page, page_files
from pond_pipeline.website.page import Frame, render
from pond_pipeline.website.readings import Note
from pond_pipeline.website.tile import script, whole_seconds
from pond_pipeline.website.view import (
    InstrumentView,
    ParameterView,
    SiteView,
    instrument_view,
    parameter_views,
    site_view,
)

_BUNDLE = ("site.js", "site.css")

_NAMED = 8
"""Datasets that an error lists; more do not help."""

_COLLECTED_AFTER = 50_000
"""Values made and not dropped, before Python looks for garbage among them; usually 700."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did.

    Attributes:
        folder: Where the website is.
        pages: How many pages it has.
        files: How many files.
        bytes: How many bytes these hold.
        written: How many of them were written.
        removed: How many were removed.
    """

    folder: Path
    pages: int
    files: int
    bytes: int
    written: int
    removed: int


def build(
    step: WebsiteStep, fs: ReadFS, *, folder: Path | None = None, track: Track = untracked
) -> Built:
    """Bring a website up to date; what did not change is not written.

    Args:
        step: Which.
        fs: The pond, now or as it was.
        folder: Where to write it; where its resource says if left out.
        track: Sees sites, then instruments go by.

    Raises:
        WebsiteError: The folder holds something else or cannot be written, a page of the user's own
            is missing, or the installation lacks the pages' script.
        TemplateError: A tag in a page of the user's own is wrong.
    """
    bundle = _bundle()
    path = step.folder if folder is None else folder
    with opened(path) as found, _few_collections():
        _Build(step, fs, found, bundle, path=path, track=track).run()
    kept = [each for each in found.files.values() if each.version]
    return Built(
        folder=path,
        pages=sum(name.endswith(".html") for name in found.files),
        files=len(kept),
        bytes=sum(each.size for each in kept),
        written=found.written,
        removed=found.removed,
    )


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage less often: what a build knows of the pond stays to its end.

    At the usual pace, the looks among it took a fifth of the time of a build after one new day.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_COLLECTED_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _Build:
    """One build of one website."""

    def __init__(
        self,
        step: WebsiteStep,
        fs: ReadFS,
        folder: WebsiteFolder,
        bundle: Mapping[str, bytes],
        *,
        path: Path,
        track: Track,
    ) -> None:
        self._path = path
        self._track = track
        self._step = step
        self._fs = fs
        self._folder = folder
        self._bundle = bundle
        self._indexes: dict[str, str] = {}
        self._held: dict[str, bytes] = {}

    def run(self) -> None:
        assets = {name: self._hold(name, content) for name, content in self._assets()}
        files = page_files(self._step.spec.pages, self._step.root)
        for file in files:
            self._refuse_inside(file)
        hrefs = _instrument_pages(self._step.instruments)
        sites = self._sites(hrefs)
        instruments = self._instruments(sites, hrefs)
        parameters = _parameters(sites)
        tags = _Tags(sites)
        own = [own_page(file, tags.charts) for file in files]
        names = identifiers(page.name for page in own)
        frame = Frame(
            title=self._step.title,
            spec=self._step.spec,
            sites=[(each.place.title, each.href) for each in sites],
            parameters=[(each.chart.caption, each.href) for each in parameters],
            instruments=[(each.instrument.title, each.href) for each in instruments],
            own=[(page.title, f"pages/{names[page.name]}.html") for page in own],
            has_downloads=self._step.spec.downloads,
            assets=assets,
        )
        for href, page in self._pages(frame, sites, parameters, instruments):
            self._hold(href, page)
        for (_, href), each in zip(frame.own, own, strict=True):
            self._hold(href, self._own(frame, href, each))
        # Nothing can go wrong any more but the disk: a page and what it names change together.
        for name, content in self._held.items():
            self._folder.put(name, "", Made(content, {}))

    def _sites(self, hrefs: Mapping[str, str]) -> list[SiteView]:
        places = self._step.places
        names = addresses({place.dataset: place.title for place in places})
        views = []
        for place in self._track(places):
            name = names[place.dataset]
            dataset = datasets.of_place(self._folder, self._fs, place, name)
            known = readings.of_place(
                self._folder, self._fs, place, name, downloads=self._step.spec.downloads
            )
            self._index(dataset, known.notes)
            views.append(site_view(place, f"sites/{name}.html", dataset, known, hrefs))
        return views

    def _instruments(
        self, sites: Sequence[SiteView], hrefs: Mapping[str, str]
    ) -> list[InstrumentView]:
        views = []
        for instrument in self._track(self._step.instruments):
            href = hrefs[instrument.series]
            # No site can be called so: there is no dot in what stands for a name.
            name = f"instrument.{href.removeprefix('instruments/').removesuffix('.html')}"
            dataset = datasets.of_instrument(self._folder, self._fs, instrument, name)
            self._index(dataset, ())
            health = health_of(self._fs, instrument)
            views.append(instrument_view(instrument, href, dataset, health, sites))
        return views

    def _index(self, dataset: Dataset, notes: Sequence[Note]) -> None:
        """Have the list of a dataset's files, and its notes."""
        version = None
        if notes:
            told = [
                {"t": whole_seconds(each.at), "text": each.text, "samples": each.samples}
                for each in notes
            ]
            content = script("notes", dataset.id, json.dumps(told, separators=(",", ":")))
            version = self._hold(f"data/{dataset.id}/notes.js", content)
        self._indexes[dataset.id] = self._hold(
            f"data/{dataset.id}/index.js", dataset.index(notes=version)
        )

    def _pages(
        self,
        frame: Frame,
        sites: Sequence[SiteView],
        parameters: Sequence[ParameterView],
        instruments: Sequence[InstrumentView],
    ) -> Iterator[tuple[str, bytes]]:
        drawn = map_of([site.place for site in sites])
        shown = {site.place.dataset: site for site in sites}
        yield (
            "index.html",
            render("harbor.html", frame, "index.html", "", sites=sites, map=drawn, shown=shown),
        )
        for site in sites:
            yield site.href, self._rendered("site.html", frame, site.href, site.charts, site=site)
        for each in parameters:
            charts = [each.chart]
            yield (
                each.href,
                self._rendered("parameter.html", frame, each.href, charts, parameter=each),
            )
        for found in instruments:
            yield (
                found.href,
                self._rendered("instrument.html", frame, found.href, found.charts, view=found),
            )
        if frame.has_downloads:
            href = "downloads.html"
            yield href, render("downloads.html", frame, href, "", sites=sites)

    def _own(self, frame: Frame, href: str, page: OwnPage) -> bytes:
        # Which charts it has is known to its body alone: it counts as having all.
        version = digest_of(self._indexes)
        return render("own.html", frame, href, version, page=page)

    def _rendered(
        self, template: str, frame: Frame, href: str, charts: Iterable[Chart], **told: object
    ) -> bytes:
        used = sorted({line.dataset for chart in charts for line in chart.lines})
        version = digest_of([self._indexes[each] for each in used])
        return render(template, frame, href, version, **told)

    def _assets(self) -> Iterator[tuple[str, bytes]]:
        """Yield script and stylesheets by their addresses."""
        for name, content in self._bundle.items():
            yield f"assets/{name}", content
        css = self._step.spec.theme.css
        if css is not None:
            file = self._step.root / css
            self._refuse_inside(file)
            try:
                yield "assets/theme.css", file.read_bytes()
            except OSError as exc:
                msg = f"the stylesheet {file} cannot be read: {exc.strerror}"
                raise WebsiteError(msg, hint="`theme.css` names one beside resources.yaml") from exc

    def _refuse_inside(self, file: Path) -> None:
        """Refuse a source of the website that lies in its folder, where it would be removed."""
        if file.resolve().is_relative_to(self._path.resolve()):
            msg = f"{file} lies in the folder of the website"
            raise WebsiteError(msg, hint="keep it elsewhere: a build removes what it does not know")

    def _hold(self, name: str, content: bytes) -> str:
        """Have a file when all others are made, and return its version."""
        self._held[name] = content
        return version_of(content)


class _Tags:
    """What tags in pages of the user's own may ask for."""

    def __init__(self, sites: Sequence[SiteView]) -> None:
        self._by_path = {
            path: site for site in sites for path in (site.place.dataset, site.place.series)
        }

    def charts(self, path: str, parameter: str, unit: str, title: str) -> Sequence[Chart]:
        """Return the charts of a dataset or of its series: all, or those of one parameter.

        What has no readings yet has none. Empty text asks for nothing.

        Raises:
            ValueError: There is no such dataset in the website, or no such parameter in it.
        """
        site = self._by_path.get(path.removesuffix("/"))
        if site is None:
            paths = sorted(self._by_path)
            more = f" and {len(paths) - _NAMED} more" * (len(paths) > _NAMED)
            otherwise = f"it shows {', '.join(paths[:_NAMED]) or 'none'}{more}"
            hint = near_miss_hint(path, paths, otherwise=otherwise)
            raise ValueError(f"the website shows no {path!r}; {hint}")
        found = [
            each
            for each in site.charts
            if parameter in ("", each.title) and shown_unit(unit) in ("", each.unit)
        ]
        meanings = site.readings.meanings
        is_known = any(
            parameter in ("", each) and shown_unit(unit) in ("", its_unit)
            for each, its_unit in meanings
        )
        if meanings and not is_known:
            known = ", ".join(sorted({each.caption for each in site.charts}))
            raise ValueError(f"{path} has no {f'{parameter} {unit}'.strip()}; it has {known}")
        if not title:
            return found
        return [Chart(title, each.unit, each.lines, each.notes) for each in found]


def _instrument_pages(instruments: Iterable[Instrument]) -> dict[str, str]:
    """Return the addresses of instruments by the paths of their readings."""
    names = addresses({each.series: each.title for each in instruments})
    return {series: f"instruments/{name}.html" for series, name in names.items()}


def _parameters(sites: Sequence[SiteView]) -> list[ParameterView]:
    meanings = {(chart.title, chart.unit) for site in sites for chart in site.charts}
    names = addresses({f"/{title}/{unit}": f"{title} {unit}".strip() for title, unit in meanings})
    return parameter_views(
        sites,
        {(title, unit): f"parameters/{names[f'/{title}/{unit}']}.html" for title, unit in meanings},
    )


def _bundle() -> dict[str, bytes]:
    folder = files("pond_pipeline.website") / "bundle"
    try:
        return {name: (folder / name).read_bytes() for name in _BUNDLE}
    except FileNotFoundError as exc:
        msg = "this installation lacks the script and the stylesheet of websites"
        raise WebsiteError(msg, hint="run `make website` in the source tree") from exc
