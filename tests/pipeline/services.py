"""A small plan with services: made-up readings, a backup, a copy of it, an alert."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import dagster as dg
from typing_extensions import override

from pond_core import Pond, Provenance
from pond_pipeline.build import build_definitions
from pond_pipeline.config import load_documents
from pond_pipeline.plan import Plan, compile_plan

RESOURCES = """
kind: Scribble
name: made
spec: {seed: 1, start: 2026-01-01, end: 2026-02-01, interval: 1d, series: [A]}
---
kind: Backup
name: safe
desc: What we cannot lose.
metadata: {owner: ada@example.com}
spec: {folder: "${env:STICK:-stick}/backup", schedule: "0 3 * * *"}
---
kind: Copy
name: twin
spec: {folder: stick/backup, to: twin, schedule: "30 3 * * *"}
---
kind: Alert
name: pager
spec:
  conditions: [{when: run_failed}]
  channels: [{webhook: "${env:PAGER}"}]
"""


def plug_in(root: Path) -> None:
    """Let the stick be there."""
    (root / "stick").mkdir(exist_ok=True)


def plan_of(root: Path, resources: str = RESOURCES) -> Plan:
    return compile_plan(load_documents(resources), root=root)


def definitions_of(root: Path, resources: str = RESOURCES) -> dg.Definitions:
    return build_definitions(plan_of(root, resources), root=root, pond=root / "pond")


def write(pond: Pond, path: str, data: bytes = b"x") -> None:
    """Commit one file; the directory is made."""
    with pond.transaction(Provenance(author="test")) as changes:
        if not changes.exists(path.rpartition("/")[0] or "/"):
            changes.mkdir(path.rpartition("/")[0], parents=True)
        changes.write_data(path, data)


@dataclass
class Receiver:
    """A webhook, and what it was told.

    Attributes:
        url: Its address.
        answers: The statuses that it gives, one after another; then 200.
        headers: What it says besides.
        bodies: What it was sent.
        asked: The headers of each request.
    """

    url: str
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve a webhook on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.asked.append(dict(self.headers.items()))
            receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(receiver.answers.pop(0) if receiver.answers else HTTPStatus.OK)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook/s3cret")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
