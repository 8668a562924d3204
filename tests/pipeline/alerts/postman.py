"""A mail server on this machine: SMTP on a real socket, with TLS, and with what can go wrong."""

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typing_extensions import override

USER, PASSWORD = "pond", "h@nter/2"


@dataclass
class Postman:
    """A mail server, and what it was given.

    Attributes:
        port: Where it listens.
        refused: What it answers to a verb instead, such as `550 no` to `RCPT`.
        strangers: For whom it takes nothing.
        is_silent: Whether it says nothing at all.
        messages: What it took.
        receivers: For whom, each.
        verbs: What it was asked.
    """

    port: int
    refused: dict[str, str] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    is_silent: bool = False
    messages: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)


class _Handler(StreamRequestHandler):
    server: "_Server"
    timeout = 60

    @override
    def setup(self) -> None:
        super().setup()
        self._to: list[str] = []

    @override
    def handle(self) -> None:
        postman = self.server.postman
        if postman.is_silent:
            self.rfile.read()  # until the other side has had enough
            return
        if self.server.tls_at_once:
            self._secure()
        self._say("220 here")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            postman.verbs.append(verb.upper())
            if verb.upper() in postman.refused:
                self._say(postman.refused[verb.upper()])
            else:
                self._answer(verb.upper(), rest)

    @override
    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _answer(self, verb: str, rest: str) -> None:
        match verb:
            case "EHLO":
                offered = "AUTH PLAIN" if self._is_secure() else "STARTTLS"
                self._say(f"250-here\r\n250 {offered if self.server.context else '8BITMIME'}")
            case "STARTTLS":
                self._say("220 go on")
                self._secure()
            case "AUTH":
                user, password = base64.b64decode(rest.split()[1]).decode().split("\0")[1:]
                is_right = (user, password) == (USER, PASSWORD)
                self._say("235 welcome" if is_right else f"535 {user} {password} is wrong")
            case "RCPT":
                address = rest.partition("<")[2].partition(">")[0]
                if address in self.server.postman.strangers:
                    self._say("550 nobody of that name")
                else:
                    self._to.append(address)
                    self._say("250 fine")
            case "DATA":
                self._say("354 go on")
                self._take(self._to)
                self._say("250 taken")
            case "QUIT":
                self._say("221 bye")
            case _:
                self._say("250 fine")

    def _take(self, to: list[str]) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        taken = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(taken, EmailMessage)
        self.server.postman.messages.append(taken)
        self.server.postman.receivers.append(to)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _is_secure(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def _secure(self) -> None:
        assert self.server.context is not None
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.connection.settimeout(self.timeout)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)


class _Server(ThreadingTCPServer):
    postman: Postman
    context: ssl.SSLContext | None
    tls_at_once: bool

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the other side left, or does not trust us


@contextmanager
def serving(*, certificate: Path | None = None, tls_at_once: bool = False) -> Iterator[Postman]:
    """Serve mail on this machine.

    Args:
        certificate: The server's, with its key; None: it knows no TLS.
        tls_at_once: Whether TLS begins with the first byte.
    """
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.context = None
        if certificate is not None:
            server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.context.load_cert_chain(certificate)
        server.tls_at_once = tls_at_once
        server.postman = Postman(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.postman
        finally:
            server.shutdown()
            thread.join()


def make_certificate(folder: Path) -> Path:
    """Make a certificate of 127.0.0.1 that vouches for itself; return its file, with the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
