"""`pond alert`: which incidents last, and whether the channels of an alert work."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline import webhook
from pond_pipeline.alerts.failure import FailedCheck
from pond_pipeline.alerts.scene import News
from pond_pipeline.alerts.watch import Watch
from tests.pipeline.alerts import postman
from tests.pipeline.cli.shell import Shell
from tests.pipeline.cli.test_documented import SECTIONS, _check_shape, _documented
from tests.pipeline.services import Receiver, plan_of, receiving
from tests.pipeline.waters import store, water

RESOURCES = """
kind: Alert
name: pager
spec:
  conditions: [{when: check_failed}]
  channels:
    - {webhook: "${env:PAGER}"}
    - {ntfy: "${env:TOPIC}"}
    - {email: ops@example.com, from: pond@example.com}
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where the resources are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webhook, "_BACKOFF", lambda _state: 0.0)
    Path("resources.yaml").write_text(RESOURCES)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def nobody(nowhere: Shell) -> Shell:
    """A prompt beside an empty pond."""
    Pond.init(nowhere.pond, durability="process")
    return nowhere


def look(shell: Shell) -> None:
    """Let the daemon look twice: a check fails, and nobody can be told."""
    watch = Watch(plan_of(shell.directory, RESOURCES), root=shell.directory, pond=shell.pond)
    now = datetime.now(UTC)
    failed = FailedCheck(path="/a", check="order", text="two\nlines\x1b[31m", failed=now)
    for later in (timedelta(), timedelta(hours=1)):
        watch.look(News(checks=[failed]), now=now + later)


def test_incidents_that_last_are_listed(nobody: Shell) -> None:
    assert nobody.value("alert", "list") == []
    look(nobody)
    [row] = nobody.rows("alert", "list")
    assert (row["alert"], row["event"], row["subject"]) == ("pager", "check_failed", "/a order")
    assert (row["owed"], row["told"] is None) == (3, False)
    _check_shape(_documented("alert"), [row])
    result = nobody.run("alert", "list")
    assert "\x1b" not in result.stdout
    assert "3 messages not taken yet" in result.stderr


def test_a_test_reaches_every_channel(nowhere: Shell, receiver: Receiver) -> None:
    with postman.serving() as mail:
        url = f"smtp+plain://127.0.0.1:{mail.port}"
        Path(".env").write_text(f"PAGER={receiver.url}\nTOPIC={receiver.url}\nSMTP_URL={url}\n")
        answers = nowhere.rows("alert", "test", "pager")
    assert [(each["channel"], each["taken"]) for each in answers] == [
        ("webhook", True),
        ("ntfy", True),
        ("email", True),
    ]
    _check_shape(_documented("alert", number=1), answers)
    assert json.loads(receiver.bodies[0])["state"] == "test"
    assert receiver.asked[1]["Title"] == "Test of the alert pager"
    assert mail.messages[0]["Subject"] == "DuckPond: Test of the alert pager"


def test_a_channel_that_does_not_take_it_fails_and_the_others_are_told(
    nowhere: Shell, receiver: Receiver
) -> None:
    Path(".env").write_text(f"PAGER=http://127.0.0.1:1/hunter2\nTOPIC={receiver.url}\n")
    result = nowhere.run("alert", "test", "pager")
    assert result.exit_code == 1
    assert "the webhook did not answer (ConnectError)" in result.stdout
    assert "SMTP_URL is not set" in result.stdout
    assert "hunter2" not in result.stdout + result.stderr
    assert len(receiver.bodies) == 1


def test_a_threshold_of_a_column_that_nothing_has_is_a_warning(
    nobody: Shell, receiver: Receiver
) -> None:
    condition = "{when: threshold, column: %s, path: /raw/m/a, above: 1}"
    watched = f"{condition % 'value'}, {condition % 'valu'}"
    made_up = "kind: Scribble\nname: m\nspec: {start: 2025-03-01, series: [a]}\n---"
    alert = RESOURCES.replace("{when: check_failed}", watched).partition("    - {ntfy")[0]
    Path("resources.yaml").write_text(made_up + alert)
    Path(".env").write_text(f"PAGER={receiver.url}\n")
    table = water({"2025-03-01 04:00": 1.0}, column="value")
    store(Pond.open(nobody.pond), "/raw/m/a", table, "2025-03")
    result = nobody.run("alert", "test", "pager")
    assert result.exit_code == 0
    assert result.stderr.count("warning") == 1
    assert "no series of /raw/m/a has a value of valu of late" in result.stderr


def test_an_alert_that_is_not_there_is_a_usage_error(nowhere: Shell) -> None:
    result = nowhere.run("alert", "test", "pagr")
    assert result.exit_code == 2
    assert "there is no alert 'pagr'\n  hint: did you mean 'pager'?" in result.stderr


def test_without_a_pond_there_is_nothing_to_list(nowhere: Shell) -> None:
    result = nowhere.run("alert", "list")
    assert (result.exit_code, "there is no pond" in result.stderr) == (1, True)


@pytest.mark.parametrize("name", ["list", "test"])
def test_each_of_them_is_documented(name: str) -> None:
    assert f"### `pond alert {name}`" in SECTIONS["alert"]
