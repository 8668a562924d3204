"""What alerts watch in a pond is told, and damage keeps nobody from being told of all else."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyarrow as pa
import pytest

from pond_core import StorageError
from pond_pipeline.alerts.book import Shelf
from pond_pipeline.alerts.failure import FailedCheck, FailedRun
from pond_pipeline.alerts.scene import News
from tests.pipeline.alerts.lookout import HOT, SITE, WEBHOOK, Lookout, pier
from tests.pipeline.alerts.lookout import seen_at as t
from tests.pipeline.instruments import OLD, PIER, WHARF
from tests.pipeline.waters import INSTANT, at, store


def test_an_instrument_that_stalls_is_told_once_and_that_it_is_heard_of_again(
    lookout: Lookout,
) -> None:
    pier(lookout, h4=7.0)
    lookout.begin("{when: stale}")
    for hour, minute in ((7, 0), (7, 1), (7, 30), (7, 31), (9, 0)):
        lookout.look(t(hour, minute))
    [body] = lookout.told()
    assert body["text"] == (
        "DuckPond: Pier: no reading since 2025-03-01 04:00 UTC (3 h 31 min; expected within 3 h)"
    )
    assert (body["event"], body["state"], body["subject"]) == ("stale", "began", PIER)
    assert body["since"] == "2025-03-01T04:00:00+00:00"
    assert body["link"] == "http://127.0.0.1:3000/assets/normalized/bay/Pier"
    pier(lookout, h4=7.0, h9=7.0)
    for minute in (1, 2):
        lookout.look(t(9, minute))
    assert lookout.titles() == ["Over: Pier: no reading since 2025-03-01 04:00 UTC"]


def test_an_instrument_whose_clock_runs_ahead_is_told(lookout: Lookout) -> None:
    pier(lookout, h9=7.0)
    lookout.begin("{when: stale}")
    lookout.look(t(4))
    lookout.look(t(5))
    [body] = lookout.told()
    assert body["text"] == (
        "DuckPond: Pier: the newest reading is of 2025-03-01 09:00 UTC, which is to come "
        "(a clock or a time zone is wrong)"
    )
    assert body["since"] == "2025-03-01T04:00:00+00:00"


def test_what_nobody_gave_an_interval_is_judged_by_the_alert_s_own(lookout: Lookout) -> None:
    lookout.readings(WHARF, {t(4): 1.0}, "2025-03")
    lookout.readings(OLD, {"2025-01-31 04:00": 1.0}, "2025-01")
    lookout.begin("{when: stale, path: '/normalized/bay/*', after: 1h}")
    lookout.look(t(5, 1))
    lookout.look(t(6))
    assert lookout.titles() == [
        "Pier: there has never been a reading",
        "Wharf: no reading since 2025-03-01 04:00 UTC",
    ]


def test_a_site_that_nobody_expects_readings_of_is_not_told_beside_its_instruments(
    lookout: Lookout,
) -> None:
    lookout.begin("{when: stale, after: 1h}")
    lookout.look(t(5))
    lookout.look(t(6))
    assert [body["subject"] for body in lookout.told()] == [PIER, WHARF]


def test_the_battery_of_a_retired_instrument_may_be_empty(lookout: Lookout) -> None:
    lookout.battery(OLD, {"2025-01-31 04:00": 1.0}, "2025-01")
    lookout.begin("{when: battery, path: '/normalized/bay/*'}")
    assert lookout.look(t(5)).ongoing == 0


def test_a_low_battery_is_told_by_the_limit_of_the_alert_or_else_of_the_check(
    lookout: Lookout,
) -> None:
    lookout.battery(PIER, {t(3): 30.0, t(4): 22.0}, "2025-03")
    lookout.battery(SITE, {t(4): 1.0}, "2025-03")
    lookout.begin("{when: battery}")
    lookout.look(t(5))
    assert lookout.look(t(6)).ongoing == 0
    lookout.begin("{when: battery, below: 25}")
    lookout.look(t(7))
    lookout.look(t(8))
    [body] = lookout.told()
    assert body["text"] == "DuckPond: Pier: Charge.% is 22 % (2025-03-01 04:00 UTC), below 25 %"
    assert (body["subject"], body["values"]["value"]) == (f"{PIER} Charge.%", 22.0)


def test_a_value_beyond_a_threshold_is_told_when_it_has_lasted(lookout: Lookout) -> None:
    pier(lookout, h3=25.0, h4=19.0)
    lookout.begin(HOT)
    lookout.look(t(4, 1))
    pier(lookout, h3=25.0, h4=19.0, h5=20.5)
    lookout.look(t(5, 1))
    assert lookout.told() == []
    lookout.look(t(5, 31))
    assert lookout.titles() == ["Pier: Temperature.C is 20.5, above 20"]
    pier(lookout, h5=20.5, h6=20.0)
    lookout.look(t(6, 1))
    assert lookout.titles() == ["Over: Pier: Temperature.C is 20.5, above 20"]


def test_a_spike_that_came_and_went_between_two_looks_is_told(lookout: Lookout) -> None:
    pier(lookout, h4=19.0)
    lookout.begin(HOT)
    lookout.look(t(4, 1))
    pier(lookout, h4=19.0, h5=31.0, h6=18.0)
    lookout.begin()
    lookout.look(t(6, 1))
    [body] = lookout.told()
    assert body["text"].endswith(
        "was 31, above 20 (2025-03-01 05:00 UTC), and is 18 again (2025-03-01 06:00 UTC)"
    )
    lookout.look(t(6, 2))
    assert [body["state"] for body in lookout.told()] == ["recovered"]
    lookout.look(t(6, 3))
    assert lookout.told() == []


def test_what_was_judged_is_not_read_again(lookout: Lookout) -> None:
    pier(lookout, h4=19.0)
    lookout.begin(HOT)
    lookout.look(t(4, 1))
    pier(lookout, h4=99.0, h5=19.0)
    lookout.look(t(5, 1))
    assert lookout.told() == []


def test_a_reading_from_the_future_is_for_later(lookout: Lookout) -> None:
    pier(lookout, h4=19.0, h9=50.0)
    lookout.begin(HOT)
    assert lookout.look(t(4, 1)).ongoing == 0


def test_a_column_that_is_not_there_or_empty_is_no_incident(lookout: Lookout) -> None:
    lookout.readings(PIER, {t(4): None}, "2025-03")
    lookout.begin("{when: threshold, column: Temperature.C, below: 4}, " + HOT.replace(".C", ".F"))
    assert lookout.look(t(5)).ongoing == 0


def test_a_backup_that_was_never_made_is_told(lookout: Lookout) -> None:
    pier(lookout, h4=19.0)
    lookout.begin("{when: backup_failed, after: 1h}")
    lookout.look(t(5))
    lookout.look(t(6))
    [body] = lookout.told()
    assert (body["subject"], body["title"]) == ("safe", "Backup safe is behind")
    assert "nothing is known to be in" in body["text"]


def test_a_push_that_failed_is_told_and_that_the_next_one_did_not(lookout: Lookout) -> None:
    place, now = lookout.root / "stick" / "backup", datetime.now(UTC)
    pier(lookout, h4=19.0)
    lookout.begin("{when: backup_failed}")
    with pytest.raises(StorageError):
        lookout.pond.push(place)
    for later in (timedelta(), timedelta(hours=1)):
        lookout.watch.look(News(), now=now + later)
    [body] = lookout.told()
    assert (body["title"], body["subject"]) == ("Backup safe failed", "safe")
    assert "there is no" in body["values"]["error"]
    place.parent.mkdir()
    lookout.pond.push(place)
    lookout.watch.look(News(), now=now + timedelta(hours=2))
    assert lookout.titles() == ["Over: Backup safe failed"]


def hot(days: int) -> dict[str, float | None]:
    """Return readings of the first days of March: so many that they are an object."""
    instants = (at(t(0)) + timedelta(minutes=5 * n) for n in range(days * 288))
    return {f"{each:%Y-%m-%d %H:%M}": 21 + random.random() for each in instants}  # noqa: S311


def test_what_is_damaged_is_not_over_and_keeps_nobody_from_being_told_of_all_else(
    lookout: Lookout,
) -> None:
    lookout.readings(PIER, hot(20), "2025-03")
    lookout.begin(f"{HOT}, {{when: stale}}")
    lookout.look("2025-03-21 00:00")
    lookout.look("2025-03-21 00:30")
    assert [body["event"] for body in lookout.told()] == ["threshold"]
    lookout.readings(PIER, hot(28), "2025-03")
    for each in (lookout.pond.path / "objects").rglob("*"):
        if each.is_file():
            each.unlink()
    lookout.look("2025-03-29 08:00")
    assert lookout.look("2025-03-29 09:00").ongoing == 2
    assert [body["event"] for body in lookout.told()] == ["stale"]


def note_failed_run(lookout: Lookout, reason: str = "no") -> None:
    failed = at(t(8))
    run = FailedRun(
        run_id="1",
        job="pull",
        assets=(PIER,),
        partitions=(),
        reason=reason,
        failed=failed,
        began=failed,
    )
    Shelf(lookout.pond.path).note(run)


def test_a_threshold_of_a_column_of_text_keeps_nobody_from_being_told_of_all_else(
    lookout: Lookout,
) -> None:
    note = pa.schema([INSTANT, pa.field("Note", pa.string())])
    store(lookout.pond, PIER, pa.table([[at(t(6))], ["cold"]], schema=note), "2025-03")
    lookout.begin(
        f"{{when: threshold, path: {PIER}, column: Note, above: 3}}, {{when: run_failed}}"
    )
    note_failed_run(lookout)
    lookout.look(t(9))
    assert lookout.titles() == [f"{PIER} failed"]


def test_a_channel_that_fails_as_nobody_foresaw_keeps_no_other_from_being_told(
    lookout: Lookout, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # What is to be sent is fine, and the library is not: only it can fail so.
    send = httpx.Client.stream

    def fail(self: httpx.Client, method: str, url: str, **sent: Any) -> Any:  # noqa: ANN401
        if "content" in sent:
            raise RuntimeError(url)
        return send(self, method, url, **sent)

    monkeypatch.setattr(httpx.Client, "stream", fail)
    lookout.begin("{when: run_failed}", channels=f'{{ntfy: "${{env:PAGER}}"}}, {WEBHOOK}')
    note_failed_run(lookout)
    assert lookout.look(t(9)).owed == 1
    assert lookout.titles() == [f"{PIER} failed"]
    assert "by ntfy: unexpected RuntimeError" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_file_whose_name_is_no_utf_8_is_told_of(lookout: Lookout) -> None:
    lookout.begin("{when: run_failed}, {when: check_failed}")
    note_failed_run(lookout, "\udcff.csv: not there")
    check = FailedCheck(path=PIER, check="own", text="\udcff.csv", failed=at(t(4)))
    lookout.look(t(8), News(checks=[check]))
    lookout.look(t(9), News(checks=[check]))
    assert [each["text"] for each in lookout.told()] == [
        f"DuckPond: {PIER} failed: ?.csv: not there",
        f"DuckPond: {PIER}: the check own failed: ?.csv",
    ]


def test_a_clock_that_ran_ahead_leaves_no_threshold_unwatched(lookout: Lookout) -> None:
    pier(lookout, h6=10, h20=10)
    lookout.begin(HOT)
    lookout.look(t(21))
    pier(lookout, h6=10, h8=30)
    lookout.look(t(9))
    assert lookout.look(t(9, 31)).ongoing == 1


def test_a_check_that_fails_is_told_until_it_passes(lookout: Lookout) -> None:
    failed = FailedCheck(path=PIER, check="order", text="2 rows.", failed=at(t(4)))
    lookout.begin("{when: check_failed, path: '/normalized/**'}")
    for minute in (0, 31):
        other = FailedCheck(path="/raw/x", check="order", text="", failed=at(t(4)))
        lookout.look(t(5, minute), News(checks=[failed, other]))
    assert [body["text"] for body in lookout.told()] == [
        f"DuckPond: {PIER}: the check order failed: 2 rows."
    ]
    lookout.look(t(6))
    assert lookout.titles() == ["Over: Pier: the check order failed"]
