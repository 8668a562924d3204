"""A pond with two instruments and a site, and alerts that are looked after."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pond_core import Pond
from pond_pipeline.alerts.scene import News
from pond_pipeline.alerts.watch import Looked, Watch
from pond_pipeline.config import load_documents
from pond_pipeline.plan import compile_plan
from tests.pipeline.instruments import INSTRUMENTS, PIER
from tests.pipeline.services import Receiver, receiving
from tests.pipeline.waters import INSTANT, at, store

RESOURCES = f"""
{INSTRUMENTS}---
kind: Combine
name: bay
spec:
  sites: [{{name: Bay, inputs: [{{pattern: /normalized/bay/Pier}}]}}]
---
kind: Backup
name: safe
spec: {{folder: stick/backup}}
"""
ALERT = """
---
kind: Alert
name: watch
spec:
  grace: 30m
  conditions: [%s]
  channels: [%s]
"""
HOT = "{when: threshold, path: /normalized/bay/Pier, column: Temperature.C, above: 20}"
WEBHOOK = '{webhook: "${env:PAGER}"}'
SITE = "/combined/bay/Bay"


def wide(column: str, parameter: str, unit: str, values: dict[str, float | None]) -> pa.Table:
    """Return a series of one column, of values by instant (`2025-03-01 12:00`)."""
    metadata = {"parameter": parameter, "unit": unit}
    made = pa.field(column, pa.float64(), metadata=metadata)
    times = [at(each) for each in values]
    return pa.table([times, list(values.values())], schema=pa.schema([INSTANT, made]))


@dataclass
class Lookout:
    """Alerts, and whoever is told.

    Attributes:
        root: The folder of the resources.
        pond: The pond.
        receiver: Whoever is told.
        conditions: What the alert watches, as YAML.
        channels: Where it tells, as YAML.
    """

    root: Path
    pond: Pond
    receiver: Receiver
    conditions: str = ""
    channels: str = WEBHOOK
    watch: Watch = field(init=False)

    def begin(
        self, conditions: str = "", *, channels: str = "", resources: str = RESOURCES
    ) -> None:
        """Begin to watch, or begin anew as after a restart of the daemon, or another file."""
        self.conditions = conditions or self.conditions
        self.channels = channels or self.channels
        text = resources + ALERT % (self.conditions, self.channels)
        plan = compile_plan(load_documents(text), root=self.root)
        self.watch = Watch(plan, root=self.root, pond=self.pond.path)

    def look(self, when: str, news: News | None = None) -> Looked:
        """Look at some instant (`2025-03-01 12:00`)."""
        looked = self.watch.look(news or News(), now=at(when))
        assert looked is not None
        return looked

    def told(self) -> list[dict[str, Any]]:
        """Return what was told since this was asked last."""
        bodies = [json.loads(each) for each in self.receiver.bodies]
        self.receiver.bodies.clear()
        return bodies

    def titles(self) -> list[str]:
        """Return the titles of what was told since this was asked last."""
        return [body["title"] for body in self.told()]

    def readings(self, path: str, values: dict[str, float | None], *months: str) -> None:
        """Let a series hold temperatures; those of its months are replaced."""
        store(self.pond, path, wide("Temperature.C", "Temperature", "C", values), *months)

    def battery(self, path: str, values: dict[str, float | None], *months: str) -> None:
        """Let a series hold charges of a battery."""
        store(self.pond, path, wide("Charge.%", "Battery Level", "%", values), *months)

    @property
    def book(self) -> Path:
        """Where it is remembered."""
        return self.pond.path / "alerts" / "incidents.json"


@contextmanager
def looking_out(root: Path) -> Iterator[Lookout]:
    """Make a pond, and somebody who is told."""
    pond = Pond.init(root / "pond", durability="process")
    with receiving() as receiver:
        (root / ".env").write_text(f"PAGER={receiver.url}\n")
        (root / ".env").chmod(0o600)
        yield Lookout(root, pond, receiver)


def seen_at(hour: int, minute: int = 0) -> str:
    """Return an instant of the first of March 2025."""
    return f"{datetime(2025, 3, 1, hour, minute):%Y-%m-%d %H:%M}"  # noqa: DTZ001 -- text


def pier(lookout: Lookout, **by_hour: float) -> None:
    """Let the pier have readings of the first of March: `h12=7.5`."""
    values: dict[str, float | None] = {seen_at(int(hour[1:])): v for hour, v in by_hour.items()}
    lookout.readings(PIER, values, "2025-03")


def stall(lookout: Lookout) -> None:
    """Let the pier be silent, and be told so at 8:00."""
    pier(lookout, h4=7.0)
    lookout.begin("{when: stale}")
    lookout.look(seen_at(7, 20))
    lookout.look(seen_at(8))
