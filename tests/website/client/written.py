"""A small website as a builder writes it, of which every number is known."""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

HOUR = 3600
DAY = 24 * HOUR
ZONE = "America/Los_Angeles"

# A copy: Chromium complains about a canvas that is read time and again.
PIXELS = """const canvas = document.querySelector(".plot canvas");
const copy = document.createElement("canvas");
[copy.width, copy.height] = [canvas.width, canvas.height];
const context = copy.getContext("2d", { willReadFrequently: true });
context.drawImage(canvas, 0, 0);
const { data } = context.getImageData(0, 0, copy.width, copy.height);"""

BUNDLE = Path(__file__).parents[3] / "pond_pipeline" / "website" / "bundle"


def instant(text: str) -> int:
    """Return epoch seconds of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


FIRST = instant("2020-01-01")
HOURLY_FROM = instant("2026-09-01")
END = instant("2026-11-22 13:00")
NO_BUCKETS = range(instant("2026-11-10 06:00"), instant("2026-11-10 12:00"))
NO_TEMPERATURE = instant("2026-11-15 03:00")
FAILED = instant("2026-11-20 05:00")
SUSPECT = instant("2026-11-20 08:00")
NOTED = instant("2026-11-18 17:30")
DIED = instant("2026-10-13")
"""Since then there is no salinity."""

TEMPERATURE = "surface-temperature-c"
OXYGEN = "surface-do-mg-l"
SALINITY = "surface-salinity-psu"


def temperature(t: int) -> float | None:
    """Return what the hour that begins at `t` has on average."""
    return None if t == NO_TEMPERATURE else 10 + t // HOUR % 24 / 4


def oxygen(t: int) -> float:
    return 8 + t // DAY % 10 / 10


def hours(start: int, end: int) -> list[int]:
    """Return the starts of the buckets that there are in [start, end)."""
    start = max(start, HOURLY_FROM)
    return [t for t in range(start, min(end, END), HOUR) if t not in NO_BUCKETS]


@dataclass(frozen=True)
class Line:
    dataset: str
    column: str
    label: str


def script(kind: str, name: str, value: object) -> str:
    return f"duckpond({json.dumps(kind)}, {json.dumps(name)}, {json.dumps(value)})\n"


def figure(title: str, unit: str, lines: Sequence[Line], notes: Sequence[str] = ()) -> str:
    spec = {
        "title": title,
        "unit": unit,
        "lines": [vars(each) for each in lines],
        "notes": list(notes),
    }
    caption = html.escape(f"{title} ({unit})" if unit else title)
    data = html.escape(json.dumps(spec), quote=True)
    return f'<figure class="chart" data-chart="{data}"><figcaption>{caption}</figcaption></figure>'


def page(title: str, body: str, *, span: str = "7d", root: str = "../") -> str:
    name = html.escape(title)
    return f"""<!doctype html><html lang="en" data-root="{root}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>
<meta name="duckpond-range" content="{span}"><link rel="icon" href="data:,">
<link rel="stylesheet" href="{root}assets/site.css"><script src="{root}assets/site.js"></script>
</head><body><a class="skip" href="#main">Skip to content</a>
<header class="bar"><a class="title" href="{root}index.html">Noyo</a>
<nav aria-label="Website"><a href="{root}index.html">Overview</a></nav>
<button type="button" data-theme-switch hidden>Theme</button></header>
<div class="frame"><nav class="sidebar" aria-label="Sites"><h2>Sites</h2><ul>
<li><a href="{root}sites/wharf.html">Wharf</a></li>
<li><a href="{root}sites/many.html">Many</a></li></ul></nav>
<main id="main"><h1>{name}</h1><div class="ranges" data-ranges></div>{body}</main></div>
<footer><p>Made by DuckPond.</p></footer></body></html>"""


def _tile(t: Sequence[int], columns: Mapping[str, object], **more: object) -> dict[str, object]:
    steps = [each - before for before, each in pairwise(t)]
    return {"t": [t[0], *steps], "c": columns, **more}


def _hourly(month: str) -> dict[str, object]:
    start = instant(f"{month}-01")
    t = [each for each in hours(start, start + 31 * DAY) if _month(each) == month]
    columns = {
        TEMPERATURE: {"avg": [temperature(each) for each in t]},
        OXYGEN: {"avg": [oxygen(each) for each in t]},
    }
    if month < "2026-11":
        columns[SALINITY] = {"avg": [31.5 if each < DIED else None for each in t]}
    flagged = {TEMPERATURE: [[FAILED, 99.5, 4], [SUSPECT, None, 3]]}
    return _tile(t, columns, **({"f": flagged} if month == "2026-11" else {}))


def _month(t: int) -> str:
    return datetime.fromtimestamp(t, UTC).strftime("%Y-%m")


def daily() -> list[int]:
    return list(range(FIRST, END, DAY))


def _daily() -> dict[str, object]:
    t = daily()
    wide = {
        "avg": [12.5 for _ in t],
        "min": [10.0 for _ in t],
        "max": [15.75 for _ in t],
    }
    return _tile(t, {TEMPERATURE: wide, OXYGEN: {"avg": [oxygen(each) for each in t]}})


def _index(title: str, zone: str | None, notes: str | None) -> dict[str, object]:
    def column(name: str, parameter: str, unit: str, newest: int = END - HOUR) -> dict[str, Any]:
        full = f"Surface.{parameter}.{unit}"
        return {
            "id": name,
            "name": full,
            "parameter": parameter,
            "unit": unit,
            "scope": "Surface",
            "newest": newest,
            "late": 3 * HOUR if zone else None,
        }

    months = {"2026-09": "a1", "2026-10": "a2", "2026-11": "a3"}
    hourly = {"name": "1h", "step": HOUR, "gap": 5400, "period": "month", "tiles": months}
    decade = {"name": "24h", "step": DAY, "gap": 36 * HOUR, "period": "decade"}
    return {
        "title": title,
        "zone": zone,
        "first": FIRST,
        "last": END - HOUR,
        "columns": [
            column(TEMPERATURE, "Temperature", "°C"),
            column(OXYGEN, "DO", "mg/L"),
            column(SALINITY, "Salinity", "psu", DIED - HOUR),
        ],
        "resolutions": [hourly, {**decade, "tiles": {"2020": "b1"}}],
        "notes": notes,
    }


NOTES = [{"t": NOTED, "text": "Ana: <b>cleaned</b> the sonde", "samples": {OXYGEN: 9.4}}]

WHARF = [
    figure("Temperature", "°C", [Line("wharf", TEMPERATURE, "Surface")], ["wharf"]),
    figure("DO", "mg/L", [Line("wharf", OXYGEN, "Surface")], ["wharf"]),
]
BOTH = [Line("wharf", TEMPERATURE, "Wharf"), Line("basin", TEMPERATURE, "Basin")]
SALT = [Line("wharf", TEMPERATURE, "Surface"), Line("wharf", SALINITY, "Dead")]
MANY = [Line("wharf", TEMPERATURE, f"Line {n}") for n in range(9)] + [BOTH[1]]
HOSTILE = '"><img src=x onerror="document.title=1"><script>document.title=2</script>'
CARD = """<ul class="cards"><li class="card"><h2><a href="sites/wharf.html">Wharf</a>
<span class="status" data-newest="2026-11-22T12:00:00Z" data-late="10800"></span></h2>
<dl><div><dt>Temperature</dt><dd>11.9 <span class="unit">°C</span></dd></div></dl>
<p class="newest">Newest <time datetime="2026-11-22T12:00:00Z" data-age data-late="10800">
2026-11-22 12:00 UTC</time></p></li></ul>
<p class="provisional"><strong>Provisional</strong> data.</p>"""

PAGES = {
    "index.html": page("Noyo", CARD + figure("Temperature", "°C", BOTH), root=""),
    "sites/wharf.html": page("Wharf", "".join(WHARF)),
    "sites/tall.html": page("Tall", WHARF[0] + '<div style="height: 9000px"></div>' + WHARF[1]),
    "sites/many.html": page("Many", figure("Temperature", "°C", MANY)),
    "sites/dead.html": page(
        "Dead",
        figure("Salinity", "psu", SALT)
        + figure("Salinity", "psu", [Line("basin", SALINITY, "Dead")]),
    ),
    "sites/both.html": page("Both", figure("Temperature", "°C", BOTH, ["wharf"])),
    "sites/hostile.html": page(
        HOSTILE, figure(HOSTILE, HOSTILE, [Line("wharf", TEMPERATURE, HOSTILE)])
    ),
    "sites/lost.html": page("Lost", figure("T", "°C", [Line("lost", TEMPERATURE, "Lost")])),
}


def write(folder: Path) -> None:
    """Write the website, with the bundle."""
    files = dict(PAGES)
    for name, zone, notes in (("wharf", ZONE, "c1"), ("basin", None, None)):
        index = _index(name.title(), zone, notes)
        files[f"data/{name}/index.js"] = script("dataset", name, index)
        files[f"data/{name}/24h/2020.js"] = script("tile", f"{name}/24h/2020", _daily())
        for month in ("2026-09", "2026-10", "2026-11"):
            tile = script("tile", f"{name}/1h/{month}", _hourly(month))
            files[f"data/{name}/1h/{month}.js"] = tile
    files["data/wharf/notes.js"] = script("notes", "wharf", NOTES)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "assets").mkdir()
    for name in ("site.js", "site.css"):
        (folder / "assets" / name).write_bytes((BUNDLE / name).read_bytes())
