"""An incident is told once when it has lasted, and once when it is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pond_pipeline.alerts.course import advance
from pond_pipeline.alerts.incident import Observed, Ongoing
from pond_pipeline.alerts.notice import Notice, State
from pond_pipeline.config import EnvText, Incident
from pond_pipeline.plan import Alert

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def alert(*, grace: timedelta = 30 * MINUTE, reminder: timedelta | None = None) -> Alert:
    return Alert(
        name="watch",
        conditions=(),
        channels=(),
        grace=grace,
        reminder=reminder,
        ui=EnvText("http://127.0.0.1:3000"),
        root=Path(),
    )


def silent(subject: str = "/a", *, at_once: bool = False, since: datetime = NOON) -> Observed:
    return Observed(
        event=Incident.STALE,
        subject=subject,
        title=f"{subject} is silent",
        text=f"{subject} is silent",
        since=since,
        at_once=at_once,
    )


def looks(
    watch: Alert, seen: list[list[Observed]], *, every: timedelta = 10 * MINUTE
) -> list[list[Notice]]:
    """Return what each of some looks tells, one after another."""
    ongoing: list[Ongoing] = []
    told = []
    for number, observed in enumerate(seen):
        ongoing, notices = advance(watch, ongoing, observed, now=NOON + number * every)
        told.append(notices)
    return told


def states(told: list[list[Notice]]) -> list[list[State]]:
    return [[each.state for each in notices] for notices in told]


def test_it_is_told_when_it_has_lasted_for_the_grace_period_and_when_it_is_over() -> None:
    told = looks(alert(), [[silent()]] * 5 + [[], []])
    assert states(told) == [[], [], [], [State.BEGAN], [], [State.RECOVERED], []]
    assert told[5][0].text == "Over after 50 min: /a is silent"


def test_what_is_over_within_the_grace_period_is_not_told_at_all() -> None:
    assert states(looks(alert(), [[silent()], [silent()], [], []])) == [[]] * 4


def test_what_happened_and_need_not_last_is_told_at_once() -> None:
    told = states(looks(alert(), [[silent(at_once=True)], []]))
    assert told == [[State.BEGAN], [State.RECOVERED]]


def test_what_lasts_is_told_again_where_somebody_wants_to_be_reminded() -> None:
    told = states(looks(alert(grace=MINUTE, reminder=30 * MINUTE), [[silent()]] * 9))
    assert [len(each) for each in told] == [0, 1, 0, 0, 1, 0, 0, 1, 0]
    assert told[4] == [State.LASTS]


def test_an_incident_began_when_it_was_first_seen_to_have_begun() -> None:
    later = silent(since=NOON + timedelta(hours=1))
    told = looks(alert(grace=20 * MINUTE), [[silent()], [later], [later]])
    assert told[2][0].observed.since == NOON


def test_a_clock_that_is_set_back_does_not_keep_it_from_being_told() -> None:
    ongoing, _ = advance(alert(), [], [silent()], now=NOON)
    back = NOON - timedelta(days=365)
    ongoing, _ = advance(alert(), ongoing, [silent()], now=back)
    _, notices = advance(alert(), ongoing, [silent()], now=back + timedelta(hours=1))
    assert [each.state for each in notices] == [State.BEGAN]


def test_a_clock_that_is_set_back_does_not_keep_anybody_from_being_reminded() -> None:
    watch = alert(grace=MINUTE, reminder=30 * MINUTE)
    told = replace(Ongoing(alert="watch", observed=silent(), first=NOON), told=NOON, reminded=NOON)
    _, notices = advance(watch, [told], [silent()], now=NOON - timedelta(days=365))
    assert [each.state for each in notices] == [State.LASTS]
    _, notices = advance(watch, [told], [silent()], now=NOON - MINUTE)
    assert notices == []


SUBJECTS = st.sampled_from(["/a", "/b", "/c"])


@given(
    st.lists(st.tuples(st.integers(0, 40), st.frozensets(SUBJECTS)), max_size=25),
    st.integers(1, 60),
)
def test_each_incident_is_told_once_however_often_it_is_looked_at(
    course: list[tuple[int, frozenset[str]]], grace_min: int
) -> None:
    watch = alert(grace=grace_min * MINUTE)
    ongoing: list[Ongoing] = []
    now, began = NOON, dict[str, datetime]()
    told = {subject: list[State]() for subject in ("/a", "/b", "/c")}
    expected = {subject: list[State]() for subject in told}
    for minutes, subjects in course:
        now += minutes * MINUTE
        ongoing, notices = advance(watch, ongoing, [*map(silent, sorted(subjects))], now=now)
        for notice in notices:
            told[notice.observed.subject].append(notice.state)
        for subject, states_of in expected.items():
            if subject in subjects:
                first = began.setdefault(subject, now)
                is_told = states_of[-1:] == [State.BEGAN]
                if not is_told and now - first >= watch.grace:
                    states_of.append(State.BEGAN)
            elif began.pop(subject, None) and states_of[-1:] == [State.BEGAN]:
                states_of.append(State.RECOVERED)
        assert told == expected
        assert {each.observed.subject for each in ongoing} == subjects
