"""B17: charts of fifteen parameters with ten years of hourly readings, in a real browser.

The page of a site is opened over loopback by a browser that has nothing of it yet, once with the
range that it begins with and once with all ten years, and is there when all charts that are in view
are drawn and their keys work. Then one key, with the data at hand, moves the range of all charts by
a quarter: from the key to the frame that shows it, the wait for that frame included. Without
Chromium there are no rows.
"""

import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.inputs import Inputs
from benchmarks.measure import Result, within
from benchmarks.wells import Wells
from pond_pipeline.website import build
from pond_pipeline.website.server import WebsiteServer
from tests.operations.browser import found_chromium

_THERE_S = 1.0
_REDRAWN_S = 0.05
_PARAMETERS = {
    "Temperature": "C",
    "Pressure": "psi",
    "Depth": "m",
    "Conductivity": "µS/cm",
    "Salinity": "psu",
    "TDS": "ppm",
    "Resistivity": "Ω·cm",
    "Density": "g/cm³",
    "pH": "pH",
    "ORP": "mV",
    "DO": "mg/L",
    "Saturation": "%",
    "Turbidity": "NTU",
    "Chlorophyll": "RFU",
    "Battery": "V",
}

_THERE = """() => {
    const {charts} = duckpond;
    const inView = (each) => {
        const {top, bottom} = each.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    };
    const figures = [...document.querySelectorAll("figure[data-chart]")];
    const seen = charts.filter((_, i) => inView(figures[i]));
    return seen.length && seen.every((each) => each.ready) && performance.now();
}"""
"""When all charts in view are drawn: milliseconds since the page was asked for."""

_REDRAWN = """(key) => new Promise((done) => {
    const begin = performance.now();
    const plot = document.querySelector(".plot");
    plot.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    // After the frame in which it is drawn.
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin)));
})"""


def measure(inputs: Inputs) -> list[Result]:
    """Return B17; nothing without a browser."""
    path = found_chromium()
    if path is None:
        print(
            "*** NO CHROMIUM: B17 IS NOT MEASURED; `make browser` installs it ***", file=sys.stderr
        )
        return []
    with inputs.scratch() as scratch:
        wells = Wells(scratch, count=1, years=inputs.scale.years, parameters=_PARAMETERS)
        folder = build(wells.website, wells.pond.snapshot()).folder
        every = f"#from={wells.end.year - inputs.scale.years}-01-01&to={wells.end:%Y-%m-%d}"
        with _served(WebsiteServer(folder, port=0)) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            site = f"{url}sites/well000.html"
            rounds = range(inputs.scale.rounds)
            there = {
                range_: statistics.median(_there_s(browser, site + range_) for _ in rounds)
                for range_ in ("", every)
            }
            redrawn = _redrawn_s(browser, site + every, rounds=inputs.scale.short_rounds)
            browser.close()
    what = f"{len(_PARAMETERS)} parameters x {inputs.scale.years} years in a browser"
    return [
        within("B17", f"{what}: there", there[""], limit=_THERE_S, unit="s"),
        within("B17 all", f"{what}: there, all years", there[every], limit=_THERE_S, unit="s"),
        within("B17 redraw", f"{what}: one key", redrawn, limit=_REDRAWN_S, unit="s"),
    ]


@contextmanager
def _served(server: WebsiteServer) -> Iterator[str]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _visit(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page as one who was never there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def _there_s(browser: Browser, address: str) -> float:
    with _visit(browser, address) as page:
        return float(page.wait_for_function(_THERE, polling="raf").json_value()) / 1000


def _redrawn_s(browser: Browser, address: str, *, rounds: int) -> float:
    """Return how long a redraw takes, after a first one each way that may have loaded data."""
    with _visit(browser, address) as page:
        times = []
        page.wait_for_function(_THERE)
        page.keyboard.press("+")
        for number in range(2 + rounds):
            key = ("ArrowLeft", "ArrowRight")[number % 2]
            page.wait_for_function(_THERE)
            times.append(float(page.evaluate(_REDRAWN, key)) / 1000)
        return statistics.median(times[2:])
