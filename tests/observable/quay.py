"""A quay: a site with two instruments, a table, a template, and a series with a hostile name."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
from click.testing import CliRunner, Result

from pond_core import Pond, Window
from pond_pipeline.cli.entry import pond as pond_command
from pond_pipeline.observable.pages import SERIES_TEMPLATE
from pond_pipeline.observable.shipped import shipped_template

HOUR = timedelta(hours=1)
BEGIN = datetime(2024, 12, 1, tzinfo=UTC)
END = datetime(2025, 1, 30, tzinfo=UTC)
GAP = (datetime(2025, 1, 10, tzinfo=UTC), datetime(2025, 1, 11, tzinfo=UTC))
"""Without readings, the end exclusive."""

WHARF = "/reduced/quay/sites/Wharf"
RENDERED = "/rendered/pages/sites/Wharf.md"

HOSTILE = (
    "two  three   `${hack()}` <img src=x onerror=hack()> \"q\" 'a' \\ [l](javascript:hack()) *b* |"
    " &amp; {{x}} <∕script><script>hack()<∕script> "
)
"""A name that would run as code, or look otherwise, wherever it is not escaped."""

HOSTILE_COLUMN = HOSTILE.replace("∕", "/") + "\n# h"
HOSTILE_SERIES = f"/odd/{HOSTILE}"

TEMPLATE = """\
# Page of {{ args[0] | literal }}

{% for resolution, found in export[args[0]] -%}
- {{ resolution | literal }}: {{ found | length }} files from {{ found[0].start_time | date }}
{% endfor %}
"""
"""The beginning of a template; the rest is that of the template that is shipped."""

RESOURCES = """\
kind: HydroVu
name: quay
spec:
  key: ${env:HYDROVU_KEY}
  secret: ${env:HYDROVU_SECRET}
  start: 2024-12-01
  devices: [{id: 1, name: Sonde, scope: Surface}, {id: 2, name: Logger, scope: Bottom}]
---
kind: Combine
name: quay
spec:
  sites:
    - {name: Wharf, inputs: [{pattern: /normalized/quay/*}]}
---
kind: Reduce
name: quay
spec:
  collections:
    - name: sites
      resolutions: [1h, 24h]
      datasets: [{in_pattern: "/combined/quay/*", out_pattern: "$0"}]
---
kind: Template
name: pages
spec:
  collections:
    - name: sites
      in_pattern: "/reduced/quay/sites/*/res=1h"
      out_pattern: $0.md
      template_file: site.md.jinja
"""


def instants(end: datetime = END, step: timedelta = HOUR) -> list[datetime]:
    """Return the instants of the readings up to an end."""
    count = (end - BEGIN) // step
    all_ = (BEGIN + n * step for n in range(count))
    return [each for each in all_ if not GAP[0] <= each < GAP[1]]


def temperature(at: datetime) -> float:
    """Return what the water at the surface has."""
    return 12 + 3 * math.sin((at - BEGIN) / HOUR / 24 * math.tau)


def buckets(times: list[datetime]) -> pa.Table:
    """Return a downsampled series of two instruments, as `Reduce` makes it."""
    fields = [pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False)]
    columns: list[list[object]] = [list(times)]
    for scope, offset in (("Surface", 0.0), ("Bottom", -4.0)):
        for aggregate, more in (("avg", 0.0), ("min", -1.0), ("max", 1.0)):
            facts = {"scope": scope, "parameter": "Temperature", "unit": "C"}
            name = f"{scope}.Temperature.C.{aggregate}"
            fields.append(pa.field(name, pa.float64(), metadata={**facts, "aggregate": aggregate}))
            columns.append([temperature(each) + offset + more for each in times])
    fields.append(pa.field("Surface.Temperature.C.count", pa.int64()))
    columns.append([1] * len(times))
    return pa.table(columns, schema=pa.schema(fields))


def readings(times: list[datetime], column: str, metadata: Mapping[str, str]) -> pa.Table:
    """Return readings of one column."""
    instant = pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False)
    field = pa.field(column, pa.float64(), metadata=metadata)
    return pa.table(
        [times, [temperature(each) for each in times]], schema=pa.schema([instant, field])
    )


HOURS = "src/data/reduced-quay-sites-wharf-res-1h"
HOURLY = f"{WHARF}/res=1h"
PAGE = "src/series/reduced-quay-sites-wharf-res-1h.md"
BOTH = ("/reduced/**", "/odd/units")
OWN_PACKAGE = '{"dependencies": {"@observablehq/framework": "^1.13.0", "htl": "^0.3.1"}}\n'


class Quay:
    """The quay in a folder.

    Args:
        folder: The folder.

    Attributes:
        folder: The folder.
        project: Where its pages are exported to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "project"

    @property
    def pond(self) -> Pond:
        return Pond.open(self.folder / "pond")

    def command(self, *args: str | Path) -> Result:
        """Run a `pond` command in this process."""
        line = ["--pond", str(self.folder / "pond"), *map(str, args)]
        return CliRunner().invoke(pond_command, line)

    def export(self, *args: str | Path) -> Result:
        """Export pages, and succeed."""
        result = self.command("export", *args, self.project, "--observable")
        assert result.exit_code == 0, result.stderr
        return result

    def more(self, end: datetime) -> None:
        """Let the hourly series have readings up to an end."""
        with self.pond.transaction() as tx:
            new = [each for each in instants(end) if each >= END]
            tx.write_window(f"{WHARF}/res=1h", buckets(new), Window.of(END, end))


def build_quay(folder: Path) -> Quay:
    """Make it."""
    quay = Quay(folder)
    shipped = shipped_template(SERIES_TEMPLATE)
    (folder / "site.md.jinja").write_text(TEMPLATE + shipped[shipped.index("```js") :])
    file = folder / "resources.yaml"
    file.write_text(RESOURCES)
    applied = quay.command("apply", "-f", file)
    assert applied.exit_code == 0, applied.stderr
    with quay.pond.transaction() as tx:
        for path in (WHARF, "/odd", "/rendered/pages/sites"):
            tx.mkdir(path, parents=True)
        tx.write_window(f"{WHARF}/res=1h", buckets(instants()), Window.of(BEGIN, END))
        days = instants(step=24 * HOUR)
        tx.write_window(f"{WHARF}/res=24h", buckets(days), Window.of(BEGIN, END))
        odd = readings(
            instants(), HOSTILE_COLUMN, {"parameter": HOSTILE_COLUMN, "unit": "<i>C</i>"}
        )
        tx.write_window(HOSTILE_SERIES, odd, Window())
        tx.write_table("/odd/units", pa.table({"id": [1, 2], "name": ["C", HOSTILE_COLUMN]}))
        # As a run writes it, when nobody has exported anything.
        tx.write_data(RENDERED, b"# Page of Wharf\n")
    return quay


def told(quay: Quay, *args: str | Path) -> dict[str, object]:
    """Return what an export says of itself."""
    found: dict[str, object] = json.loads(quay.export(*args, "--json").stdout)
    return found


def content(folder: Path) -> dict[str, bytes]:
    """Return all that lies in a folder, by name."""
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


def newest(file: Path) -> datetime:
    """Return the last instant of a data file."""
    found: list[datetime] = pl.read_parquet(file)["timestamp"].to_list()
    return max(found)


def times(folder: Path) -> dict[str, int]:
    """Return when each file was written, but for that which is locked."""
    files = (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".lock")
    return {str(each.relative_to(folder)): each.stat().st_mtime_ns for each in files}
