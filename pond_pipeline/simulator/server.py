"""The simulator as a real HTTP/1.1 server on the loopback interface."""

import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from typing_extensions import override

from pond_pipeline.errors import ConfigError
from pond_pipeline.simulator.api import Api, kind_of
from pond_pipeline.simulator.credentials import Credentials
from pond_pipeline.simulator.cursor import Cursors
from pond_pipeline.simulator.exchange import Delivery, Reply, Request, Served
from pond_pipeline.simulator.faults import Faults
from pond_pipeline.simulator.rate import MinuteLimit
from pond_pipeline.simulator.world import World

HOST = "127.0.0.1"
"""The only interface that is served: the simulator's account is no secret."""

_MAX_BODY_BYTES = 65_536


def wall_clock() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class Simulator:
    """A HydroVu server with one account, as a context manager.

    Attributes:
        counts: Requests served so far, by what they were for.
        log: All of them, in order.

    >>> with Simulator(harbor(seed=1)) as sim:  # doctest: +SKIP
    ...     print(sim.base_url)
    http://127.0.0.1:38291
    """

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        page_days: float = 2,
        locations_per_page: int = 100,
        rate_per_minute: int = 1000,
        faults: Faults | None = None,
        key: str = "demo",
        secret: str = "demo",  # noqa: S107  # the documented account of a loopback server
        clock: Callable[[], datetime] = wall_clock,
        token_lifetime_s: int = 3600,
    ) -> None:
        """Prepare a server; `with` or `serve_forever` starts it.

        Args:
            world: What is served.
            port: Where; 0 takes any free one.
            page_days: How much time a page of readings holds; the real API has about 2 days.
            locations_per_page: How many locations a page of their list holds.
            rate_per_minute: How many requests one minute of the clock allows.
            faults: What goes wrong; nothing by default.
            key: The OAuth2 client id.
            secret: The OAuth2 client secret.
            clock: The present, aware: readings, tokens and the rate limit all go by it.
            token_lifetime_s: How long a token is good for.
        """
        self.counts: Counter[str] = Counter()
        self.log: list[Served] = []
        self._port = port
        self._api = Api(
            world,
            credentials=Credentials(key, secret, lifetime_s=token_lifetime_s),
            limit=MinuteLimit(rate_per_minute),
            cursors=Cursors(secret),
            clock=clock,
            page_days=page_days,
            locations_per_page=locations_per_page,
            faults=faults if faults is not None else Faults(),
        )
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def faults(self) -> Faults:
        """What goes wrong. May be changed or replaced while the server runs.

        New faults strike as if they had never struck.
        """
        return self._api.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._api.faults = faults

    @property
    def base_url(self) -> str:
        """Where the server is, e.g. `http://127.0.0.1:38291`; the API lies below `/public-api`."""
        if self._server is None:
            msg = "the simulator is not running"
            raise RuntimeError(msg)
        return f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        try:
            self._server = _Server((HOST, self._port), self._answer)
        except (OSError, OverflowError) as error:
            msg = f"the simulator cannot listen on port {self._port}: {error}"
            raise ConfigError(msg, hint="choose another port, or 0 for any free one") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="hydrovu-simulator",
            daemon=True,
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def serve_forever(self) -> None:
        """Serve until `close` is called elsewhere, or Ctrl-C; inside or instead of `with`."""
        if self._thread is None:
            with self:
                self.serve_forever()
        else:
            self._thread.join()

    def close(self) -> None:
        """Stop serving and close all connections. Does nothing the second time."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None and thread is not None:
            server.shutdown()
            server.server_close()
            thread.join()

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            reply = self._api.answer(request)
            status = 0 if reply.delivery is Delivery.DROPPED else reply.status
            self.log.append(Served(request.method, request.path, request.query, status))
            self.counts[kind_of(request).value] += 1
            return reply


class _Server(ThreadingHTTPServer):
    """Knows its open connections: closing must not wait for clients that keep them alive."""

    daemon_threads = False
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], answer: Callable[[Request], Reply]) -> None:
        self.answer = answer
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        # Last: it binds the port, and closes the server when that fails.
        super().__init__(address, _Handler)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hangs up; anything else is a mistake of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @override
    def server_close(self) -> None:
        self.closing.set()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    """Turns HTTP into a `Request` and a `Reply` into HTTP."""

    server: _Server
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece: two small writes cost a delayed acknowledgement (40 ms).
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve("")

    def do_POST(self) -> None:
        """Answer a POST."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MAX_BODY_BYTES:
            self.send_error(413)
            return
        self._serve(self.rfile.read(int(length)).decode(errors="replace"))

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: the simulator keeps its own log."""

    def _serve(self, body: str) -> None:
        url = urlsplit(self.path)
        reply = self.server.answer(
            Request(
                method=self.command,
                path=url.path,
                query=dict(parse_qsl(url.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
            )
        )
        if reply.delay_s:
            self.server.closing.wait(reply.delay_s)
        if reply.delivery is Delivery.DROPPED:
            self.close_connection = True
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        content = reply.body.encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if reply.delivery is Delivery.TRUNCATED:
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(content)
        self.wfile.flush()
