"""The command `alert`: `list|test`."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from pond_core import NotAPondError, Overview, near_miss_hint
from pond_pipeline.alerts import Book, Notice, Observed, Shelf, State
from pond_pipeline.alerts.channel import kind_of, send
from pond_pipeline.alerts.condition import without_values
from pond_pipeline.alerts.scene import Facts, Scene
from pond_pipeline.cli.command import (
    CommandGroup,
    Invocation,
    PondCommand,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.suggestion import names_of
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import read_documents, read_environment
from pond_pipeline.errors import AlertError, ConfigError
from pond_pipeline.plan import Alert, Plan, compile_plan
from pond_pipeline.silence import FreshnessJudge
from pond_pipeline.wording import count_text, instant_text

_PATIENCE_S = 20.0
"""How long one channel may take."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An incident, as `list` tells it."""

    alert: str
    event: str
    subject: str
    text: str
    since: datetime
    seen: datetime
    told: datetime | None
    owed: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel answered to `test`."""

    channel: str
    taken: bool
    error: str
    hint: str


@click.group(cls=CommandGroup, example="pond alert list")
def alert() -> None:
    """List the incidents that last, and try the channels of an alert."""


@alert.command("list", cls=PondCommand, example="pond alert list")
@json_option
@pass_invocation
def list_(invocation: Invocation, *, as_json: bool) -> None:
    """List the incidents that last: what, since when, and whether it was told.

    They are those that the daemon found when it last looked; nobody is asked.
    """
    book = Shelf(Overview(invocation.pond).path).read()
    found = _listed(book)
    if as_json:
        print_json(found)
        return
    print_rows(
        ("alert", "event", "subject", "since", "told", "owed", ""),
        [
            (
                each.alert,
                each.event,
                each.subject,
                instant_text(each.since),
                None if each.told is None else instant_text(each.told),
                each.owed,
                each.text,
            )
            for each in found
        ],
    )
    if book.owed:
        say(f"{count_text(len(book.owed), 'message')} not taken yet; the daemon's log says why")


def _listed(book: Book) -> list[Listed]:
    owed = Counter(
        (each.notice.alert, each.notice.observed.event, each.notice.observed.subject)
        for each in book.owed
    )
    return [
        Listed(
            alert=each.alert,
            event=str(each.observed.event),
            subject=each.observed.subject,
            text=each.observed.text,
            since=each.observed.since,
            seen=each.first,
            told=each.told,
            owed=owed[(each.alert, *each.key)],
        )
        for each in book.ongoing
    ]


@alert.command(cls=PondCommand, example="pond alert test duty")
@click.argument("name", shell_complete=names_of("Alert"), help="Which alert.")
@resources_option
@variables_option
@json_option
@pass_invocation
def test(
    invocation: Invocation,
    *,
    name: str,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Send a test message by every channel of an alert, and say what each answered.

    It fails where one of them did not take it. A threshold of a column that has no values is told
    as well.
    """
    root = file.absolute().parent
    plan = compile_plan(read_documents(file, variables=dict(variables)), root=root)
    alerts = {each.name: each for each in plan.services if isinstance(each, Alert)}
    if name not in alerts:
        otherwise = f"{file} has {', '.join(alerts) or 'none'}"
        raise ConfigError(
            f"there is no alert {name!r}", hint=near_miss_hint(name, alerts, otherwise=otherwise)
        )
    for what in _watched_in_vain(alerts[name], plan, invocation.pond):
        say(f"warning: {what}")
    answers = _answers(alerts[name], root)
    if as_json:
        print_json(answers)
    else:
        print_rows(
            ("channel", "", "hint"),
            [(each.channel, each.error or "taken", each.hint or None) for each in answers],
        )
    if not all(each.taken for each in answers):
        raise click.exceptions.Exit(1)


def _answers(alert: Alert, root: Path) -> list[Answer]:
    now = datetime.now(UTC)
    title = f"Test of the alert {alert.name}"
    observed = Observed(
        event=alert.conditions[0].incident,
        subject="test",
        title=title,
        text=f"{title}: nothing has happened.",
        since=now,
    )
    notice = Notice(alert=alert.name, state=State.TEST, observed=observed, at=now)
    environ = read_environment(root).values
    answers = []
    for channel in alert.channels:
        kind = kind_of(channel)
        try:
            send(channel, notice, environ, ui=alert.ui, within_s=_PATIENCE_S)
        except (AlertError, ConfigError) as exc:
            answers.append(Answer(kind, taken=False, error=str(exc), hint=exc.hint))
        else:
            answers.append(Answer(kind, taken=True, error="", hint=""))
    return answers


def _watched_in_vain(alert: Alert, plan: Plan, pond: str | Path) -> list[str]:
    """Return which thresholds are of columns without values; none where no pond is yet."""
    try:
        overview = Overview(pond)
    except NotAPondError:
        return []
    scene = Scene(
        plan=plan,
        judge=FreshnessJudge(plan),
        overview=overview,
        facts=Facts(overview.snapshot),
        now=datetime.now(UTC),
    )
    return without_values(alert, scene)
