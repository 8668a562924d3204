"""How websites compile: which places and instruments they show, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Window
from pond_pipeline.config import load_documents
from pond_pipeline.errors import ConfigError
from pond_pipeline.periods import Period
from pond_pipeline.plan import Deployment, Place, Plan, WebsiteStep, compile_plan

ROOT = Path("/lake")

WATERS = """\
kind: HydroVu
name: noyo
spec:
  key: key
  secret: secret
  start: 2024-03-01
  devices:
    - {name: Old, id: 1, scope: Sonde, interval: 1h, until: 2025-01-01}
    - {name: New, id: 2, scope: Sonde, interval: 15m, active: false}
  quality: [{parameter: Temperature, gross_range: {suspect: [0, 40]}}]
---
kind: Combine
name: noyo
spec:
  sites:
    - name: Dock
      latitude: 39.42
      longitude: -123.8
      timezone: America/Los_Angeles
      inputs:
        - {pattern: /normalized/noyo/Old, end: 2025-01-01}
        - {pattern: /normalized/noyo/New, begin: 2025-01-01}
---
kind: Reduce
name: noyo
spec:
  collections:
    - name: sites
      resolutions: [1h, 24h]
      datasets: [{in_pattern: /combined/noyo/Dock, out_pattern: Dock}]
    - name: instruments
      resolutions: [1h]
      datasets: [{in_pattern: "/normalized/noyo/*", out_pattern: "$0"}]
---
"""


def website(spec: str = "", name: str = "web") -> str:
    return f"kind: Site\nname: {name}\nspec: {{{spec}}}\n---\n"


def compiled(text: str) -> Plan:
    return compile_plan(load_documents(text), root=ROOT)


def step_of(spec: str = "") -> WebsiteStep:
    """Return the one website of the waters."""
    steps = compiled(WATERS + website(spec)).steps
    return next(step for step in steps if isinstance(step, WebsiteStep))


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        compiled(text)
    return f"{caught.value}; {caught.value.hint}"


def test_a_website_shows_all_datasets_unless_it_names_some() -> None:
    assert [place.title for place in step_of().places] == ["Dock", "New", "Old"]
    some = step_of("datasets: [/reduced/noyo/sites/*, /reduced/noyo/sites/Dock]")
    assert [place.dataset for place in some.places] == ["/reduced/noyo/sites/Dock"]


def test_a_place_knows_what_its_site_says_and_where_its_instruments_were() -> None:
    (dock,) = step_of("datasets: [/reduced/noyo/sites/*]").places
    assert (dock.latitude, dock.longitude, dock.timezone) == (39.42, -123.8, "America/Los_Angeles")
    assert dock.interval == timedelta(minutes=15)
    assert dock.limit == timedelta(minutes=45)
    assert dock.is_flagged
    change = Period.parse("2025-01").start
    assert [(each.instrument, each.scope, each.window) for each in dock.deployments] == [
        ("/normalized/noyo/Old", "Sonde", Window.of(None, change)),
        ("/normalized/noyo/New", "Sonde", Window.of(change)),
    ]


def test_a_place_without_a_zone_of_its_own_has_that_of_its_days() -> None:
    here = 'datasets: [{in_pattern: "/normalized/noyo/*", out_pattern: "$0"'
    local = WATERS.replace(here, f"{here}, timezone: Europe/Berlin")
    (step,) = (each for each in compiled(local + website()).steps if isinstance(each, WebsiteStep))
    zones = {place.title: place.timezone for place in step.places}
    assert zones == {"Dock": "America/Los_Angeles", "New": "Europe/Berlin", "Old": "Europe/Berlin"}


def test_an_instrument_knows_how_often_it_reads_and_whether_it_still_does() -> None:
    new, old = step_of().instruments
    assert (new.title, new.is_active, new.end) == ("New", False, None)
    assert (old.title, old.is_active, old.end) == ("Old", True, Period.parse("2025-01").start)
    assert (old.interval, old.limit, old.gap) == tuple(timedelta(hours=each) for each in (1, 3, 3))
    assert old.is_flagged


def test_datasets_of_one_name_are_told_apart_by_their_collections() -> None:
    text = WATERS.replace('out_pattern: "$0"}', "out_pattern: Dock}").replace(
        '"/normalized/noyo/*"', "/normalized/noyo/Old"
    )
    steps = compiled(text + website()).steps
    step = next(step for step in steps if isinstance(step, WebsiteStep))
    assert [place.title for place in step.places] == ["Dock (instruments)", "Dock (sites)"]


def test_a_website_comes_after_all_that_it_shows_and_has_no_periods() -> None:
    plan = compiled(website() + WATERS)
    assert isinstance(plan.steps[-1], WebsiteStep)
    assert plan.steps[-1].cadence is None
    assert plan.steps[-1].outputs == ("/site/web",)


def test_a_website_lies_in_a_folder_beside_the_resources() -> None:
    assert step_of().folder == ROOT / "site" / "web"
    assert step_of("folder: public").folder == ROOT / "public"


def test_another_look_is_another_website_and_another_order_of_the_file_is_not() -> None:
    assert step_of().fingerprint != step_of("title: Water").fingerprint
    last = compiled(website() + WATERS).steps[-1]
    assert step_of().fingerprint == last.fingerprint


@pytest.mark.parametrize("folder", ["site/web", "site/web/inside", "site/Web"])
def test_two_websites_do_not_share_a_folder(folder: str) -> None:
    said = refused(WATERS + website() + website(f"folder: {folder}", name="other"))
    assert "another website has the folder" in said
    assert "a folder of its own" in said


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("datasets: [/reduced/noyo/sites/Deck]", "matches nothing"),
        ("folder: ../public", "no path below it"),
        ("folder: /var/www", "no path below it"),
        ("theme: {accent: blue}", "'blue' is no color"),
        ('links: [{title: x, href: "javascript:alert(1)"}]', "is no address"),
        ("titel: x", "did you mean 'title'?"),
    ],
)
def test_what_makes_no_sense_is_refused(spec: str, problem: str) -> None:
    assert problem in refused(WATERS + website(spec))


def test_without_a_dataset_there_is_no_website() -> None:
    problem = refused(WATERS.partition("kind: Reduce")[0] + website())
    assert "matches nothing" in problem
    assert "declare a `Reduce`" in problem


HOUR = timedelta(hours=1)
END = datetime(2025, 1, 1, tzinfo=UTC)
THERE = Place(
    title="Dock",
    dataset="/reduced/noyo/Dock",
    resolutions=(),
    series="/combined/noyo/Dock",
    limit=HOUR,
    deployments=(
        Deployment(instrument="/n/Old", scope="Sonde", window=Window.of(None, END), limit=9 * HOUR),
        Deployment(instrument="/n/New", scope="Sonde", limit=HOUR),
        Deployment(instrument="/n/Twin", scope="Sonde", limit=3 * HOUR),
        Deployment(instrument="/n/Any", scope="Logger"),
        Deployment(instrument="/n/Gone", scope="Buoy", window=Window.of(None, END), limit=HOUR),
    ),
)


def test_what_an_instrument_gives_is_judged_by_its_own_limit() -> None:
    limits = {each: THERE.limit_of(each, at=END) for each in ("Sonde", "Logger", "Grab")}
    assert limits == {"Sonde": 3 * HOUR, "Logger": None, "Grab": None}
    assert replace(THERE, deployments=()).limit_of("Any", at=END) == HOUR


def test_an_instrument_that_was_taken_away_while_others_stay_is_not_judged() -> None:
    before = END - timedelta(microseconds=1)
    assert [THERE.has_left("Buoy", at=at) for at in (None, before, END)] == [False, False, True]
    assert [THERE.limit_of("Buoy", at=at) for at in (before, END)] == [HOUR, None]
    alone = replace(THERE, deployments=THERE.deployments[-1:])
    assert alone.limit_of("Buoy", at=END) == HOUR, "nothing else tells of the site"


def test_a_site_knows_the_limits_of_its_instruments() -> None:
    (dock,) = step_of("datasets: [/reduced/noyo/sites/*]").places
    assert [each.limit for each in dock.deployments] == [None, None], "retired, and not asked"
