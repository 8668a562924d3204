"""Telling by e-mail, and never a word about the server's password."""

import logging
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, make_msgid
from typing import Self
from urllib.parse import unquote, urlsplit

from pond_pipeline.alerts.notice import Notice, one_line
from pond_pipeline.errors import AlertError, ConfigError

_LOGGER = logging.getLogger(__name__)

_TIMEOUT_S = 5.0
"""How long one answer of the server is waited for."""

_OURSELVES = "[127.0.0.1]"
"""What we call ourselves: to look up our own name takes long where the network is down."""

_WRITTEN = "write smtp://user:password@host:587; an @ or / in the password as %40 or %2F"

_HINT = "look at the channel's smtp and addresses, and at the server that it names"

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
"""By scheme: TLS after STARTTLS, TLS from the first byte on, and no TLS."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A server that takes mail.

    Attributes:
        scheme: `smtp`, `smtps` or `smtp+plain`.
        host: Its name.
        port: Its port.
        user: Who sends; empty: it asks nobody.
        password: The user's; never shown.
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read an address such as `smtp://user:password@host:587`.

        Raises:
            ConfigError: It is none, or a password would be sent in the clear.
        """
        try:
            split = urlsplit(url)
            port = split.port or _PORTS[split.scheme]
            user, password = unquote(split.username or ""), unquote(split.password or "")
        except (ValueError, KeyError):
            # Python's own errors quote what they read.
            raise ConfigError("smtp is no address of a mail server", hint=_WRITTEN) from None
        if not split.hostname or split.path.strip("/") or split.query or split.fragment:
            raise ConfigError("smtp is no address of a mail server", hint=_WRITTEN)
        if user and split.scheme == "smtp+plain":
            what = "smtp+plain would send the password in the clear"
            raise ConfigError(what, hint="write smtp:// or smtps://, or leave the user out")
        return cls(split.scheme, split.hostname, port, user, password)


def send_mail(
    notice: Notice, *, to: str, sender: str, server: MailServer, ui: str, within_s: float
) -> None:
    """Send a notice.

    Args:
        notice: The notice.
        to: The addresses of those who are told, apart by commas.
        sender: Whose mail it is; empty: the server's user.
        server: The server.
        ui: Where people reach the UI.
        within_s: After so many seconds it is given up.

    Raises:
        AlertError: It was taken for nobody.
        ConfigError: An address is none, or nobody is named as the sender.
    """
    message = _message(notice, to=to, sender=sender or server.user, ui=ui)
    deadline_s = time.monotonic() + within_s
    try:
        with _connected(server, deadline_s) as client:
            _wait(client, deadline_s)
            refused = client.send_message(message)
    except smtplib.SMTPAuthenticationError as exc:
        hint = "look at the user and the password in smtp"
        raise AlertError(f"the mail server refused the user ({exc.smtp_code})", hint=hint) from None
    except smtplib.SMTPResponseException as exc:
        raise AlertError(f"the mail server answered {exc.smtp_code}", hint=_HINT) from None
    except (OSError, smtplib.SMTPException, ValueError) as exc:
        what = f"the mail server did not take it ({type(exc).__name__})"
        raise AlertError(what, hint=_HINT) from None
    if refused:  # the others were told, and are not to be told again
        _LOGGER.error("the mail server refused %s of the addresses; %s", len(refused), _HINT)


@contextmanager
def _connected(server: MailServer, deadline_s: float) -> Iterator[smtplib.SMTP]:
    """Yield a connection on which mail can be sent; what leaving it says does not count."""
    context = ssl.create_default_context()
    timeout = max(min(_TIMEOUT_S, deadline_s - time.monotonic()), 0.1)
    to = (server.host, server.port, _OURSELVES)
    if server.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(*to, timeout=timeout, context=context)
    else:
        client = smtplib.SMTP(*to, timeout=timeout)
    try:
        if server.scheme == "smtp":
            _wait(client, deadline_s)
            client.starttls(context=context)
        if server.user:
            _wait(client, deadline_s)
            client.login(server.user, server.password)
        yield client
        with suppress(OSError, smtplib.SMTPException):
            client.quit()
    finally:
        client.close()


def _wait(client: smtplib.SMTP, deadline_s: float) -> None:
    """Let the next answers be waited for no longer than there is time."""
    left_s = deadline_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    if client.sock is not None:
        client.sock.settimeout(min(_TIMEOUT_S, left_s))


def _message(notice: Notice, *, to: str, sender: str, ui: str) -> EmailMessage:
    addresses = [address for _, address in getaddresses([to, sender])]
    if not sender or "@" not in sender:
        hint = "add `from: pond@example.com` to the channel"
        raise ConfigError("nobody is named as the sender of e-mails", hint=hint)
    is_line = f"{to}{sender}".isprintable()
    if not (is_line and addresses and all(map(_is_address, addresses))):
        what = "email or from is no address of e-mail"
        raise ConfigError(what, hint="write somebody@example.com")
    message = EmailMessage()
    message["Subject"] = f"DuckPond: {notice.title}"
    message["From"], message["To"] = sender, to
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = make_msgid(domain=addresses[-1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    observed, link = notice.observed, notice.link(ui)
    facts = {
        "alert": notice.alert,
        "event": observed.event,
        "subject": one_line(observed.subject),
        "since": observed.since.isoformat(timespec="minutes"),
        **({"link": link} if link else {}),
    }
    told = "\n".join(f"{name}: {value}" for name, value in facts.items())
    message.set_content(f"{notice.text}\n\n{told}\n")
    return message


def _is_address(text: str) -> bool:
    return text.isascii() and text.count("@") == 1 and " " not in text
