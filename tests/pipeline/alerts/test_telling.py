"""What was seen is told once, through restarts and outages."""

import errno
from datetime import timedelta

import pytest

from pond_pipeline import webhook
from pond_pipeline.alerts.book import Shelf
from pond_pipeline.alerts.failure import FailedCheck
from pond_pipeline.alerts.scene import News
from pond_pipeline.errors import AlertError
from tests.pipeline.alerts.lookout import HOT, RESOURCES, Lookout, pier, stall
from tests.pipeline.alerts.lookout import seen_at as t
from tests.pipeline.services import receiving
from tests.pipeline.waters import at


def test_a_restart_of_the_daemon_tells_nothing_twice(lookout: Lookout) -> None:
    stall(lookout)
    assert len(lookout.told()) == 1
    lookout.begin()
    lookout.look(t(8, 1))
    assert lookout.told() == []


def test_a_look_at_which_nothing_is_new_writes_nothing(lookout: Lookout) -> None:
    stall(lookout)
    txn, before = lookout.pond.snapshot().txn, lookout.book.read_bytes()
    lookout.book.chmod(0o400)
    inode = lookout.book.stat().st_ino
    lookout.look(t(8))
    assert (lookout.pond.snapshot().txn, lookout.book.stat().st_ino) == (txn, inode)
    assert lookout.book.read_bytes() == before


def test_what_a_channel_does_not_take_is_sent_again_and_the_others_are_told_once(
    lookout: Lookout,
) -> None:
    with receiving() as second:
        with (lookout.root / ".env").open("a") as env:
            env.write(f"SECOND={second.url}\n")
        lookout.channels += ', {webhook: "${env:SECOND}"}'
        lookout.receiver.answers[:] = [500] * webhook.ATTEMPTS
        stall(lookout)
        assert (len(lookout.told()), len(second.bodies)) == (webhook.ATTEMPTS, 1)
        lookout.begin()
        lookout.look(t(8))
        assert lookout.told() == []
        assert lookout.look(t(8, 1)).owed == 0
        assert (len(lookout.told()), len(second.bodies)) == (1, 1)


def test_the_messages_of_an_outage_come_in_order_afterwards(lookout: Lookout) -> None:
    lookout.receiver.answers[:] = [500] * 99
    stall(lookout)
    pier(lookout, h4=7.0, h8=7.0)
    assert lookout.look(t(8, 30)).owed == 2
    lookout.told()
    lookout.receiver.answers.clear()
    lookout.look(t(9))
    assert [body["state"] for body in lookout.told()] == ["began", "recovered"]


def test_what_nobody_takes_for_a_day_is_given_up(
    lookout: Lookout, caplog: pytest.LogCaptureFixture
) -> None:
    lookout.receiver.answers[:] = [404] * 99
    stall(lookout)
    looked = lookout.watch.look(News(), now=at(t(8)) + timedelta(days=1))
    assert looked is not None
    assert looked.owed == 0
    assert "s3cret" not in caplog.text
    assert "the alert watch was not sent by webhook: the webhook answered HTTP 404" in caplog.text


def test_a_book_that_is_cut_in_half_is_none_and_what_lasts_is_told_once_more(
    lookout: Lookout, caplog: pytest.LogCaptureFixture
) -> None:
    stall(lookout)
    lookout.told()
    data = lookout.book.read_bytes()
    lookout.book.write_bytes(data[: len(data) // 2])
    lookout.look(t(9))
    lookout.look(t(10))
    assert len(lookout.told()) == 1
    assert "incidents.json is damaged" in caplog.text


def test_nobody_is_told_what_could_not_be_remembered(lookout: Lookout) -> None:
    pier(lookout, h4=7.0)
    lookout.begin("{when: stale}")
    (lookout.pond.path / "alerts").write_bytes(b"in the way")
    with pytest.raises(AlertError, match="cannot be kept") as caught:
        lookout.look(t(9))
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.EEXIST
    assert lookout.told() == []


def test_two_that_look_at_once_do_not_tell_twice(lookout: Lookout) -> None:
    lookout.begin("{when: stale}")
    with Shelf(lookout.pond.path).looking() as is_ours:
        assert is_ours
        assert lookout.watch.look(News(), now=at(t(9))) is None


def test_what_nobody_watches_any_more_is_forgotten_without_a_word(lookout: Lookout) -> None:
    stall(lookout)
    lookout.told()
    lookout.begin("{when: battery}")
    assert lookout.look(t(9)).ongoing == 0
    assert lookout.told() == []


def test_what_is_beyond_another_threshold_is_another_incident_and_the_former_is_not_over(
    lookout: Lookout,
) -> None:
    pier(lookout, h6=30)
    lookout.begin(HOT)
    lookout.look(t(7))
    lookout.look(t(8))
    lookout.begin(HOT.replace("20", "25"))
    lookout.look(t(9))
    assert lookout.look(t(10)).ongoing == 1
    assert lookout.titles() == [
        "Pier: Temperature.C is 30, above 20",
        "Pier: Temperature.C is 30, above 25",
    ]


def test_an_instrument_that_is_in_no_resource_any_more_is_not_heard_of_again(
    lookout: Lookout,
) -> None:
    stall(lookout)
    lookout.told()
    lookout.begin(resources=RESOURCES.replace("Pier", "Quay"))
    assert lookout.look(t(15)).ongoing == 1
    assert lookout.titles() == []


def test_many_instruments_that_stall_at_once_are_one_message(lookout: Lookout) -> None:
    failed = [FailedCheck(path=f"/a/{n}", check="gaps", text="", failed=at(t(4))) for n in range(9)]
    lookout.begin("{when: check_failed}")
    for minute in (0, 31):
        lookout.look(t(5, minute), News(checks=failed))
    [body] = lookout.told()
    assert body["title"] == "9 incidents: check_failed"
    assert len(body["values"]["subjects"]) == 9


def test_an_env_file_that_cannot_be_read_keeps_nothing_from_being_remembered(
    lookout: Lookout,
) -> None:
    pier(lookout, h4=7.0)
    lookout.begin("{when: stale}")
    (lookout.root / ".env").write_bytes(b"\xff\n")
    lookout.look(t(8))
    assert lookout.look(t(9)).owed == 1
