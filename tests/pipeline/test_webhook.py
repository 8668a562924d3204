"""A webhook is told within a few attempts, and its address stays a secret."""

import json
import logging

import pytest

from pond_pipeline.errors import AlertError
from pond_pipeline.webhook import ATTEMPTS, post
from tests.pipeline.services import receiving


def no_sleep(_seconds: float) -> None:
    pass


def test_a_message_arrives_as_json() -> None:
    with receiving() as receiver:
        post(receiver.url, {"text": "µ", "assets": ["/a"]})
    assert [json.loads(body) for body in receiver.bodies] == [{"text": "µ", "assets": ["/a"]}]


def test_a_server_that_fails_is_asked_again() -> None:
    with receiving() as receiver:
        receiver.answers[:] = [503, 429]
        post(receiver.url, {"n": 1}, sleep=no_sleep)
    assert len(receiver.bodies) == 3


def test_a_server_that_goes_on_failing_is_left_alone() -> None:
    with receiving() as receiver:
        receiver.answers[:] = [500] * 9
        with pytest.raises(AlertError, match=f"answered HTTP 500, up to {ATTEMPTS} times"):
            post(receiver.url, {}, sleep=no_sleep)
    assert len(receiver.bodies) == ATTEMPTS


def test_a_refusal_is_final() -> None:
    with receiving() as receiver:
        receiver.answers[:] = [404]
        with pytest.raises(AlertError, match="answered HTTP 404"):
            post(receiver.url, {}, sleep=no_sleep)
    assert len(receiver.bodies) == 1


def test_a_redirection_is_a_refusal_and_nobody_else_is_told() -> None:
    with receiving() as receiver, receiving() as other:
        receiver.answers[:] = [307]
        receiver.headers["Location"] = other.url
        with pytest.raises(AlertError, match="answered HTTP 307"):
            post(receiver.url, {}, sleep=no_sleep)
    assert (len(receiver.bodies), other.bodies) == (1, [])


def test_an_answer_that_never_ends_is_not_waited_for() -> None:
    with receiving() as receiver:
        receiver.headers.update({"Content-Length": "9"})  # which do not come
        post(receiver.url, {}, sleep=no_sleep)
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/s3cret", "s3cret", "ftp://x/s3cret", "http://[s3cret", "http:///s3cret"],
)
def test_no_error_and_no_log_has_the_address(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(AlertError) as caught:
        post(url, {}, sleep=no_sleep)
    told: list[BaseException] = [caught.value]
    while (cause := told[-1].__cause__ or told[-1].__context__) is not None:
        if told[-1].__suppress_context__ and told[-1].__cause__ is None:
            break
        told.append(cause)
    assert "s3cret" not in f"{[*map(repr, told)]} {caught.value.hint} {caplog.text}"


def test_a_success_is_not_logged_with_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with receiving() as receiver, caplog.at_level(logging.INFO):
        post(receiver.url, {})
    assert "s3cret" not in caplog.text
