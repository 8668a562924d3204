"""A website served to this machine, to look at it as others will."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from typing_extensions import override

from pond_pipeline.errors import WebsiteError

HOST = "127.0.0.1"
"""It is for a look before publishing; a web server does the rest."""


class WebsiteServer(ThreadingHTTPServer):
    """Serves a website's folder.

    Args:
        folder: The folder.
        port: Where; 0 takes any free port.

    Raises:
        WebsiteError: The port is taken, or no port.
    """

    daemon_threads = True

    def __init__(self, folder: Path, *, port: int) -> None:
        try:
            super().__init__((HOST, port), partial(_Handler, directory=str(folder)))
        except (OSError, OverflowError) as exc:
            msg = f"port {port} cannot be had: {exc}"
            raise WebsiteError(msg, hint="choose another one with --port") from exc

    @property
    def url(self) -> str:
        """The address of the front page."""
        return f"http://{HOST}:{self.server_port}/"


class _Handler(SimpleHTTPRequestHandler):
    @override
    def send_head(self) -> BinaryIO | None:
        """Serve files of the website; the list of a build is none of them."""
        if any(part.startswith(".") for part in unquote(self.path).split("/")):
            self.send_error(404)
            return None
        return super().send_head()

    @override
    def list_directory(self, path: object) -> None:
        self.send_error(404)

    @override
    def end_headers(self) -> None:
        # A build may come at any time: the browser asks whether what it has is still so.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""
