"""Between a program and an S3 server: replies get lost, and requests do, as a test says."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import urlsplit

from typing_extensions import override


class Fault(StrEnum):
    """What becomes of a request."""

    NONE = "none"
    LOST = "it never arrives"
    UNANSWERED = "it is carried out, and the reply is lost"


Judge = Callable[[str, str], Fault]
"""Given a request's method and path, say what becomes of it."""


def all_well(_method: str, _path: str) -> Fault:
    """Let everything pass."""
    return Fault.NONE


def lossy(random: Random, share: float) -> Judge:
    """Return what loses so many of the puts, or the replies to them."""

    def judge(method: str, _path: str) -> Fault:
        is_lost = method == "PUT" and random.random() < share
        return random.choice([Fault.LOST, Fault.UNANSWERED]) if is_lost else Fault.NONE

    return judge


class Proxy(ThreadingHTTPServer):
    """A server that passes on what it is asked.

    Attributes:
        endpoint: Its URL.
        judge: Says what becomes of each request; may be set at any time.
        asked: The requests so far.
    """

    daemon_threads = True

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.behind = urlsplit(endpoint).netloc
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        self.judge: Judge = all_well
        self.asked: list[tuple[str, str]] = []

    @override
    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that were killed."""


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024  # headers and body leave together
    server: Proxy

    def do_GET(self) -> None:
        self._pass_on()

    def do_PUT(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_HEAD(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path))
        fault = self.server.judge(self.command, self.path)
        self.close_connection = fault is not Fault.NONE
        if fault is Fault.LOST:
            return
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        connection.request(self.command, self.path, body=body, headers=dict(self.headers))
        with connection.getresponse() as reply:
            data = reply.read()
            if fault is Fault.NONE:
                self._answer(reply, data)
        connection.close()

    def _answer(self, reply: http.client.HTTPResponse, data: bytes) -> None:
        self.send_response_only(reply.status, reply.reason)
        for name, value in reply.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        length = reply.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def running(endpoint: str) -> Iterator[Proxy]:
    """Run a proxy before a server."""
    with Proxy(endpoint) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()
