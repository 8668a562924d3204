"""The ways to tell somebody: a webhook, ntfy, e-mail. Secrets are looked up here, told nowhere."""

from collections.abc import Mapping
from email.header import Header

from pond_pipeline.alerts.mail import MailServer, send_mail
from pond_pipeline.alerts.notice import Notice, State
from pond_pipeline.config import Channel, EnvText
from pond_pipeline.errors import AlertError
from pond_pipeline.webhook import post

_MAIL_SERVER = EnvText("${env:SMTP_URL}", secret=True)
"""Where a channel names none."""

_MESSAGE_MAX_BYTES = 4096
"""What ntfy takes as a message; it makes a file of a longer one."""

_TAGS = {
    State.BEGAN: "warning",
    State.LASTS: "hourglass",
    State.RECOVERED: "white_check_mark",
    State.TEST: "bell",
}


def kind_of(channel: Channel) -> str:
    """Return which way a channel goes, as people write it."""
    return next(name for name in ("webhook", "ntfy", "email") if getattr(channel, name) is not None)


def send(
    channel: Channel, notice: Notice, environ: Mapping[str, str], *, ui: EnvText, within_s: float
) -> None:
    """Tell somebody of a notice.

    Args:
        channel: Where.
        notice: What.
        environ: What the channel's texts stand for.
        ui: Where people reach the UI.
        within_s: After so many seconds nothing more is tried.

    Raises:
        AlertError: It was not taken.
        ConfigError: A variable is not set, or something that it stands for makes no sense.
    """
    if within_s <= 0:
        msg = "it took too long for the messages before this one"
        raise AlertError(msg, hint="it is tried again")
    page = ui.resolve(environ)
    if channel.webhook is not None:
        post(channel.webhook.resolve(environ), notice.body(page), within_s=within_s)
    elif channel.ntfy is not None:
        post(
            channel.ntfy.resolve(environ),
            _cut(notice.text),
            headers=_ntfy_headers(channel, notice, environ, page),
            called="ntfy server",
            within_s=within_s,
        )
    elif channel.email is not None:
        send_mail(
            notice,
            to=channel.email.resolve(environ),
            sender="" if channel.sender is None else channel.sender.resolve(environ),
            server=MailServer.parse((channel.smtp or _MAIL_SERVER).resolve(environ)),
            ui=page,
            within_s=within_s,
        )


def _ntfy_headers(
    channel: Channel, notice: Notice, environ: Mapping[str, str], ui: str
) -> dict[str, str]:
    link = notice.link(ui)
    headers = {
        "Title": _header(notice.title),
        "Priority": "high" if notice.state is State.BEGAN else "default",
        "Tags": _TAGS[notice.state],
        # A header holds ASCII; the message is worth more than its link.
        **({"Click": link} if link and link.isascii() else {}),
    }
    if channel.token is not None:
        token = channel.token.resolve(environ)
        if not (token.isascii() and token.isprintable()):
            raise AlertError("the token of ntfy holds what no header can", hint="look at .env")
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _header(text: str) -> str:
    """Return a text of one line as a header may hold it: what is not ASCII as RFC 2047 has it."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=10**6).encode()


def _cut(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= _MESSAGE_MAX_BYTES:
        return text
    return encoded[: _MESSAGE_MAX_BYTES - 3].decode(errors="ignore") + "…"
