"""A server of S3's protocol that overwrites what it was told only to create."""

from http.server import BaseHTTPRequestHandler

from typing_extensions import override


class Careless(BaseHTTPRequestHandler):
    """Takes whatever it is given, ignores the condition of a put, and keeps nothing."""

    def do_PUT(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("ETag", '"same"')
        self.send_header("Content-Length", "0")
        self.end_headers()
