"""A webhook, ntfy and e-mail are told, and no secret of theirs is told anybody."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.header import decode_header
from pathlib import Path
from urllib.parse import quote

import pytest

from pond_core import PondError
from pond_pipeline import webhook
from pond_pipeline.alerts.channel import send
from pond_pipeline.alerts.incident import Observed
from pond_pipeline.alerts.notice import Notice, State, bundled
from pond_pipeline.config import AlertSpec, Channel, EnvText, Incident, load_documents
from pond_pipeline.errors import AlertError, ConfigError
from tests.pipeline.alerts.postman import PASSWORD, USER, Postman, make_certificate, serving
from tests.pipeline.services import Receiver, receiving

SINCE = datetime(2026, 11, 21, 4, tzinfo=UTC)
UI = EnvText("https://ponds.example.com/")
MAIL = "{email: ops@example.com, from: pond@example.com}"


def notice_of(
    title: str = "Wharf: no reading since 2026-11-21 04:00 UTC",
    *,
    state: State = State.BEGAN,
    text: str = "",
) -> Notice:
    observed = Observed(
        event=Incident.STALE,
        subject="/combined/harbor/Wharf",
        title=title,
        text=text or f"{title} (19 h; expected within 3 h)",
        since=SINCE,
        values={"limit_s": 10800.0},
        page="/assets/combined/harbor/Wharf",
    )
    return Notice(alert="watch", state=state, observed=observed, at=SINCE + timedelta(hours=19))


def channel_of(text: str) -> Channel:
    conditions = "conditions: [{when: stale}]"
    document = f"kind: Alert\nname: a\nspec: {{{conditions}, channels: [{text}]}}\n"
    (loaded,) = load_documents(document)
    assert isinstance(loaded.spec, AlertSpec)
    return loaded.spec.channels[0]


def tell(text: str, notice: Notice | None = None, *, within_s: float = 5.0, **environ: str) -> None:
    send(channel_of(text), notice or notice_of(), environ, ui=UI, within_s=within_s)


def test_links_lead_to_the_ui_of_pond_up_where_nobody_names_another() -> None:
    document = (
        f"kind: Alert\nname: a\nspec: {{conditions: [{{when: stale}}], channels: [{MAIL}]}}\n"
    )
    (loaded,) = load_documents(document)
    assert isinstance(loaded.spec, AlertSpec)
    assert loaded.spec.ui.resolve({"POND_UI": "http://127.0.0.1:3111"}) == "http://127.0.0.1:3111"
    assert loaded.spec.ui.resolve({}) == "http://127.0.0.1:3000"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def postman() -> Iterator[Postman]:
    with serving() as made:
        yield made


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_BACKOFF", lambda _state: 0.0)


def plain(postman: Postman) -> str:
    return f"smtp+plain://127.0.0.1:{postman.port}"


def test_a_webhook_is_sent_all_that_is_known(receiver: Receiver) -> None:
    tell('{webhook: "${env:HOOK}"}', HOOK=receiver.url)
    assert json.loads(receiver.bodies[0]) == {
        "event": "stale",
        "alert": "watch",
        "state": "began",
        "subject": "/combined/harbor/Wharf",
        "title": "Wharf: no reading since 2026-11-21 04:00 UTC",
        "text": f"DuckPond: {notice_of().observed.text}",
        "since": "2026-11-21T04:00:00+00:00",
        "values": {"limit_s": 10800.0},
        "link": "https://ponds.example.com/assets/combined/harbor/Wharf",
    }


def test_ntfy_is_sent_text_with_title_priority_tags_and_link(receiver: Receiver) -> None:
    tell(
        '{ntfy: "${env:TOPIC}", token: "${env:WORD}"}',
        notice_of(state=State.RECOVERED),
        TOPIC=receiver.url,
        WORD="tk_1",
    )
    asked = receiver.asked[0]
    assert asked["Title"] == "Over: Wharf: no reading since 2026-11-21 04:00 UTC"
    assert (asked["Priority"], asked["Tags"]) == ("default", "white_check_mark")
    assert asked["Authorization"] == "Bearer tk_1"
    assert asked["Click"] == "https://ponds.example.com/assets/combined/harbor/Wharf"
    assert receiver.bodies[0].startswith(b"Over after 19 h: Wharf: no reading since")


def test_a_title_of_other_letters_reaches_ntfy_as_mail_headers_have_it(receiver: Receiver) -> None:
    tell(f"{{ntfy: '{receiver.url}'}}", notice_of("Río Größe µS/cm: " + "x" * 99))
    ((encoded, charset),) = decode_header(receiver.asked[0]["Title"])
    assert isinstance(encoded, bytes)
    assert encoded.decode(charset or "") == "Río Größe µS/cm: " + "x" * 99


def test_a_name_with_line_breaks_adds_no_header_anywhere(
    receiver: Receiver, postman: Postman
) -> None:
    evil = notice_of("Wharf\r\nX-Evil: 1\nBcc: thief@example.com\x00")
    tell(f"{{ntfy: '{receiver.url}'}}", evil)
    tell(MAIL, evil, SMTP_URL=plain(postman))
    assert receiver.asked[0]["Title"] == "Wharf X-Evil: 1 Bcc: thief@example.com"
    assert "X-Evil" not in receiver.asked[0]
    [message] = postman.messages
    assert (message["Bcc"], message["X-Evil"]) == (None, None)
    assert message["Subject"] == "DuckPond: Wharf X-Evil: 1 Bcc: thief@example.com"
    assert postman.receivers == [["ops@example.com"]]


def test_a_link_that_no_header_holds_is_left_out(receiver: Receiver) -> None:
    notice, channel = notice_of(), channel_of('{ntfy: "${env:NTFY}"}')
    ui = EnvText("https://pönd.example")
    send(channel, notice, {"NTFY": receiver.url}, ui=ui, within_s=5.0)
    assert "Click" not in receiver.asked[0]


def test_a_message_that_is_too_long_for_ntfy_is_cut_between_letters(receiver: Receiver) -> None:
    tell(f"{{ntfy: '{receiver.url}'}}", notice_of(text="µ" * 5000))
    body = receiver.bodies[0].decode()
    assert len(receiver.bodies[0]) <= 4096
    assert body.endswith("µ…")


def test_an_e_mail_says_what_since_when_and_where(postman: Postman) -> None:
    tell(MAIL, SMTP_URL=plain(postman))
    [message] = postman.messages
    assert message["Subject"] == "DuckPond: Wharf: no reading since 2026-11-21 04:00 UTC"
    assert (message["From"], message["To"]) == ("pond@example.com", "ops@example.com")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.com>")
    body = message.get_content()
    assert "(19 h; expected within 3 h)" in body
    assert "subject: /combined/harbor/Wharf" in body
    assert "link: https://ponds.example.com/assets/combined/harbor/Wharf" in body


def test_several_people_are_told_by_one_e_mail(postman: Postman) -> None:
    channel = "{email: 'a@example.com, ops@example.com', from: pond@example.com}"
    tell(channel, SMTP_URL=plain(postman))
    assert postman.receivers == [["a@example.com", "ops@example.com"]]


def test_an_address_that_is_refused_does_not_make_others_be_told_again(
    postman: Postman, caplog: pytest.LogCaptureFixture
) -> None:
    postman.strangers = ("gone@example.com",)
    channel = "{email: 'gone@example.com, ops@example.com', from: pond@example.com}"
    tell(channel, SMTP_URL=plain(postman))
    assert postman.receivers == [["ops@example.com"]]
    assert "the mail server refused 1 of the addresses" in caplog.text


def test_a_title_is_never_longer_than_a_header_may_be() -> None:
    assert notice_of("x" * 5000).title == "x" * 199 + "…"
    assert notice_of("x" * 200).title == "x" * 200


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_user_logs_in_over_tls(scheme: str, certificate: Path) -> None:
    with serving(certificate=certificate, tls_at_once=scheme == "smtps") as postman:
        url = f"{scheme}://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{postman.port}"
        tell(MAIL, SMTP_URL=url)
    assert len(postman.messages) == 1
    assert "AUTH" in postman.verbs


def test_a_server_that_nobody_vouches_for_gets_no_password(tmp_path: Path) -> None:
    with (
        serving(certificate=make_certificate(tmp_path)) as postman,
        pytest.raises(AlertError, match="SSLCertVerificationError"),
    ):
        tell(MAIL, SMTP_URL=f"smtp://{USER}:secret@127.0.0.1:{postman.port}")
    assert "AUTH" not in postman.verbs


def test_a_server_without_tls_gets_neither_password_nor_message(postman: Postman) -> None:
    with pytest.raises(AlertError, match="SMTPNotSupportedError"):
        tell(MAIL, SMTP_URL=f"smtp://{USER}:secret@127.0.0.1:{postman.port}")
    assert not {"AUTH", "MAIL", "DATA"} & {*postman.verbs}


def test_a_wrong_password_is_told_and_not_shown(certificate: Path) -> None:
    with serving(certificate=certificate) as postman, pytest.raises(AlertError) as caught:
        tell(MAIL, SMTP_URL=f"smtp://{USER}:hunter2@127.0.0.1:{postman.port}")
    assert str(caught.value) == "the mail server refused the user (535)"
    assert "user and the password" in caught.value.hint


@pytest.mark.parametrize("verb", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_mail_server_that_refuses_has_not_taken_it(verb: str, postman: Postman) -> None:
    postman.refused = {verb: "550 hunter2 is not wanted", "HELO": "550 no"}
    with pytest.raises(AlertError) as caught:
        tell(MAIL, SMTP_URL=plain(postman))
    assert "hunter2" not in f"{caught.value!r} {caught.value.hint}"
    assert postman.messages == []


def test_a_mail_server_that_says_nothing_is_waited_for_no_longer_than_there_is_time(
    postman: Postman,
) -> None:
    postman.is_silent = True
    with pytest.raises(AlertError, match="did not take it"):
        tell(MAIL, SMTP_URL=plain(postman), within_s=0.2)


@pytest.mark.parametrize(
    ("channel", "environ", "what"),
    [
        (MAIL, {}, "SMTP_URL is not set"),
        (MAIL, {"SMTP_URL": "mail.example.com"}, "no address of a mail server"),
        (MAIL, {"SMTP_URL": "smtp://u:hunter2@h:99999"}, "no address of a mail server"),
        (MAIL, {"SMTP_URL": "smtp://u:hunter2/x@h"}, "no address of a mail server"),
        (MAIL, {"SMTP_URL": "smtp+plain://u:hunter2@h"}, "in the clear"),
        ("{email: ops@example.com}", {"SMTP_URL": "smtp+plain://h"}, "the sender of e-mails"),
        (MAIL.replace("ops@", "ops"), {"SMTP_URL": "smtps://h"}, "no address of e-mail"),
        (
            '{email: "${env:TO}", from: pond@example.com}',
            {"SMTP_URL": "smtps://h", "TO": "a@example.com\nBcc: b@example.com"},
            "no address of e-mail",
        ),
    ],
)
def test_what_makes_no_sense_is_told_without_the_secret(
    channel: str, environ: Mapping[str, str], what: str
) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        send(channel_of(channel), notice_of(), environ, ui=UI, within_s=5.0)
    assert "hunter2" not in f"{caught.value!r} {caught.value.hint}"


def test_a_token_with_line_breaks_is_refused(receiver: Receiver) -> None:
    with pytest.raises(AlertError, match="what no header can"):
        tell(f"{{ntfy: '{receiver.url}', token: '${{env:WORD}}'}}", WORD="t\r\nX-Evil: 1")
    assert receiver.bodies == []


@pytest.mark.parametrize(
    "channel",
    [
        "{webhook: 'http://127.0.0.1:1/hunter2'}",
        "{ntfy: 'http://127.0.0.1:1/hunter2', token: hunter2}",
        "{email: a@example.com, from: b@example.com, smtp: 'smtps://u:hunter2@127.0.0.1:1'}",
    ],
)
def test_a_server_that_is_not_there_is_told_without_any_secret(
    channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(PondError) as caught:
        tell(channel)
    assert "hunter2" not in f"{caught.value!r} {caught.value.hint} {caplog.text}"


def test_many_incidents_at_once_are_one_message() -> None:
    notices = [notice_of(f"{name} is silent") for name in "abcdef"]
    [one] = bundled(notices)
    assert one.title == "6 incidents: stale"
    assert one.text.splitlines()[1] == "- a is silent (19 h; expected within 3 h)"
    assert one.observed.values == {"subjects": ["/combined/harbor/Wharf"] * 6}
    assert bundled(notices[:5]) == notices[:5]


def test_what_is_over_is_not_told_in_one_message_with_what_began() -> None:
    began = [notice_of(name) for name in "abc"]
    over = [replace(each, state=State.RECOVERED) for each in began]
    assert bundled([*began, *over]) == [*began, *over]
